/** How the virtual provider can be made to behave. */
import type { ModelRequest } from "../../model/message.ts";
import type { SimulatorLimits } from "../simulator/simulator_options.ts";
import type { Distribution } from "../simulator/random.ts";
import type { ScriptedAnswer } from "../scripted.ts";

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
