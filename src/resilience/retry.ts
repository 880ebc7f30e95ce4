import { delay } from "@std/async/delay";
import { ChildAbort } from "../async/abort.ts";
import type { ErrorCode } from "../model/errors.ts";
import type { AgentError } from "../model/result.ts";
import { MAX_TIMER_DELAY } from "../async/timer.ts";
import { backoffDelay, type RetryPolicy } from "./backoff.ts";

/** Callbacks of {@linkcode retry}. */
export interface RetryHooks {
  /** Ends a delay at once. */
  readonly signal: AbortSignal | undefined;
  /** Replaces the `on` of the policy, so that the caller can recognize what it throws. */
  readonly on?: RetryPolicy["on"];
  /** Whether the work may be repeated. */
  readonly mayRepeat?: () => boolean;
  /** Called before each delay. */
  readonly onRetry?: (error: AgentError, attempt: number, delayMs: number) => void;
  /** Called after each delay with its length in milliseconds. */
  readonly onWaited?: (ms: number) => void;
}

/**
 * Runs `work` until it succeeds, fails with an error that is not retried, or has used up its
 * retries. No permit is held during a delay.
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
 * Does the same as {@linkcode retry} after a first attempt that threw `thrown`. Calls that succeed
 * at once, the common case, never get here.
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
    if (!isRetried(error, attempt, hooks.on ?? policy.on)) throw error;
    const ms = backoffDelay(attempt, policy, Math.random(), error.retryAfterMs);
    left[budget]--;
    hooks.onRetry?.(error, attempt, ms);
    const startedAt = performance.now();
    try {
      using child = new ChildAbort(hooks.signal);
      await delay(Math.min(ms, MAX_TIMER_DELAY), { signal: child.signal });
    } finally {
      hooks.onWaited?.(performance.now() - startedAt);
    }
    try {
      return await work();
    } catch (next) {
      thrown = next;
    }
  }
}

/** Errors that are never retried. An open circuit is not waited for. */
const NEVER_RETRIED: ReadonlySet<ErrorCode> = new Set([
  "aborted",
  "invalid_params",
  "circuit_open",
]);

function isRetried(error: AgentError, attempt: number, on: RetryPolicy["on"]): boolean {
  if (NEVER_RETRIED.has(error.code)) return false;
  return on === undefined ? error.retryable : on(error, attempt);
}
