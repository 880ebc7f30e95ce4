import { checkOptions, numberThat, positiveInteger, type Rule } from "./check.ts";

/** How much may happen at a time, and in a minute. What is absent is not limited. */
export interface LimitOptions {
  /** How many attempts may be on the wire at the same time. */
  readonly concurrency?: number;
  /** How many attempts may begin in any minute. */
  readonly requestsPerMinute?: number;
  /** How many tokens, in and out, attempts may use in a minute: estimated when they begin, corrected when they end. */
  readonly tokensPerMinute?: number;
  /**
   * The share of the concurrency that is kept for calls with a priority above 0, from 0 to 1.
   *
   * @default {0}
   */
  readonly reserve?: number;
}

const aMinute = numberThat(
  "a positive number a minute",
  (n) => Number.isFinite(n) && n > 0,
);
const reserved = numberThat("a share from 0 up to, but not, 1", (n) => n >= 0 && n < 1);

/** The rule for an option `limits`. */
export const limits: Rule = (doing, name, value) =>
  checkOptions(`${doing}: ${name}`, value, {
    concurrency: positiveInteger,
    requestsPerMinute: aMinute,
    tokensPerMinute: aMinute,
    reserve: reserved,
  });
