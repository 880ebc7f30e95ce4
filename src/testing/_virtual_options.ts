/**
 * What can be asked of the virtual provider: the shapes of its options and figures, and the rules for them.
 */
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
  type Rules,
  share,
  wholeNumber,
} from "../model/check.ts";
import type { ModelRequest } from "../model/message.ts";
import { distribution, latency, LIMITS, positive, shape } from "./_simulator_check.ts";
import type { SimulatorLimits } from "./_simulator_options.ts";
import type { Distribution } from "./_simulator_random.ts";
import type { ScriptedAnswer } from "./scripted.ts";

/**
 * A fault by name:
 *
 * - `rateLimit`: a 429 that asks to wait 100 ms
 * - `insufficientQuota`: a 429 that no waiting cures
 * - `error500`, `error400`, …: that status
 * - `reset`: the connection breaks before the answer
 * - `stall`: silence for ever
 * - `truncate`: half of the answer, and then the end
 */
export type VirtualFaultName =
  | "rateLimit"
  | "insufficientQuota"
  | `error${number}`
  | "reset"
  | "stall"
  | "truncate";

/** How often each fault comes: a share of the requests from 0 to 1. Together at most 1. */
export type VirtualFaults = { readonly [name in VirtualFaultName]?: number };

/** A time in which the server does not work: what comes in it fails, what came before it does not. */
export interface VirtualOutage {
  /** When it begins, in milliseconds since the provider was made. */
  readonly from: number;
  /** When it is over, in milliseconds since the provider was made. */
  readonly to: number;
  /**
   * What comes of a request: a status, a connection that fails, or silence for ever.
   *
   * @default {503}
   */
  readonly status?: number | "network" | "stall";
}

/** How {@linkcode virtualProvider} behaves. */
export interface VirtualProviderOptions {
  /**
   * Milliseconds until an answer begins, also for a status of 500 and above.
   *
   * @default {0}
   */
  readonly latency?: Distribution<ModelRequest>;
  /**
   * Milliseconds until a refusal is heard: a 429, an outage and other errors that need no model.
   *
   * @default {20}
   */
  readonly refusalLatency?: number;
  /** Rate limits, as token buckets that are full at first, and how many requests may be answered at once. More get a 429. */
  readonly limits?: SimulatorLimits;
  /**
   * Does it say with each answer where its limits on rates stood when the request arrived? If not, a client must find out.
   *
   * @default {true}
   */
  readonly reportRates?: boolean;
  /**
   * Does a 429 say how long to wait?
   *
   * @default {true}
   */
  readonly retryAfter?: boolean;
  /** When it does not work. */
  readonly outages?: readonly VirtualOutage[];
  /** Faults by chance. */
  readonly faults?: VirtualFaults;
  /**
   * What it answers to a request and its number, which counts those that were let through from 0.
   *
   * @default The text of the last message
   */
  readonly respond?: (
    request: ModelRequest,
    n: number,
  ) => ScriptedAnswer | Promise<ScriptedAnswer>;
  /**
   * How many tokens an answer has, whatever its text.
   *
   * @default What `respond` says, or a token for each 4 characters
   */
  readonly outputTokens?: Distribution<ModelRequest>;
  /**
   * How fast the model speaks: spaces out the words of a stream, and makes a whole answer wait until it is complete.
   *
   * @default {Infinity}
   */
  readonly tokensPerSecond?: number;
  /**
   * How many requests may be open at once. More wait until one ends, as in a client over HTTP/2: the server does not know of
   * them.
   *
   * @default {Infinity}
   */
  readonly streams?: number;
  /**
   * The seed of the chances, so that a run can be repeated.
   *
   * @default {1}
   */
  readonly seed?: number;
  /**
   * How many arrivals are kept in `arrivals`: the first ones. May be `Infinity`.
   *
   * @default {100_000}
   */
  readonly keep?: number;
}

/** A request as the server saw it come. */
export interface VirtualArrival {
  /** When, in milliseconds since the provider was made. */
  readonly at: number;
  /** Was it let through by outages and limits? */
  readonly accepted: boolean;
  /** The tokens that were counted: those of the prompt, and of the answer if it was let through. */
  readonly tokens: number;
}

