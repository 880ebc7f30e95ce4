import { delay } from "@std/async/delay";
import { ChildAbort } from "../async/abort.ts";
import type { AgentError, ErrorCode } from "../model/errors.ts";
import { MAX_TIMER_DELAY } from "../async/timer.ts";
import { backoffDelay, type RetryPolicy } from "./backoff.ts";

/** What {@linkcode retry} needs beside the policy. */
export interface RetryHooks {
  /** Ends the waiting at once. */
  readonly signal: AbortSignal | undefined;
  /** What the policy's `on` is asked by, so that a throw of it can be told from one of the work. */
  readonly on?: RetryPolicy["on"];
  /** Says whether the work may be done again at all. */
  readonly mayRepeat?: () => boolean;
  /** Told before each wait. */
  readonly onRetry?: (error: AgentError, attempt: number, delayMs: number) => void;
  /** Told after each wait how long it was, in milliseconds. */
  readonly onWaited?: (ms: number) => void;
}

/**
 * Runs `work` until it succeeds, its error is not worth another attempt, or the attempts are used up. The wait
 * between attempts is a timer: it blocks nobody and holds nothing.
 *
 * @throws {AgentError} The error of the last attempt.
 */
export function retry<T>(
  work: () => Promise<T>,
  policy: RetryPolicy,
  hooks: RetryHooks,
): Promise<T> {
  return work().catch((thrown) => retryAfter(thrown, work, policy, hooks));
}

/**
 * The same, after the first attempt has failed: mostly it has not, and need not know that there could be another one.
 *
 * @throws {AgentError} The error of the last attempt.
 */
export async function retryAfter<T>(
  thrown: unknown,
  work: () => Promise<T>,
  policy: RetryPolicy,
  hooks: RetryHooks,
): Promise<T> {
  const left = { max: policy.max, rateLimited: policy.rateLimited ?? policy.max };
  for (let attempt = 1;; attempt++) {
    const error = thrown as AgentError;
    const budget = error.code === "rate_limited" ? "rateLimited" : "max";
    if (hooks.signal?.aborted || left[budget] === 0 || hooks.mayRepeat?.() === false) throw error;
    if (!worthIt(error, attempt, hooks.on ?? policy.on)) throw error;
    const ms = backoffDelay(attempt, policy, Math.random(), error.retryAfterMs);
    left[budget]--;
    hooks.onRetry?.(error, attempt, ms);
    const began = performance.now();
    try {
      using child = new ChildAbort(hooks.signal);
      await delay(Math.min(ms, MAX_TIMER_DELAY), { signal: child.signal });
    } finally {
      hooks.onWaited?.(performance.now() - began);
    }
    try {
      return await work();
    } catch (next) {
      thrown = next;
    }
  }
}

/** What no policy is asked about. A model that is left alone is not waited for. */
const NEVER: ReadonlySet<ErrorCode> = new Set(["aborted", "invalid_params", "circuit_open"]);

function worthIt(error: AgentError, attempt: number, on: RetryPolicy["on"]): boolean {
  if (NEVER.has(error.code)) return false;
  return on === undefined ? error.retryable : on(error, attempt);
}
