/** How much the HTTP face lets through: of one request, of one caller, and in all. */
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
  type Rules,
} from "../model/check_options.ts";

/** What one caller may do. What is absent is not limited. */
export interface PrincipalLimits {
  /**
   * How many requests it may have in progress at the same time, and how many attempts on the wire: a request more is refused
   * (429), while the calls of a batch wait for each other.
   */
  readonly concurrency?: number;
  /**
   * How many calls it may begin in any minute. One more is refused (429), with `Retry-After`; the calls of a batch count one by one,
   * and wait.
   */
  readonly requestsPerMinute?: number;
  /** What its calls may spend. Then they are refused (429) until the budget begins anew. */
  readonly budget?: RenewedBudget;
}

/** A budget that begins anew. */
export interface RenewedBudget extends BudgetOptions {
  /**
   * How long it is for, in milliseconds.
   *
   * @default {86_400_000} a day
   */
  readonly every?: number;
}

/** What the HTTP face lets through. */
export interface RouteLimits {
  /**
   * The largest body, in bytes; more is refused (413).
   *
   * @default {1_048_576}
   */
  readonly maxBodyBytes?: number;
  /**
   * The most calls of one batch; more are refused (413).
   *
   * @default {1000}
   */
  readonly maxBatch?: number;
  /**
   * How many attempts may be on the wire at the same time, of all callers together; more wait. It is also the most that a batch gets,
   * whatever it asks for.
   *
   * @default {1000}
   */
  readonly concurrency?: number;
  /**
   * The share of the concurrency, and of each caller's limits, that is kept from batches for single calls, from 0 to 1.
   *
   * @default {0.1}
   */
  readonly reserve?: number;
  /**
   * How many requests for calls may be in progress at the same time; more are refused (503).
   *
   * @default {10_000}
   */
  readonly maxRequests?: number;
  /**
   * The time one request may take, in milliseconds. A batch then tells what it has; what is not finished fails with the code `timeout`.
   *
   * @default {300_000}
   */
  readonly deadline?: number;
  /**
   * The time a client may take to send the body, in milliseconds (408).
   *
   * @default {10_000}
   */
  readonly bodyTimeout?: number;
  /** What each caller may do who has no limits of its own. */
  readonly principal?: PrincipalLimits;
  /**
   * How long a batch stream can be resumed after its client was lost, in milliseconds; 0 keeps nothing.
   *
   * @default {60_000}
   */
  readonly resumeGrace?: number;
  /**
   * How much is kept of all batches for that, in bytes. Over it, the oldest cannot be resumed any more.
   *
   * @default {67_108_864}
   */
  readonly resumeBytes?: number;
}

/** The limits with their defaults filled in. */
export type ResolvedLimits =
  & Required<Omit<RouteLimits, "principal">>
  & Pick<RouteLimits, "principal">;

const share = numberThat("a share from 0 up to, but not, 1", (n) => n >= 0 && n < 1);

const renewedBudget: Rule = (doing, name, value) => {
  if (!isRecord(value)) refuse(doing, name, "an object", value);
  const { every, ...others } = value;
  if (every !== undefined) positiveMs(doing, `${name}.every`, every);
  budget(doing, name, others);
};

/** The rule for the limits of a caller. */
export const principalLimitsRule: Rule = (doing, name, value) => {
  checkOptions(`${doing}: ${name}`, value, {
    concurrency: positiveInteger,
    requestsPerMinute: positiveInteger,
    budget: renewedBudget,
  });
};

const RULES: Rules = {
  maxBodyBytes: positiveInteger,
  maxBatch: positiveInteger,
  concurrency: positiveInteger,
  reserve: share,
  maxRequests: positiveInteger,
  deadline: positiveMs,
  bodyTimeout: positiveMs,
  principal: principalLimitsRule,
  resumeGrace: milliseconds,
  resumeBytes: positiveInteger,
};

/** The rule for the option `limits`. */
export const routeLimitsRule: Rule = (doing, name, value) =>
  checkOptions(`${doing}: ${name}`, value, RULES);

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
};

/** The limits in force: an option that is `undefined` counts as absent. */
export function resolveLimits(limits: RouteLimits = {}): ResolvedLimits {
  const given = Object.entries(limits).filter(([, value]) => value !== undefined);
  return { ...DEFAULTS, ...Object.fromEntries(given) };
}
