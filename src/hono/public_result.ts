/** Maps results for clients: the answer and its usage, without internals such as attempts. */
import { isRecord } from "../model/check_options.ts";
import type { FinishReason } from "../model/message.ts";
import type { Result } from "../model/result.ts";
import type { Cost, Usage } from "../model/usage.ts";
import { type PublicError, toPublicError } from "./public_error.ts";

/** The result of a call, as clients receive it. */
export interface PublicResult {
  /** Whether the call succeeded. */
  readonly ok: boolean;
  /** The name of the agent. */
  readonly agent: string;
  /** The model that answered; absent if none did. */
  readonly model?: string;
  /** The answer; `null` if there is none. */
  readonly content: unknown;
  /** Why the model stopped. */
  readonly finishReason?: FinishReason;
  /** The model's reasoning, if the agent has the option `reasoning`. */
  readonly reasoning?: string;
  /** Why the call failed. */
  readonly error?: PublicError;
  /** The status of a workflow: `success`, `partial` or `error`. */
  readonly status?: string;
  /** The results of a workflow's branches, by name. */
  readonly branches?: Readonly<Record<string, Pick<PublicResult, "ok" | "content" | "error">>>;
  /** The tokens of the call. */
  readonly usage: Usage;
  /** The cost in US dollars; absent if the price is not known. */
  readonly cost?: Cost;
  /** The number of requests to models. */
  readonly attempts: number;
  /** Whether the answer came from a cache. */
  readonly cached: boolean;
  /** The duration of the call, in milliseconds. */
  readonly durationMs: number;
}

/** Maps a result for clients. */
export function toPublicResult(result: Result): PublicResult {
  const { agent, model, usage, cost, attempts, cached, durationMs } = result;
  const { status, branches } = result as Result & { status?: string; branches?: unknown };
  return {
    ok: result.ok,
    agent,
    model,
    content: contentOf(result),
    ...(result.ok ? { finishReason: result.finishReason } : { error: toPublicError(result.error) }),
    reasoning: result.ok ? result.reasoning : undefined,
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

/** JSON has no `undefined`, so an agent that returns nothing gives `null`. */
function contentOf({ content }: Result): unknown {
  return content ?? null;
}
