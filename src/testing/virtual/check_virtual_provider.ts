/** Checks the options of the virtual provider. */
import {
  callback,
  checkOptions,
  flag,
  isRecord,
  milliseconds,
  numberThat,
  oneOf,
  refuse,
  type Rule,
  type RulesFor,
  share,
  wholeNumber,
} from "../../model/check_options.ts";
import {
  distribution,
  latencyRule,
  objectOf,
  positiveNumber,
  SIMULATOR_LIMITS_RULES,
} from "../simulator/check_simulator.ts";
import { statusOfFault } from "./faults.ts";
import type { VirtualProviderOptions } from "./virtual_options.ts";

const FAULTS = ["rateLimit", "insufficientQuota", "reset", "stall", "truncate"];

const tokens: Rule = numberThat(
  "a number of tokens, 0 or more",
  (n) => Number.isFinite(n) && n >= 0,
);
const positiveTokens: Rule = numberThat("tokens above 0", (n) => Number.isFinite(n) && n > 0);
const wholeOrInfinity: Rule = numberThat(
  "a whole number, 0 or more, or Infinity",
  (n) => n === Infinity || (Number.isSafeInteger(n) && n >= 0),
);
const countOrInfinity: Rule = numberThat(
  "a positive integer or Infinity",
  (n) => n === Infinity || (Number.isSafeInteger(n) && n > 0),
);
const outageEnd: Rule = numberThat("milliseconds, 0 or more, or Infinity", (n) => n >= 0);

const outageStatus: Rule = (doing, name, value) => {
  if (typeof value === "string") return oneOf("network", "stall")(doing, name, value);
  numberThat('a status from 400 to 599, "network" or "stall"', isFailure)(doing, name, value);
};
const outage = objectOf({ from: milliseconds, to: outageEnd, status: outageStatus });

const outages: Rule = (doing, name, value) => {
  if (!Array.isArray(value)) refuse(doing, name, "an array of { from, to, status }", value);
  for (const [i, one] of value.entries()) {
    outage(doing, `${name}[${i}]`, one);
    milliseconds(doing, `${name}[${i}].from`, one.from);
    outageEnd(doing, `${name}[${i}].to`, one.to);
    if (one.to < one.from) {
      throw new RangeError(
        `Cannot ${doing} as ${name}[${i}].to must be at least ${name}[${i}].from: ` +
          `current value is ${one.to}`,
      );
    }
  }
};

const faults: Rule = (doing, name, value) => {
  if (!isRecord(value)) refuse(doing, name, "an object", value);
  const rules: Record<string, Rule> = {};
  for (
    const key of [
      ...FAULTS,
      ...Object.keys(value).filter((key) => statusOfFault(key) !== undefined),
      "error500",
    ]
  ) {
    rules[key] = (d, k, v) => share(d, `${name}.${k}`, v);
  }
  checkOptions(doing, value, rules);
  let sum = 0;
  for (const chance of Object.values(value)) sum += Number(chance ?? 0);
  // Floating-point sums of shares such as 0.1 are not exact.
  if (sum > 1 + 1e-9) {
    throw new RangeError(
      `Cannot ${doing} as ${name} must add up to at most 1: current value is ${+sum.toFixed(6)}`,
    );
  }
};

const VIRTUAL_PROVIDER_RULES: RulesFor<VirtualProviderOptions> = {
  latency: latencyRule,
  refusalLatency: milliseconds,
  limits: objectOf(SIMULATOR_LIMITS_RULES),
  reportRates: flag,
  retryAfter: flag,
  outages,
  faults,
  respond: callback,
  outputTokens: distribution("a number of tokens", tokens, positiveTokens),
  tokensPerSecond: positiveNumber,
  streams: countOrInfinity,
  seed: wholeNumber,
  keep: wholeOrInfinity,
};

/**
 * Checks the options.
 *
 * @throws {TypeError | RangeError} If an option is invalid.
 */
export function checkVirtualProvider(options: unknown): void {
  checkOptions("create a virtual provider", options, VIRTUAL_PROVIDER_RULES);
}

function isFailure(status: number): boolean {
  return Number.isInteger(status) && status >= 400 && status < 600;
}
