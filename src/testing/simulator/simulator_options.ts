/** How the simulator can be made to behave. */
import type { SimulatorFault, SimulatorFaultRates } from "./fault_options.ts";
import type { SimulatorAnswer, SimulatorRequest } from "./request_types.ts";

/**
 * Milliseconds from the request to the start of the answer: always the same, normally distributed, evenly
 * distributed, log-normal by two percentiles, or worked out for each request.
 */
export type SimulatorLatency =
  | number
  | { readonly mean: number; readonly stddev: number }
  | { readonly min: number; readonly max: number }
  | { readonly p50: number; readonly p99: number }
  | ((request: SimulatorRequest) => number);

/** Rate limits: token buckets that are full at first and refill evenly. */
export interface SimulatorLimits {
  /**
   * Requests that a minute allows.
   *
   * @default {Infinity}
   */
  requestsPerMinute?: number;
  /**
   * Tokens, of the prompt and of the answer, that a minute allows.
   *
   * @default {Infinity}
   */
  tokensPerMinute?: number;
  /**
   * Requests that may be in flight at once.
   *
   * @default {Infinity}
   */
  concurrency?: number;
}

/** What can be changed while the simulator runs; see {@linkcode Simulator.configure}. */
export interface SimulatorBehaviour {
  /**
   * Milliseconds to the start of an answer. A 429 and other errors of the client's making come at once.
   *
   * @default {0}
   */
  latency?: SimulatorLatency;
  /**
   * How fast the model speaks: spaces out the chunks of a stream, and makes a JSON answer wait until it is complete.
   *
   * @default {Infinity}
   */
  tokensPerSecond?: number;
  /**
   * Tokens in one chunk of a stream.
   *
   * @default {4}
   */
  chunkSize?: number;
  /**
   * Milliseconds until a batch is done.
   *
   * @default {0}
   */
  batchLatency?: number;
  /** Rate limits, answered with 429 and OpenAI's `x-ratelimit-…` headers. */
  limits?: SimulatorLimits;
  /** Faults by chance. */
  faults?: SimulatorFaultRates;
  /**
   * Faults to order: a list with one for each request, or a function of the request and its number (0 for the
   * first) that gives `undefined` for none. After the end of the list, and where the function gives `undefined`,
   * `faults` decides.
   */
  script?:
    | readonly SimulatorFault[]
    | ((request: SimulatorRequest, n: number) => SimulatorFault | undefined);
  /**
   * May a client reuse a connection (HTTP/1.1)? If not, every answer closes its own. Deno's `fetch` silently sends a
   * request once more when a reused connection breaks, so a `reset` would hardly ever be seen; with `true` it is
   * simulated all the same, to test against that.
   *
   * @default False if `faults` or `script` have a "reset" or `script` is a function, else true
   */
  keepAlive?: boolean;
  /**
   * The seed of the chances, so that a run can be repeated.
   *
   * @default {1}
   */
  seed?: number;
  /**
   * The models there are. Any other model gets a 404. Without the option every model is known.
   *
   * @default Any; the list names "gpt-5-mini" and "gpt-4o-mini"
   */
  models?: readonly string[];
  /**
   * The only key that is let in; without it every key is.
   */
  apiKey?: string;
  /**
   * Returns the answer to a request. Without it the answers are generic: values that fit the
   * requested JSON Schema (the first value of an enum, a number in the middle of its bounds, a text
   * named after its property), or a text that repeats the beginning of the last user message. To
   * `Say "yes"` the answer is `yes`. A tool is called if the client requires it, or if the last user message contains its name; the
   * next answer repeats what the tool returned.
   */
  respond?: (
    request: SimulatorRequest,
  ) => string | SimulatorAnswer | Promise<string | SimulatorAnswer>;
}

/** Options for {@linkcode simulator}. */
export interface SimulatorOptions extends SimulatorBehaviour {
  /**
   * The port on 127.0.0.1; 0 takes any free one.
   *
   * @default {0}
   */
  port?: number;
  /** Certificate and private key, as PEM texts: the simulator then speaks HTTPS, and HTTP/2 with clients that want it. */
  tls?: { readonly cert: string; readonly key: string };
  /**
   * How many streams one HTTP/2 connection may have open at once. Needs `tls`.
   *
   * @default {100}
   */
  maxConcurrentStreams?: number;
}
