import {
  checkOptions,
  isRecord,
  positiveMs,
  refuse,
  type Rule,
  type Rules,
} from "../model/check_options.ts";

/**
 * Time limits, each in milliseconds. Waiting for a permit does not count for those of an attempt.
 */
export interface TimeoutOptions {
  /**
   * One attempt, from sending it to the last byte of the answer.
   *
   * @default {300_000}
   */
  readonly attempt?: number;
  /** From sending an attempt to the first token; only where the answer is streamed. */
  readonly firstToken?: number;
  /**
   * Between two tokens; only where the answer is streamed. Comments that keep the connection alive
   * do not count.
   */
  readonly idle?: number;
  /** The whole call: all attempts and all the waiting in between. */
  readonly total?: number;
}

/** What holds where nothing is said: a call that hangs ends after five minutes. */
export const DEFAULT_TIMEOUT: TimeoutOptions = Object.freeze({ attempt: 300_000 });

const RULES: Rules = {
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

/**
 * Merges limits, the first one that says something winning; a number is the limit of each attempt.
 */
export function timeouts(...layers: (number | TimeoutOptions | undefined)[]): TimeoutOptions {
  const merged: Record<string, number> = { ...DEFAULT_TIMEOUT };
  for (const layer of layers.reverse()) {
    const limits = typeof layer === "number" ? { attempt: layer } : layer ?? {};
    for (const [name, ms] of Object.entries(limits)) if (ms !== undefined) merged[name] = ms;
  }
  return merged;
}
