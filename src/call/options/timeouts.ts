import {
  checkOptions,
  isRecord,
  positiveMs,
  refuse,
  type Rule,
  type RulesFor,
} from "../../model/check_options.ts";

/**
 * Time limits of a call, each in milliseconds and above 0. Waiting for a permit counts towards
 * `total`, but not towards the limits of an attempt.
 */
export interface TimeoutOptions {
  /**
   * One attempt, from sending it to the last byte of the answer. An attempt that exceeds it is
   * retried. Above 0.
   *
   * @default {300_000} where no `total` is set, otherwise no limit
   */
  readonly attempt?: number;
  /**
   * From sending an attempt to the first token; only where the answer is streamed. Reasoning and
   * tool calls count as tokens. An attempt that exceeds it is retried. Above 0.
   *
   * @default No limit
   */
  readonly firstToken?: number;
  /**
   * Between two tokens; only where the answer is streamed. Comments that keep the connection
   * alive do not count. Above 0.
   *
   * @default No limit
   */
  readonly idle?: number;
  /**
   * The whole call: all attempts, retries, fallbacks and tools, and all the waiting in between.
   * Above 0.
   *
   * @default No limit
   */
  readonly total?: number;
}

/** The default limits: a request that hangs is aborted after five minutes. */
export const DEFAULT_TIMEOUT: TimeoutOptions = Object.freeze({ attempt: 300_000 });

const RULES: RulesFor<TimeoutOptions> = {
  attempt: positiveMs,
  firstToken: positiveMs,
  idle: positiveMs,
  total: positiveMs,
};

/** The rule for an option `timeout`. */
export const timeout: Rule = (doing, name, value) => {
  if (typeof value === "number") return positiveMs(doing, name, value);
  if (!isRecord(value)) refuse(doing, name, "a number of milliseconds or an object", value);
  checkOptions(`${doing}: ${name}`, value, RULES);
};

/** The time limit of an agent that calls other agents, or of a workflow: only `total` applies. */
export type TotalTimeout = number | Pick<TimeoutOptions, "total">;

/** The rule for an option `timeout` of an agent that calls other agents, or of a workflow. */
export const totalTimeout: Rule = (doing, name, value) => {
  timeout(doing, name, value);
  if (typeof value === "number") return;
  for (const [limit, ms] of Object.entries(value as TimeoutOptions)) {
    if (limit === "total" || ms === undefined) continue;
    throw new TypeError(
      `Cannot ${doing} as ${name}.${limit} limits requests, and it sends none itself: ` +
        "set it on the agents that it calls, or use a total",
    );
  }
};

/**
 * Merges time limits field by field: the first layer that sets a field wins. A number sets
 * `total`. The default applies where no layer limits the attempt or the whole.
 */
export function mergeTimeouts(
  ...layers: (number | TimeoutOptions | undefined)[]
): TimeoutOptions {
  const merged: { -readonly [K in keyof TimeoutOptions]: TimeoutOptions[K] } = {};
  for (const layer of layers) {
    if (layer === undefined || layer === DEFAULT_TIMEOUT) continue;
    const { attempt, firstToken, idle, total } = toTimeoutOptions(layer);
    merged.attempt ??= attempt;
    merged.firstToken ??= firstToken;
    merged.idle ??= idle;
    merged.total ??= total;
  }
  if (merged.total === undefined) merged.attempt ??= DEFAULT_TIMEOUT.attempt;
  return merged;
}

/** Returns the `total` of the first layer that sets one, in milliseconds. */
export function totalOf(...layers: (number | TimeoutOptions | undefined)[]): number | undefined {
  for (const layer of layers) {
    const total = layer && toTimeoutOptions(layer).total;
    if (total !== undefined) return total;
  }
}

/**
 * Returns the limits without `total`, for the calls that a workflow makes, or `undefined` if there
 * are none.
 */
export function withoutTotal(
  timeout: number | TimeoutOptions | undefined,
): TimeoutOptions | undefined {
  if (timeout === undefined) return undefined;
  const { total: _, ...others } = toTimeoutOptions(timeout);
  return Object.keys(others).length === 0 ? undefined : others;
}

function toTimeoutOptions(timeout: number | TimeoutOptions): TimeoutOptions {
  return typeof timeout === "number" ? { total: timeout } : timeout;
}
