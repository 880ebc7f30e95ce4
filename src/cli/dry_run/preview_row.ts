import type { DryRun, Result } from "../../../mod.ts";
import { type Callable, isCallable } from "../../call/options/callable.ts";
import type { CallOptions } from "../../call/options/options.ts";
import { dryRunProvider } from "../../call/dry_run_provider.ts";
import { definitionOf } from "../../agent/definition.ts";
import { isRecord } from "../../model/check_options.ts";
import { previewRequest } from "../../providers/openai/preview_request.ts";
import type { DryRunRequest } from "./dry_run_report.ts";

/**
 * Whether the requests of an agent are known before an answer is. Only those of agents that call a
 * model, and of workflows that call such agents at once: anything else might send a request.
 */
export function hasKnownRequests(agent: Callable): boolean {
  const definition = definitionOf(agent);
  if (definition === undefined) return false;
  if (definition.model !== undefined) return true;
  const { branches } = definition.parts();
  return isRecord(branches) && Object.values(branches).every((branch) => {
    const called = isCallable(branch) ? branch : isRecord(branch) ? branch.agent : undefined;
    return isCallable(called) && hasKnownRequests(called);
  });
}

/** The requests of a row, or why it would fail before anything is sent. */
export interface RowPreview {
  /** The requests. */
  readonly requests: readonly DryRun[];
  /** The message of the error. */
  readonly problem?: string;
}

/**
 * Renders the requests of a row.
 *
 * @throws {TypeError} If no run could start: no model is named, or there is no key.
 */
export async function previewRow(
  agent: Callable,
  params: unknown,
  callOptions: CallOptions,
): Promise<RowPreview> {
  const result = await agent.settle(params, { ...callOptions, dryRun: true });
  const requests = requestsOf(result);
  return result.ok ? { requests } : { requests, problem: result.error.message };
}

function requestsOf(result: Result): readonly DryRun[] {
  if (result.branches !== undefined) return Object.values(result.branches).flatMap(requestsOf);
  return result.ok && "request" in result ? [result as DryRun] : [];
}

/** Returns a request as it would be sent. */
export function describeRequest(dryRun: DryRun, line: number): DryRunRequest {
  const { provider: name, request } = dryRun;
  const provider = dryRunProvider(dryRun);
  const preview = provider && previewRequest(provider, request);
  return { line, provider: name, ...preview, request };
}
