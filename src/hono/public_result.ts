/** What clients are told of a call: the answer and what it used, nothing of how it came about. */
import { isRecord } from "../model/check_options.ts";
import type { FinishReason } from "../model/message.ts";
import type { Result } from "../model/result.ts";
import type { Cost, Usage } from "../model/usage.ts";
import { type PublicError, toPublicError } from "./public_error.ts";

/** A result as JSON. */
export interface PublicResult {
  /** Did it succeed? */
  readonly ok: boolean;
  /** Who was called. */
  readonly agent: string;
  /** The model that answered, where one did. */
  readonly model?: string;
  /** The answer; `null` where there is none. */
  readonly content: unknown;
  /** Why the model stopped. */
  readonly finishReason?: FinishReason;
  /** Why there is no answer. */
  readonly error?: PublicError;
  /** Of a workflow: `success`, `partial` or `error`. */
  readonly status?: string;
  /** Of a workflow: how its branches ended. */
  readonly branches?: Readonly<Record<string, Pick<PublicResult, "ok" | "content" | "error">>>;
  /** What it used. */
  readonly usage: Usage;
  /** What that costs in US dollars, where the price is known. */
  readonly cost?: Cost;
  /** How many requests were sent to models. */
  readonly attempts: number;
  /** Did the answer come from a cache? */
  readonly cached: boolean;
  /** How long it took, in milliseconds. */
  readonly durationMs: number;
}

/** A result as JSON. */
export function toPublicResult(result: Result): PublicResult {
  const { agent, model, usage, cost, attempts, cached, durationMs } = result;
  const { status, branches } = result as Result & { status?: string; branches?: unknown };
  return {
    ok: result.ok,
    agent,
    model,
    content: contentOf(result),
    ...(result.ok ? { finishReason: result.finishReason } : { error: toPublicError(result.error) }),
    status,
    branches: isRecord(branches) ? branchesOf(branches as Record<string, Result>) : undefined,
    usage,
    cost,
    attempts: attempts.length,
    cached,
    durationMs: Math.round(durationMs),
  };
}

function branchesOf(branches: Readonly<Record<string, Result>>): PublicResult["branches"] {
  return Object.fromEntries(
    Object.entries(branches).map(([name, result]) => [
      name,
      {
        ok: result.ok,
        content: contentOf(result),
        error: result.ok ? undefined : toPublicError(result.error),
      },
    ]),
  );
}

/** JSON has no `undefined`: an agent that gives nothing gives `null`. */
function contentOf({ content }: Result): unknown {
  return content ?? null;
}
