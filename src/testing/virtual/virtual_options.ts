/** The options of the virtual provider. */
import type { ModelRequest } from "../../model/message.ts";
import type { SimulatorLimits } from "../simulator/simulator_options.ts";
import type { Distribution } from "../simulator/random.ts";
import type { ScriptedAnswer } from "../scripted.ts";

/**
 * A fault by name:
 *
 * - `rateLimit`: a 429 with a retry delay of 100 ms
 * - `insufficientQuota`: a permanent 429
 * - `error500`, `error400`, …: that status
 * - `reset`: the connection breaks before the answer
 * - `stall`: no answer ever
 * - `truncate`: the answer is cut off in the middle
 */
export type VirtualFaultName =
  | "rateLimit"
  | "insufficientQuota"
  | `error${number}`
  | "reset"
  | "stall"
  | "truncate";

/** The probability of each fault, from 0 to 1. The sum must be at most 1. */
export type VirtualFaults = { readonly [name in VirtualFaultName]?: number };

/** An outage: requests that arrive in it fail; requests in flight do not. */
export interface VirtualOutage {
  /** The start, in milliseconds since the provider was created, 0 or more. */
  readonly from: number;
  /** The end, in milliseconds since the provider was created: at least `from`, or `Infinity`. */
  readonly to: number;
  /**
   * How requests fail: with a status from 400 to 599, a network error, or no answer ever.
   *
   * @default {503}
   */
  readonly status?: number | "network" | "stall";
}

/** The behaviour of {@linkcode virtualProvider}. */
export interface VirtualProviderOptions {
  /**
   * Milliseconds, 0 or more, until an answer starts, or until a status of 500 or above.
   *
   * @default {0}
   */
  readonly latency?: Distribution<ModelRequest>;
  /**
   * Milliseconds, 0 or more, until a rejection: a 429, an outage, or another error that needs no
   * model.
   *
   * @default {20}
   */
  readonly refusalLatency?: number;
  /**
   * Rate limits, as token buckets that start full, and the maximum number of requests in flight.
   * Requests beyond them are answered with 429.
   *
   * @default No limits
   */
  readonly limits?: SimulatorLimits;
  /**
   * Whether each answer reports the state of the rate limits when the request arrived. If not,
   * clients have to discover the limits.
   *
   * @default {true}
   */
  readonly reportRates?: boolean;
  /**
   * Whether a 429 says how long to wait.
   *
   * @default {true}
   */
  readonly retryAfter?: boolean;
  /**
   * The outages.
   *
   * @default {[]}
   */
  readonly outages?: readonly VirtualOutage[];
  /**
   * The probability of each fault, from 0 to 1. The sum must be at most 1.
   *
   * @default {{}}
   */
  readonly faults?: VirtualFaults;
  /**
   * Returns the answer to a request and its number among the accepted requests, starting at 0.
   *
   * @default The text of the last message
   */
  readonly respond?: (
    request: ModelRequest,
    n: number,
  ) => ScriptedAnswer | Promise<ScriptedAnswer>;
  /**
   * The number of output tokens, 0 or more, whatever the text.
   *
   * @default The usage that `respond` returns, or one token for every 4 characters
   */
  readonly outputTokens?: Distribution<ModelRequest>;
  /**
   * The output speed, in tokens per second above 0: it spaces out the words of a stream, and delays
   * a whole answer until it would be complete.
   *
   * @default {Infinity}
   */
  readonly tokensPerSecond?: number;
  /**
   * The maximum number of open streams: a positive integer or `Infinity`. Further requests wait on
   * the client's side, as over HTTP/2: the server does not see them.
   *
   * @default {Infinity}
   */
  readonly streams?: number;
  /**
   * The seed of all random numbers, so that a run can be repeated: an integer, 0 or more.
   *
   * @default {1}
   */
  readonly seed?: number;
  /**
   * The maximum number of arrivals kept in `arrivals`: the first ones. An integer, 0 or more, or
   * `Infinity`.
   *
   * @default {100_000}
   */
  readonly keep?: number;
}
