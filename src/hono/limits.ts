/** The limits of the HTTP routes: for each request, for each caller, and in total. */
import { budget, type BudgetOptions } from "../model/budget.ts";
import {
  checkOptions,
  isRecord,
  milliseconds,
  numberThat,
  positiveInteger,
  positiveMs,
  refuse,
  type Rule,
  type RulesFor,
} from "../model/check_options.ts";

/** The limits of one caller. Absent options do not limit. */
export interface PrincipalLimits {
  /**
   * The maximum number of requests in progress, and of attempts in flight: a positive integer.
   * Further requests are rejected (429); further attempts wait.
   *
   * @default No limit
   */
  readonly concurrency?: number;
  /**
   * The maximum number of calls that begin within a minute: a positive integer. Further calls are
   * rejected (429, with `Retry-After`). The calls of a batch count one by one, and wait instead.
   *
   * @default No limit
   */
  readonly requestsPerMinute?: number;
  /**
   * What its calls may spend per period: at least one of `cost`, `tokens` and `calls`. Once it is
   * spent, calls are rejected (429) until it is renewed.
   *
   * @default No limit
   */
  readonly budget?: RenewedBudget;
}

/** A budget that is renewed periodically. */
export interface RenewedBudget extends BudgetOptions {
  /**
   * The period, in milliseconds above 0.
   *
   * @default {86_400_000} one day
   */
  readonly every?: number;
}

/** The limits of the routes. */
export interface RouteLimits {
  /**
   * The maximum size of a request body, in bytes: a positive integer. Larger ones are rejected
   * (413).
   *
   * @default {1_048_576}
   */
  readonly maxBodyBytes?: number;
  /**
   * The maximum number of calls in a batch: a positive integer. Larger batches are rejected (413).
   *
   * @default {1000}
   */
  readonly maxBatch?: number;
  /**
   * The maximum number of attempts in flight, of all callers together: a positive integer. Further
   * attempts wait. It is also the maximum `concurrency` of a batch.
   *
   * @default {1000}
   */
  readonly concurrency?: number;
  /**
   * The share of `concurrency`, and of each caller's limits, that is reserved for calls outside of
   * batches: at least 0 and below 1.
   *
   * @default {0.1}
   */
  readonly reserve?: number;
  /**
   * The maximum number of requests in progress: a positive integer. Further requests are rejected
   * (503).
   *
   * @default {10_000}
   */
  readonly maxRequests?: number;
  /**
   * The maximum duration of a request, in milliseconds above 0. A batch then returns the results it
   * has; its unfinished calls fail with the code `timeout`.
   *
   * @default {300_000}
   */
  readonly deadline?: number;
  /**
   * How long a client may take to send the body, in milliseconds above 0. Slower ones are rejected
   * (408).
   *
   * @default {10_000}
   */
  readonly bodyTimeout?: number;
  /**
   * The limits of each caller that has none of its own.
   *
   * @default No limits
   */
  readonly principal?: PrincipalLimits;
  /**
   * How long a batch stream can be resumed after its client has disconnected, in milliseconds. With
   * 0 no stream can be resumed.
   *
   * @default {60_000}
   */
  readonly resumeGrace?: number;
  /**
   * How much memory all batch streams may take for that, in bytes: a positive integer. Above it,
   * those that were abandoned first are dropped. A stream with a client continues in any case, but
   * it may not be resumable.
   *
   * @default {67_108_864}
   */
  readonly resumeBytes?: number;
  /**
   * The share of `resumeBytes` of one caller: above 0, at most 1.
   *
   * @default {0.25}
   */
  readonly resumeShare?: number;
}

/** The limits with their defaults filled in. */
export type ResolvedLimits =
  & Required<Omit<RouteLimits, "principal">>
  & Pick<RouteLimits, "principal">;

const reserveRule = numberThat("at least 0 and below 1", (n) => n >= 0 && n < 1);

const renewedBudgetRule: Rule = (doing, name, value) => {
  if (!isRecord(value)) refuse(doing, name, "an object", value);
  const { every, ...others } = value;
  if (every !== undefined) positiveMs(doing, `${name}.every`, every);
  budget(doing, name, others);
};

const PRINCIPAL_LIMITS_RULES: RulesFor<PrincipalLimits> = {
  concurrency: positiveInteger,
  requestsPerMinute: positiveInteger,
  budget: renewedBudgetRule,
};

/** The rule for the limits of a caller. */
export const principalLimitsRule: Rule = (doing, name, value) =>
  checkOptions(`${doing}: ${name}`, value, PRINCIPAL_LIMITS_RULES);

/** Whether two callers have the same limits. Options that are `undefined` count as absent. */
export function areSameLimits(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (!isRecord(a) || !isRecord(b)) return false;
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...names].every((name) => areSameLimits(a[name], b[name]));
}

const ROUTE_LIMITS_RULES: RulesFor<RouteLimits> = {
  maxBodyBytes: positiveInteger,
  maxBatch: positiveInteger,
  concurrency: positiveInteger,
  reserve: reserveRule,
  maxRequests: positiveInteger,
  deadline: positiveMs,
  bodyTimeout: positiveMs,
  principal: principalLimitsRule,
  resumeGrace: milliseconds,
  resumeBytes: positiveInteger,
  resumeShare: numberThat("above 0 and at most 1", (n) => n > 0 && n <= 1),
};

/** The rule for the option `limits`. */
export const routeLimitsRule: Rule = (doing, name, value) =>
  checkOptions(`${doing}: ${name}`, value, ROUTE_LIMITS_RULES);

const DEFAULTS: ResolvedLimits = {
  maxBodyBytes: 1024 ** 2,
  maxBatch: 1000,
  concurrency: 1000,
  reserve: 0.1,
  maxRequests: 10_000,
  deadline: 300_000,
  bodyTimeout: 10_000,
  resumeGrace: 60_000,
  resumeBytes: 64 * 1024 ** 2,
  resumeShare: 0.25,
};

/** Fills in the defaults. An option that is `undefined` counts as absent. */
export function resolveLimits(limits: RouteLimits = {}): ResolvedLimits {
  const given = Object.entries(limits).filter(([, value]) => value !== undefined);
  return { ...DEFAULTS, ...Object.fromEntries(given) };
}
