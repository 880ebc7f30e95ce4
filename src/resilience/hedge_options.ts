import {
  checkOptions,
  isRecord,
  numberThat,
  positiveMs,
  refuse,
  type Rule,
  type Rules,
} from "../model/check_options.ts";

/**
 * When a second request is sent for an answer that is late: after a fixed time, or when it is among the slowest. One of the two.
 *
 * @see {@link https://research.google/pubs/the-tail-at-scale/} "The Tail at Scale" (Dean and Barroso, 2013)
 */
export type HedgeOptions =
  | {
    /** The duplicate is sent after so many milliseconds, counted from when the request was sent. */
    readonly after: number;
    /** Not beside `after`. */
    readonly percentile?: undefined;
  }
  | {
    /**
     * The duplicate is sent when the answer takes longer than this percentage of the latest ones did, 50 to below 100. With 95,
     * about 5 of 100 requests get a duplicate. None does before 20 answers have come.
     */
    readonly percentile: number;
    /** Not beside `percentile`. */
    readonly after?: undefined;
  };

const inRange = numberThat("a number from 50 to below 100", (n) => n >= 50 && n < 100);

const percentile: Rule = (doing, name, value) => {
  if (typeof value === "number" && value >= 0.5 && value < 1) {
    const meant = Number((value * 100).toPrecision(6)); // 100 × 0.57 is a little less than 57
    throw new RangeError(
      `Cannot ${doing} as ${name} must be a number from 50 to below 100: current value is ${value}, ` +
        `did you mean ${meant}?`,
    );
  }
  inRange(doing, name, value);
};

const RULES: Rules = { after: positiveMs, percentile };

/** The rule for an option `hedge`. */
export const hedge: Rule = (doing, name, value) => {
  const must = "an object with either `after` or `percentile`";
  if (!isRecord(value)) refuse(doing, name, must, value);
  checkOptions(`${doing}: ${name}`, value, RULES);
  const { after, percentile } = value;
  if (after !== undefined && percentile !== undefined) {
    throw new TypeError(
      `Cannot ${doing} as ${name} has both after and percentile: give it one of them`,
    );
  }
  if (after === undefined && percentile === undefined) refuse(doing, name, must, value);
};
