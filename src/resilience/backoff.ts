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
import { isWait } from "../model/errors.ts";
import type { AgentError } from "../model/result.ts";

/** Options of `retries`: when and how often a failed attempt is retried. */
export interface RetryOptions {
  /**
   * The maximum number of retries after the first attempt: a whole number, 0 or more. 0 sends
   * exactly one request.
   *
   * @default {3}
   */
  readonly max?: number;
  /**
   * The maximum number of retries after a rate limit (429): a whole number, 0 or more. They are
   * counted apart, so that a long wait for a quota does not use up `max`.
   *
   * @default The value of `max`
   */
  readonly rateLimited?: number;
  /**
   * How long a call keeps retrying after rate limits (429) even when `rateLimited` is used up, as
   * the sum of the delays between its attempts in milliseconds, 0 or more. Most limits renew within
   * a minute.
   *
   * @default {90_000} where neither `max` nor `rateLimited` is set and no fallback model follows,
   * otherwise 0
   */
  readonly patience?: number;
  /**
   * How the delay grows from one retry to the next: by 1, 2, 4, … (exponential), by 1, 2, 3, …
   * (linear), or not at all (constant).
   *
   * @default {"exponential"}
   */
  readonly backoff?: "exponential" | "linear" | "constant";
  /**
   * The delay before the first retry, in milliseconds, 0 or more.
   *
   * @default {400}
   */
  readonly base?: number;
  /**
   * The maximum delay, in milliseconds, 0 or more. The wait that the server asks for may exceed it.
   *
   * @default {3_000}, and 10,000 after a rate limit where there is `patience`
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
   *
   * @default `(error) => error.retryable`
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
  patience: 90_000,
});

const RULES: RulesFor<RetryOptions> = {
  max: wholeNumber,
  rateLimited: wholeNumber,
  patience: milliseconds,
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
  if (options === undefined || options === DEFAULT_RETRIES) return DEFAULT_RETRIES;
  if (typeof options === "number") {
    return { ...DEFAULT_RETRIES, max: options, patience: 0 };
  }
  const policy: Record<string, unknown> = { ...DEFAULT_RETRIES };
  // An explicit number of retries is never exceeded.
  if ((options.max ?? options.rateLimited) !== undefined) policy.patience = 0;
  for (const [name, value] of Object.entries(options)) {
    if (value !== undefined) policy[name] = value;
  }
  return policy as unknown as RetryPolicy;
}

/** Returns the policy of a model that a fallback model follows: it has no patience by default. */
export function beforeFallback(policy: RetryPolicy): RetryPolicy {
  return policy.patience === DEFAULT_RETRIES.patience ? { ...policy, patience: 0 } : policy;
}

/** The default `maxDelay` after a rate limit, in milliseconds. */
const PATIENT_MAX_DELAY = 10_000;

/** Returns the policy for the delays after a rate limit. */
export function rateLimitedPolicy(policy: RetryPolicy): RetryPolicy {
  return policy.patience > 0 && policy.maxDelay === DEFAULT_RETRIES.maxDelay
    ? { ...policy, maxDelay: PATIENT_MAX_DELAY }
    : policy;
}

/** The maximum random part of a wait that the server asks for, in milliseconds. */
const MAX_SPREAD = 6_000;

/**
 * Returns the delay before the next attempt, in milliseconds.
 *
 * The delay is `min(maxDelay, base × growth) × (1 − jitter × random)`, where growth is 1, 2, 3 …
 * (linear), 1, 2, 4 … (exponential) or 1 (constant). `retryAfterMs` is a lower bound: the first
 * delay is that plus up to a tenth, at most six seconds, so that calls do not retry all at once.
 * Later delays double, up to those without it: the server was wrong before. A `retryAfterMs` of 0
 * is ignored.
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
  const ownDelay = ownBackoff(attempt, policy, random);
  if (!isWait(retryAfterMs)) return ownDelay;
  const asked = retryAfterMs + random * Math.min(0.1 * retryAfterMs, MAX_SPREAD);
  const doubled = asked * 2 ** Math.min(attempt - 1, 1000);
  return Math.max(asked, Math.min(doubled, ownDelay));
}

function ownBackoff(
  attempt: number,
  policy: Pick<RetryPolicy, "backoff" | "base" | "maxDelay" | "jitter">,
  random: number,
): number {
  const growth = policy.backoff === "constant"
    ? 1
    : policy.backoff === "linear"
    ? attempt
    : 2 ** Math.min(attempt - 1, 1000); // Infinity times a base of 0 is NaN
  return Math.min(policy.maxDelay, policy.base * growth) * (1 - policy.jitter * random);
}
