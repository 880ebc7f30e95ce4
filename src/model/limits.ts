import {
  callback,
  checkOptions,
  isRecord,
  numberThat,
  positiveInteger,
  refuse,
  type Rule,
  type RulesFor,
} from "./check_options.ts";

/**
 * A concurrency that adapts: it grows with good answers and is cut when the server rejects.
 *
 * `min` must not be above `start`, nor `start` above `max`.
 */
export interface AdaptiveConcurrency {
  /**
   * The initial concurrency: a positive integer.
   *
   * @default {8}, or the nearest number that `min` and `max` allow
   */
  readonly start?: number;
  /**
   * The minimum, kept however many attempts the server rejects: a positive integer.
   *
   * @default {1}
   */
  readonly min?: number;
  /**
   * The maximum: a positive integer.
   *
   * @default {1_000}
   */
  readonly max?: number;
  /**
   * Called when the concurrency has changed by a tenth or more, and after each cut. Errors that
   * it throws are ignored.
   */
  readonly onChange?: (change: ConcurrencyChange) => void;
}

/** A change of an {@linkcode AdaptiveConcurrency}. */
export interface ConcurrencyChange {
  /** The concurrency now. */
  readonly concurrency: number;
  /** The concurrency at the previous change. */
  readonly previous: number;
  /** The reason: it grew with good answers, or the server rejected an attempt. */
  readonly reason: "growth" | "rejected";
  /** The time of the change, in milliseconds since 1970. */
  readonly at: number;
}

/**
 * The maximum number of attempts in flight at once.
 *
 * - A number is that maximum. If the server rejects a tenth of the attempts or more, fewer are
 *   sent to that model until it accepts them again, and never fewer than 8.
 * - `"adaptive"` discovers what the server accepts, between 1 and 1,000.
 * - An object discovers it between these bounds, and reports changes.
 */
export type Concurrency = number | "adaptive" | AdaptiveConcurrency;

/** Limits on attempts at once and per minute. An absent option sets no limit. */
export interface LimitOptions {
  /**
   * The maximum number of attempts in flight at once: a positive integer, `"adaptive"`, or bounds.
   *
   * @default No limit
   */
  readonly concurrency?: Concurrency;
  /**
   * The maximum number of attempts that start in any minute: any number above 0, such as 0.5 for
   * one in two minutes. Above 1, fractions are rounded down.
   *
   * @default No limit
   */
  readonly requestsPerMinute?: number;
  /**
   * The maximum number of tokens, input and output, that attempts use in any minute: any number
   * above 0. They are estimated when an attempt starts, and corrected when it ends. An attempt
   * that alone exceeds the limit is sent, and those after it wait longer.
   *
   * @default No limit
   */
  readonly tokensPerMinute?: number;
  /**
   * The share of the concurrency that is reserved for calls with a priority above 0: from 0 to
   * below 1.
   *
   * @default {0}
   */
  readonly reserve?: number;
}

/**
 * The limits of a provider's API key: for all its models together, and for single models. An
 * adaptive concurrency is discovered for each model separately.
 */
export interface ProviderLimits extends LimitOptions {
  /**
   * The limits of single models, by model name. A model without a `concurrency` of its own takes
   * an adaptive one from the provider.
   *
   * @default {{}}
   */
  readonly models?: Readonly<Record<string, LimitOptions>>;
}

const perMinute = numberThat(
  "a positive number a minute",
  (n) => Number.isFinite(n) && n > 0,
);
const reserve = numberThat("a share from 0 up to, but not, 1", (n) => n >= 0 && n < 1);

/** Checks an option `concurrency`. */
export const concurrency: Rule = (doing, name, value) => {
  if (value === "adaptive") return;
  if (typeof value === "number") return positiveInteger(doing, name, value);
  if (!isRecord(value)) {
    refuse(doing, name, 'a positive integer, "adaptive" or { start, min, max, onChange }', value);
  }
  checkOptions(`${doing}: ${name}`, value, ADAPTIVE_RULES);
  const { start, min = 1, max = DEFAULT_MAX } = value as AdaptiveConcurrency;
  const contradiction = (what: string) => new RangeError(`Cannot ${doing} as in ${name} ${what}`);
  if (min > max) throw contradiction(`min must not be above max: ${min} is above ${max}`);
  if (start !== undefined && start < min) {
    throw contradiction(`start must not be below min: ${start} < ${min}`);
  }
  if (start !== undefined && start > max) {
    throw contradiction(`start must not be above max: ${start} > ${max}`);
  }
};

const ADAPTIVE_RULES: RulesFor<AdaptiveConcurrency> = {
  start: positiveInteger,
  min: positiveInteger,
  max: positiveInteger,
  onChange: callback,
};

const LIMIT_RULES: RulesFor<LimitOptions> = {
  concurrency,
  requestsPerMinute: perMinute,
  tokensPerMinute: perMinute,
  reserve,
};

/** Checks an option `limits`. */
export const limits: Rule = (doing, name, value) => {
  rejectAdaptiveFlag(doing, name, value);
  checkOptions(`${doing}: ${name}`, value, LIMIT_RULES);
};

/** Checks the option `limits` of a provider. */
export const providerLimits: Rule = (doing, name, value) => {
  rejectAdaptiveFlag(doing, name, value);
  const rules: RulesFor<ProviderLimits> = {
    ...LIMIT_RULES,
    models(doing, name, models) {
      if (!isRecord(models)) refuse(doing, name, "an object with limits by model", models);
      for (const [model, own] of Object.entries(models)) {
        if (own !== undefined) limits(doing, `${name}["${model}"]`, own);
      }
    },
  };
  checkOptions(`${doing}: ${name}`, value, rules);
};

/** Says what replaces the flag `adaptive` of version 0.1. */
function rejectAdaptiveFlag(doing: string, name: string, value: unknown): void {
  if (!isRecord(value) || value.adaptive === undefined) return;
  const instead = value.adaptive === false
    ? "leave it out"
    : value.concurrency === undefined
    ? 'use concurrency: "adaptive"'
    : "use concurrency: { max }";
  throw new TypeError(`Cannot ${doing}: ${name} as there is no option "adaptive": ${instead}`);
}

const DEFAULT_START = 8;
const DEFAULT_MAX = 1_000;

/** The bounds of an adaptive concurrency, all filled in. */
export interface ConcurrencyBounds extends AdaptiveConcurrency {
  readonly start: number;
  readonly min: number;
  readonly max: number;
}

/** Returns the bounds of an adaptive concurrency; `undefined` if it is a number or absent. */
export function adaptiveBounds(
  concurrency: Concurrency | undefined,
): ConcurrencyBounds | undefined {
  if (concurrency === undefined || typeof concurrency === "number") return undefined;
  const options: AdaptiveConcurrency = concurrency === "adaptive" ? {} : concurrency;
  const { min = 1, max = Math.max(min, DEFAULT_MAX), onChange } = options;
  const { start = Math.min(max, Math.max(min, DEFAULT_START)) } = options;
  return { start, min, max, onChange };
}

/** Returns the highest number of attempts that may ever be in flight. */
export function maxConcurrency(concurrency: Concurrency): number;
/** Returns the same; `undefined` if there is no limit. */
export function maxConcurrency(concurrency: Concurrency | undefined): number | undefined;
export function maxConcurrency(concurrency: Concurrency | undefined): number | undefined {
  return typeof concurrency === "number" ? concurrency : adaptiveBounds(concurrency)?.max;
}
