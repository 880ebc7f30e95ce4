import {
  callback,
  checkOptions,
  flag,
  isRecord,
  numberThat,
  positiveInteger,
  refuse,
  type Rule,
} from "./check_options.ts";

/** A concurrency that finds its own limit: it grows while answers come, and is cut when the server refuses. */
export interface AdaptiveConcurrency {
  /**
   * How many may be on the wire at first.
   *
   * @default {8}, or `max` where that is less
   */
  readonly start?: number;
  /**
   * What is always let through, however much is refused.
   *
   * @default {1}
   */
  readonly min?: number;
  /**
   * The most there may ever be.
   *
   * @default {1000}
   */
  readonly max?: number;
  /** Told when the limit has changed by a tenth or more, and of each cut. What it throws is lost. */
  readonly onChange?: (change: ConcurrencyChange) => void;
}

/** A change of an {@linkcode AdaptiveConcurrency}. */
export interface ConcurrencyChange {
  /** How many may be on the wire now. */
  readonly concurrency: number;
  /** How many it was at the last change. */
  readonly previous: number;
  /** Why: it grew with good answers, or the server refused. */
  readonly reason: "growth" | "refused";
  /** When, in milliseconds since 1970. */
  readonly at: number;
}

/** How much may happen at a time, and in a minute. What is absent is not limited. */
export interface LimitOptions {
  /** How many attempts may be on the wire at the same time; as an object, within which bounds that is found out. */
  readonly concurrency?: number | AdaptiveConcurrency;
  /**
   * Finds out how much concurrency the server bears, up to `concurrency`: the same as an object there.
   *
   * @default {false}
   */
  readonly adaptive?: boolean;
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

/** What a provider's key allows: in all, and for single models. `adaptive` holds for each model by itself. */
export interface ProviderLimits extends LimitOptions {
  /** What single models allow, by their names. */
  readonly models?: Readonly<Record<string, LimitOptions>>;
}

const aMinute = numberThat(
  "a positive number a minute",
  (n) => Number.isFinite(n) && n > 0,
);
const reserved = numberThat("a share from 0 up to, but not, 1", (n) => n >= 0 && n < 1);

/** The rule for an option `concurrency`: a number, or bounds. */
export const concurrency: Rule = (doing, name, value) => {
  if (!isRecord(value)) return positiveInteger(doing, name, value);
  checkOptions(`${doing}: ${name}`, value, {
    start: positiveInteger,
    min: positiveInteger,
    max: positiveInteger,
    onChange: callback,
  });
  const { start, min = 1, max = MOST } = value as AdaptiveConcurrency;
  const no = (what: string) => new RangeError(`Cannot ${doing} as in ${name} ${what}`);
  if (min > max) throw no(`min must not be above max: ${min} is above ${max}`);
  if (start !== undefined && start < min) {
    throw no(`start must not be below min: ${start} < ${min}`);
  }
  if (start !== undefined && start > max) {
    throw no(`start must not be above max: ${start} > ${max}`);
  }
};

const RULES = {
  concurrency,
  adaptive: flag,
  requestsPerMinute: aMinute,
  tokensPerMinute: aMinute,
  reserve: reserved,
};

/** The rule for an option `limits`. */
export const limits: Rule = (doing, name, value) => {
  checkOptions(`${doing}: ${name}`, value, RULES);
  refuseContradiction(`${doing}: ${name}`, value as LimitOptions);
};

/** The rule for the `limits` of a provider. */
export const providerLimits: Rule = (doing, name, value) => {
  checkOptions(`${doing}: ${name}`, value, {
    ...RULES,
    models(doing, name, models) {
      if (!isRecord(models)) refuse(doing, name, "an object with limits by model", models);
      for (const [model, own] of Object.entries(models)) {
        if (own !== undefined) limits(doing, `${name}["${model}"]`, own);
      }
    },
  });
  refuseContradiction(`${doing}: ${name}`, value as LimitOptions);
};

function refuseContradiction(doing: string, { concurrency, adaptive }: LimitOptions): void {
  if (adaptive !== false || typeof concurrency !== "object") return;
  throw new TypeError(
    `Cannot ${doing} as adaptive is false and concurrency has bounds: say one of the two`,
  );
}

const START = 8;
const MOST = 1_000;

/** The bounds of an adaptive concurrency with their defaults filled in; `undefined` if it is not adaptive. */
export function boundsOf(
  { concurrency, adaptive }: LimitOptions,
): (AdaptiveConcurrency & { start: number; min: number; max: number }) | undefined {
  if (typeof concurrency !== "object" && !adaptive) return undefined;
  const bounds = typeof concurrency === "object" ? concurrency : { max: concurrency };
  const { min = 1, max = Math.max(min, MOST), onChange } = bounds as AdaptiveConcurrency;
  const { start = Math.min(max, Math.max(min, START)) } = bounds as AdaptiveConcurrency;
  return { start, min, max, onChange };
}

/** The most that may ever be on the wire; `undefined` if that is not limited. */
export function mostOf(limits: LimitOptions): number | undefined {
  return boundsOf(limits)?.max ?? limits.concurrency as number | undefined;
}
