import { delay } from "@std/async/delay";
import { ChildAbort } from "../async/abort.ts";
import { type ErrorCode, isWait, LONG_WAIT, LONGEST_RETRY_AFTER } from "../model/errors.ts";
import type { AgentError } from "../model/result.ts";
import { MAX_TIMER_DELAY } from "../async/timer.ts";
import { backoffDelay, rateLimitedPolicy, type RetryPolicy } from "./backoff.ts";

/** Callbacks of {@linkcode retry}. */
export interface RetryHooks {
  /** Ends a delay at once. */
  readonly signal: AbortSignal | undefined;
  /** Replaces the `on` of the policy, so that the caller can recognize what it throws. */
  readonly on?: RetryPolicy["on"];
  /** Whether the work may be repeated. */
  readonly mayRepeat?: () => boolean;
  /**
   * Returns the longest wait that the server may ask for, in milliseconds. If it asks for more, and
   * for more than a minute, the error is thrown at once.
   *
   * @default LONGEST_RETRY_AFTER
   */
  readonly longestWait?: () => number;
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
  const retries = new RetryCount(policy);
  for (let attempt = 1;; attempt++) {
    const error = thrown as AgentError;
    const isLast = hooks.signal?.aborted || !retries.take(error) || hooks.mayRepeat?.() === false ||
      !isRetried(error, attempt, hooks.on ?? policy.on);
    if (isLast || isWaitTooLong(error, hooks)) throw error;
    const ms = retries.delay(error, attempt);
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

/** Counts the retries of one call. Those after a rate limit are counted apart. */
class RetryCount {
  readonly #policy: RetryPolicy;
  #others = 0;
  #rateLimited = 0;
  /** The sum of the delays after a rate limit, in milliseconds. */
  #patientMs = 0;

  constructor(policy: RetryPolicy) {
    this.#policy = policy;
  }

  /** Takes a retry after this error. Returns whether there was one left. */
  take({ code }: AgentError): boolean {
    const { max, rateLimited = max, patience } = this.#policy;
    if (code !== "rate_limited") return this.#others++ < max;
    return this.#rateLimited++ < rateLimited || this.#patientMs < patience;
  }

  /** Returns the delay before the retry, in milliseconds. */
  delay({ code, retryAfterMs }: AgentError, attempt: number): number {
    const isRateLimit = code === "rate_limited";
    const policy = isRateLimit ? rateLimitedPolicy(this.#policy) : this.#policy;
    const ms = backoffDelay(attempt, policy, Math.random(), retryAfterMs);
    if (isRateLimit) this.#patientMs += ms;
    return ms;
  }
}

/** A short wait begins even if a time limit will end it: the call then fails with a timeout. */
function isWaitTooLong({ retryAfterMs }: AgentError, hooks: RetryHooks): boolean {
  return isWait(retryAfterMs) && retryAfterMs > LONG_WAIT &&
    retryAfterMs > (hooks.longestWait?.() ?? LONGEST_RETRY_AFTER);
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
