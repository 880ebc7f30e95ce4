import {
  checkOptions,
  isRecord,
  numberThat,
  positiveMs,
  refuse,
  type Rule,
  type RulesFor,
} from "../model/check_options.ts";

/**
 * Options of `hedge`: when a second request is sent for a late answer. Either after a fixed delay,
 * or when the answer is among the slowest.
 *
 * @see "The Tail at Scale" by Dean and Barroso (2013):
 * {@link https://research.google/pubs/the-tail-at-scale/}
 */
export type HedgeOptions =
  | {
    /**
     * The delay of the duplicate in milliseconds, above 0, from when the first request was sent.
     */
    readonly after: number;
    /** Not beside `after`. */
    readonly percentile?: undefined;
  }
  | {
    /**
     * The percentile of the latest latencies after which the duplicate is sent, from 50 to below
     * 100. With 95, about 5 of 100 requests get a duplicate. No duplicates are sent before 20
     * answers have arrived.
     */
    readonly percentile: number;
    /** Not beside `percentile`. */
    readonly after?: undefined;
  };

const inRange = numberThat("a number from 50 to below 100", (n) => n >= 50 && n < 100);

const percentile: Rule = (doing, name, value) => {
  if (typeof value === "number" && value >= 0.5 && value < 1) {
    const percent = Number((value * 100).toPrecision(6)); // 100 × 0.57 is a little less than 57
    throw new RangeError(
      `Cannot ${doing} as ${name} must be a number from 50 to below 100: ` +
        `current value is ${value}, did you mean ${percent}?`,
    );
  }
  inRange(doing, name, value);
};

const RULES: RulesFor<HedgeOptions> = { after: positiveMs, percentile };

/** The rule for an option `hedge`. */
export const hedge: Rule = (doing, name, value) => {
  const must = "an object with either `after` or `percentile`";
  if (!isRecord(value)) refuse(doing, name, must, value);
  checkOptions(`${doing}: ${name}`, value, RULES);
  const { after, percentile } = value;
  if (after !== undefined && percentile !== undefined) {
    throw new TypeError(
      `Cannot ${doing} as ${name} has both after and percentile: set one of them`,
    );
  }
  if (after === undefined && percentile === undefined) refuse(doing, name, must, value);
};
