/** Checks the options of the simulator. */
import {
  callback,
  checkOptions,
  flag,
  isRecord,
  milliseconds,
  numberThat,
  positiveInteger,
  refuse,
  type Rule,
  type Rules,
  type RulesFor,
  share,
  text,
  wholeNumber,
} from "../../model/check_options.ts";
import { FAULT_NAMES, isFaultName } from "./fault_names.ts";
import { parseFault } from "./faults.ts";
import type { SimulatorFault, SimulatorFaultDetails } from "./fault_options.ts";
import type { SimulatorBehaviour, SimulatorLimits, SimulatorOptions } from "./simulator_options.ts";

/** A number above 0, possibly `Infinity`. */
export const positiveNumber: Rule = numberThat("a number above 0", (n) => n > 0);
const positiveMs: Rule = numberThat("milliseconds above 0", (n) => n > 0 && n < Infinity);
const count: Rule = numberThat(
  "a positive integer or Infinity",
  (n) => n === Infinity || (Number.isSafeInteger(n) && n > 0),
);

/** Returns the rule for an object with these options. */
export function objectOf(rules: Rules): Rule {
  return (doing, name, value) => {
    if (!isRecord(value)) refuse(doing, name, "an object", value);
    const inner: Record<string, Rule> = {};
    for (const key in rules) inner[key] = (d, k, v) => rules[key]!(d, `${name}.${k}`, v);
    checkOptions(doing, value, inner);
  };
}

/** Returns the rule for a {@linkcode Distribution} in this unit. */
export function distribution(unit: string, rule: Rule, above0: Rule): Rule {
  return (doing, name, value) => {
    if (typeof value === "function") return;
    if (!isRecord(value)) return rule(doing, name, value);
    const pair = [["mean", "stddev"], ["min", "max"], ["p50", "p99"]].find(([key]) =>
      key! in value
    );
    if (!pair) {
      refuse(
        doing,
        name,
        `${unit}, { mean, stddev }, { min, max }, { p50, p99 } or a function`,
        value,
      );
    }
    const [low, high] = pair as [string, string];
    const each = low === "p50" ? above0 : rule;
    objectOf({ [low]: each, [high]: each })(doing, name, value);
    for (const key of pair) each(doing, `${name}.${key}`, value[key]);
    if (low !== "mean" && Number(value[high]) < Number(value[low])) {
      throw new RangeError(
        `Cannot ${doing} as ${name}.${high} must be at least ${name}.${low}: current value is ${
          value[high]
        }`,
      );
    }
  };
}

/** The rule for a latency. */
export const latencyRule: Rule = distribution("milliseconds", milliseconds, positiveMs);

const rates: Rule = (doing, name, value) => {
  if (!isRecord(value)) refuse(doing, name, "an object", value);
  const rules: Record<string, Rule> = {};
  for (const key of [...FAULT_NAMES, ...Object.keys(value).filter(isFaultName), "error500"]) {
    rules[key] = (d, k, v) => share(d, `${name}.${k}`, v);
  }
  checkOptions(doing, value, rules);
  const sum = Object.values(value).reduce<number>((sum, rate) => sum + Number(rate ?? 0), 0);
  // Floating-point sums of shares such as 0.1 are not exact.
  if (sum > 1 + 1e-9) {
    throw new RangeError(
      `Cannot ${doing} as ${name} must add up to at most 1: current value is ${
        Number(sum.toFixed(6))
      }`,
    );
  }
};

const headers: Rule = (doing, name, value) => {
  if (!isRecord(value)) refuse(doing, name, "an object", value);
  for (const key in value) {
    const one = value[key];
    if (one !== null && typeof one !== "string") {
      refuse(doing, `${name}.${key}`, "a text or null", one);
    }
  }
};

const retryAfterMs: Rule = (doing, name, value) => {
  if (value !== null) milliseconds(doing, name, value);
};

const FAULT_RULES: RulesFor<SimulatorFaultDetails> = {
  type: text,
  status: numberThat("a status from 200 to 599", (n) => Number.isInteger(n) && n >= 200 && n < 600),
  retryAfterMs,
  body: () => {},
  headers,
  afterChunks: wholeNumber,
  ms: milliseconds,
  everyMs: positiveMs,
};

const script: Rule = (doing, name, value) => {
  if (typeof value === "function") return;
  if (!Array.isArray(value)) refuse(doing, name, "an array or a function", value);
  for (const [i, fault] of value.entries()) {
    if (isRecord(fault)) objectOf(FAULT_RULES)(doing, `${name}[${i}]`, fault);
    else text(doing, `${name}[${i}]`, fault);
    parseFault(fault as SimulatorFault);
  }
};

/** The rules for the limits of a simulated server. */
export const SIMULATOR_LIMITS_RULES: RulesFor<SimulatorLimits> = {
  requestsPerMinute: positiveNumber,
  tokensPerMinute: positiveNumber,
  concurrency: count,
};

const texts: Rule = (doing, name, value) => {
  if (!Array.isArray(value)) refuse(doing, name, "an array of texts", value);
  for (const [i, one] of value.entries()) text(doing, `${name}[${i}]`, one);
};

const BEHAVIOUR_RULES: RulesFor<SimulatorBehaviour> = {
  latency: latencyRule,
  batchLatency: milliseconds,
  batchTokens: positiveNumber,
  batchRejections: texts,
  tokensPerSecond: positiveNumber,
  chunkSize: positiveInteger,
  limits: objectOf(SIMULATOR_LIMITS_RULES),
  faults: rates,
  script,
  keepAlive: flag,
  seed: wholeNumber,
  models: texts,
  apiKey: text,
  respond: callback,
};

const SIMULATOR_RULES: RulesFor<SimulatorOptions> = {
  ...BEHAVIOUR_RULES,
  port: numberThat("a port from 0 to 65535", (n) => Number.isInteger(n) && n >= 0 && n <= 65_535),
  tls: (doing, name, value) => {
    objectOf({ cert: text, key: text })(doing, name, value);
    for (const key of ["cert", "key"]) {
      text(doing, `${name}.${key}`, (value as Record<string, unknown>)[key]);
    }
  },
  maxConcurrentStreams: positiveInteger,
};

/**
 * Checks the options of a start.
 *
 * @throws {TypeError | RangeError} If an option is invalid.
 */
export function checkSimulatorOptions(options: SimulatorOptions): void {
  checkOptions("start the simulator", options, SIMULATOR_RULES);
  if (options.maxConcurrentStreams !== undefined && options.tls === undefined) {
    throw new TypeError(
      "Cannot start the simulator as maxConcurrentStreams needs tls: HTTP/2 requires TLS",
    );
  }
}

/**
 * Checks the options of a change.
 *
 * @throws {TypeError | RangeError} If an option is invalid, or fixed at the start.
 */
export function checkBehaviour(changes: SimulatorBehaviour): void {
  checkOptions("configure the simulator", changes, BEHAVIOUR_RULES);
}
