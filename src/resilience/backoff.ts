import {
  callback,
  checkOptions,
  isRecord,
  milliseconds,
  oneOf,
  refuse,
  type Rule,
  type RulesFor,
  share,
  wholeNumber,
} from "../model/check_options.ts";
import { LONGEST_RETRY_AFTER } from "../model/errors.ts";
import type { AgentError } from "../model/result.ts";

/** Options of `retries`: when and how often a failed attempt is retried. */
export interface RetryOptions {
  /**
   * The maximum number of retries after the first attempt; 0 sends exactly one request.
   *
   * @default {3}
   */
  readonly max?: number;
  /**
   * The maximum number of retries after a rate limit (429). They are counted apart, so that a
   * long wait for a quota does not use up `max`.
   *
   * @default The value of `max`
   */
  readonly rateLimited?: number;
  /**
   * How the delay grows from one retry to the next.
   *
   * @default {"exponential"}
   */
  readonly backoff?: "exponential" | "linear" | "constant";
  /**
   * The delay before the first retry, in milliseconds.
   *
   * @default {400}
   */
  readonly base?: number;
  /**
   * The maximum delay, in milliseconds. A `Retry-After` of the server may exceed it.
   *
   * @default {3000}
   */
  readonly maxDelay?: number;
  /**
   * The random share of each delay, from 0 to 1. It keeps calls that failed together from
   * retrying together.
   *
   * @default {0.5}
   */
  readonly jitter?: number;
  /**
   * Decides whether to retry after this error, in place of `error.retryable`. `attempt` counts
   * from 1. Not called for aborts, invalid parameters and open circuits.
   */
  readonly on?: (error: AgentError, attempt: number) => boolean;
}

/** {@linkcode RetryOptions} with all defaults filled in. */
export type RetryPolicy =
  & Readonly<Required<Omit<RetryOptions, "on" | "rateLimited">>>
  & Pick<RetryOptions, "on" | "rateLimited">;

/** The retries of calls that set none. */
export const DEFAULT_RETRIES: RetryPolicy = Object.freeze({
  max: 3,
  backoff: "exponential",
  base: 400,
  maxDelay: 3_000,
  jitter: 0.5,
});

const RULES: RulesFor<RetryOptions> = {
  max: wholeNumber,
  rateLimited: wholeNumber,
  backoff: oneOf("exponential", "linear", "constant"),
  base: milliseconds,
  maxDelay: milliseconds,
  jitter: share,
  on: callback,
};

/** The rule for an option `retries`. */
export const retries: Rule = (doing, name, value) => {
  if (typeof value === "number") return wholeNumber(doing, name, value);
  if (!isRecord(value)) refuse(doing, name, "a whole number or an object", value);
  checkOptions(`${doing}: ${name}`, value, RULES);
};

/** Fills in the defaults; a number is `max`. */
export function retryPolicy(options: number | RetryOptions | undefined): RetryPolicy {
  if (options === undefined) return DEFAULT_RETRIES;
  if (typeof options === "number") {
    return { ...DEFAULT_RETRIES, max: options };
  }
  const policy: Record<string, unknown> = { ...DEFAULT_RETRIES };
  for (const [name, value] of Object.entries(options)) {
    if (value !== undefined) policy[name] = value;
  }
  return policy as unknown as RetryPolicy;
}

/**
 * Returns the delay before the next attempt, in milliseconds.
 *
 * The delay is `min(maxDelay, base × growth) × (1 − jitter × random)`, where growth is 1, 2, 3 …
 * (linear), 1, 2, 4 … (exponential) or 1 (constant). A `retryAfterMs` of up to a minute is a lower
 * bound: the delay is that plus up to a tenth, so that calls do not retry all at once. A
 * `retryAfterMs` of 0 is ignored.
 *
 * @param attempt The number of failed attempts: 1, 2, 3, …
 * @param random A number from 0 to 1.
 * @see {@link https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/}
 */
export function backoffDelay(
  attempt: number,
  policy: Pick<RetryPolicy, "backoff" | "base" | "maxDelay" | "jitter">,
  random: number,
  retryAfterMs?: number,
): number {
  if (retryAfterMs !== undefined && retryAfterMs > 0 && retryAfterMs <= LONGEST_RETRY_AFTER) {
    return retryAfterMs * (1 + 0.1 * random);
  }
  const growth = policy.backoff === "constant"
    ? 1
    : policy.backoff === "linear"
    ? attempt
    : 2 ** Math.min(attempt - 1, 1000); // Infinity times a base of 0 is NaN
  return Math.min(policy.maxDelay, policy.base * growth) * (1 - policy.jitter * random);
}