/** What has happened so far. */
export interface VirtualProviderStats {
  /** Requests that were made. */
  readonly requests: number;
  /** Those that were let through by outages and limits, whatever became of them. */
  readonly accepted: number;
  /** Those that got a 429. */
  readonly refused: number;
  /** Those whose connection broke. */
  readonly broken: number;
  /** Those that were aborted before the end of the answer. */
  readonly aborted: number;
  /** Answers by HTTP status, counted when they begin. */
  readonly byStatus: Readonly<Record<number, number>>;
  /** Requests without a whole answer at this moment, those that wait for a stream among them. */
  readonly inFlight: number;
  /** The most that were in flight at once. */
  readonly peakInFlight: number;
  /** Requests that wait for a stream at this moment. */
  readonly waiting: number;
  /** The most requests that were let through in any 60 seconds. */
  readonly peakPerMinute: number;
  /** The most tokens, of prompts and answers, that were counted in any 60 seconds. */
  readonly peakTokensPerMinute: number;
}

const FAULTS = ["rateLimit", "insufficientQuota", "reset", "stall", "truncate"];

const tokens: Rule = numberThat(
  "a number of tokens, 0 or more",
  (n) => Number.isFinite(n) && n >= 0,
);
const someTokens: Rule = numberThat("tokens above 0", (n) => Number.isFinite(n) && n > 0);
const countOrAll: Rule = numberThat(
  "a whole number, 0 or more, or Infinity",
  (n) => n === Infinity || (Number.isSafeInteger(n) && n >= 0),
);
const someOrAll: Rule = numberThat(
  "a positive integer or Infinity",
  (n) => n === Infinity || (Number.isSafeInteger(n) && n > 0),
);
const endOrNever: Rule = numberThat("milliseconds, 0 or more, or Infinity", (n) => n >= 0);

const outageStatus: Rule = (doing, name, value) => {
  if (typeof value === "string") return oneOf("network", "stall")(doing, name, value);
  numberThat('a status from 400 to 599, "network" or "stall"', isFailure)(doing, name, value);
};
const outage = shape({ from: milliseconds, to: endOrNever, status: outageStatus });

const outages: Rule = (doing, name, value) => {
  if (!Array.isArray(value)) refuse(doing, name, "an array of { from, to, status }", value);
  for (const [i, one] of value.entries()) {
    outage(doing, `${name}[${i}]`, one);
    milliseconds(doing, `${name}[${i}].from`, one.from);
    endOrNever(doing, `${name}[${i}].to`, one.to);
    if (one.to < one.from) {
      throw new RangeError(
        `Cannot ${doing} as ${name}[${i}].to must be at least ${name}[${i}].from: current value is ${one.to}`,
      );
    }
  }
};

const faults: Rule = (doing, name, value) => {
  if (!isRecord(value)) refuse(doing, name, "an object", value);
  const rules: Record<string, Rule> = {};
  for (const key of [...FAULTS, ...Object.keys(value).filter(isStatusName), "error500"]) {
    rules[key] = (d, k, v) => share(d, `${name}.${k}`, v);
  }
  checkOptions(doing, value, rules);
  let sum = 0;
  for (const chance of Object.values(value)) sum += Number(chance ?? 0);
  // Shares such as 0.1 do not add up exactly.
  if (sum > 1 + 1e-9) {
    throw new RangeError(
      `Cannot ${doing} as ${name} must add up to at most 1: current value is ${+sum.toFixed(6)}`,
    );
  }
};

const RULES: { [name in keyof Required<VirtualProviderOptions>]: Rule } = {
  latency,
  refusalLatency: milliseconds,
  limits: shape(LIMITS as Rules),
  reportRates: flag,
  retryAfter: flag,
  outages,
  faults,
  respond: callback,
  outputTokens: distribution("a number of tokens", tokens, someTokens),
  tokensPerSecond: positive,
  streams: someOrAll,
  seed: wholeNumber,
  keep: countOrAll,
};

/** @throws {TypeError | RangeError} If an option is wrong. */
export function checkVirtualProvider(options: unknown): void {
  checkOptions("make a virtual provider", options, RULES);
}

/** The status that a fault's name ends in, if it does. */
export function statusIn(name: string): number | undefined {
  return isStatusName(name) ? Number(name.slice(-3)) : undefined;
}

function isStatusName(name: string): boolean {
  return /^error[45]\d\d$/.test(name);
}

function isFailure(status: number): boolean {
  return Number.isInteger(status) && status >= 400 && status < 600;
}
