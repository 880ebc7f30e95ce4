import {
  callback,
  checkOptions,
  isRecord,
  milliseconds,
  oneOf,
  refuse,
  type Rule,
  type Rules,
  share,
  wholeNumber,
} from "../model/check_options.ts";
import { LONGEST_RETRY_AFTER } from "../model/errors.ts";
import type { AgentError } from "../model/result.ts";

/** When and how often a call that failed is tried again. */
export interface RetryOptions {
  /**
   * The most attempts after the first; 0 sends exactly one request.
   *
   * @default {3}
   */
  readonly max?: number;
  /**
   * The most attempts more after the server has refused one for a rate limit (429). They are counted by themselves, so that a long wait
   * for a quota does not use up `max`.
   *
   * @default What `max` is
   */
  readonly rateLimited?: number;
  /**
   * How the wait grows from one attempt to the next.
   *
   * @default {"exponential"}
   */
  readonly backoff?: "exponential" | "linear" | "constant";
  /**
   * The first wait, in milliseconds.
   *
   * @default {400}
   */
  readonly base?: number;
  /**
   * The longest wait, in milliseconds. What the server asks for in `Retry-After` may be longer.
   *
   * @default {3000}
   */
  readonly maxDelay?: number;
  /**
   * The share of each wait that is left to chance, 0 to 1, so that calls that failed together do not come
   * back together.
   *
   * @default {0.5}
   */
  readonly jitter?: number;
  /**
   * Decides whether to try again after this error; `attempt` counts from 1. Instead of the default,
   * which is `error.retryable`. Never asked about aborts or bad parameters.
   */
  readonly on?: (error: AgentError, attempt: number) => boolean;
}

/** {@linkcode RetryOptions} with every default filled in. */
export type RetryPolicy =
  & Readonly<Required<Omit<RetryOptions, "on" | "rateLimited">>>
  & Pick<RetryOptions, "on" | "rateLimited">;

/** What holds where nothing is said. */
export const DEFAULT_RETRIES: RetryPolicy = Object.freeze({
  max: 3,
  backoff: "exponential",
  base: 400,
  maxDelay: 3_000,
  jitter: 0.5,
});

const RULES: Rules = {
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

/** Fills in the defaults. */
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
 * How long to wait before the next attempt, in milliseconds.
 *
 * `min(maxDelay, base × growth) × (1 − jitter × random)`, where growth is 1, 2, 3 … (linear),
 * 1, 2, 4 … (exponential) or 1 (constant). With a `retryAfterMs` of up to a minute the wait is that, plus up to a
 * tenth so that calls do not come back all at once: a server's word is a lower bound. A date that is past, or 0, says nothing.
 *
 * @param attempt How many attempts have failed: 1, 2, 3, …
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
    : 2 ** Math.min(attempt - 1, 1000); // Infinity times a base of 0 would be NaN
  return Math.min(policy.maxDelay, policy.base * growth) * (1 - policy.jitter * random);
}
