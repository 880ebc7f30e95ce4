/** The options of the simulator. */
import type { SimulatorFault, SimulatorFaultRates } from "./fault_options.ts";
import type { SimulatorAnswer, SimulatorRequest } from "./request_types.ts";

/**
 * Milliseconds from the request to the start of the answer: constant, normally distributed,
 * uniformly distributed, log-normal with two percentiles, or a function of the request.
 */
export type SimulatorLatency =
  | number
  | { readonly mean: number; readonly stddev: number }
  | { readonly min: number; readonly max: number }
  | { readonly p50: number; readonly p99: number }
  | ((request: SimulatorRequest) => number);

/** Rate limits: token buckets that start full and refill evenly. */
export interface SimulatorLimits {
  /**
   * The maximum number of requests per minute: above 0.
   *
   * @default {Infinity}
   */
  requestsPerMinute?: number;
  /**
   * The maximum number of input and output tokens per minute: above 0.
   *
   * @default {Infinity}
   */
  tokensPerMinute?: number;
  /**
   * The maximum number of requests in flight at once: a positive integer or `Infinity`.
   *
   * @default {Infinity}
   */
  concurrency?: number;
}

/** The options that can change while the simulator runs; see {@linkcode Simulator.configure}. */
export interface SimulatorBehaviour {
  /**
   * Milliseconds, 0 or more, to the start of an answer. A 429 and other client errors are sent at
   * once.
   *
   * @default {0}
   */
  latency?: SimulatorLatency;
  /**
   * The output speed, in tokens per second above 0: it spaces out the chunks of a stream, and
   * delays a JSON answer until it would be complete.
   *
   * @default {Infinity}
   */
  tokensPerSecond?: number;
  /**
   * The number of tokens in a chunk of a stream: a positive integer.
   *
   * @default {4}
   */
  chunkSize?: number;
  /**
   * Milliseconds, 0 or more, until a batch is completed.
   *
   * @default {0}
   */
  batchLatency?: number;
  /**
   * The maximum number of tokens in batches that are not complete, above 0, about four characters
   * each. A batch beyond it fails with the code `token_limit_exceeded`.
   *
   * @default {Infinity}
   */
  batchTokens?: number;
  /**
   * The error codes with which the first batches fail, one each, such as `token_limit_exceeded` or
   * `billing_hard_limit_reached`. The batches after them are accepted.
   *
   * @default {[]}
   */
  batchRejections?: readonly string[];
  /**
   * Rate limits, answered with 429 and OpenAI's `x-ratelimit-…` headers.
   *
   * @default No limits
   */
  limits?: SimulatorLimits;
  /**
   * The probability of each fault, from 0 to 1. The sum must be at most 1.
   *
   * @default {{}}
   */
  faults?: SimulatorFaultRates;
  /**
   * Scripted faults: a list with one entry for each request, or a function of the request and its
   * number, starting at 0. Past the end of the list, and where the function returns `undefined`,
   * `faults` decides.
   *
   * @default {[]}
   */
  script?:
    | readonly SimulatorFault[]
    | ((request: SimulatorRequest, n: number) => SimulatorFault | undefined);
  /**
   * Whether clients may reuse a connection (HTTP/1.1). If not, every answer closes its
   * connection. Deno's `fetch` silently repeats a request when a reused connection breaks, so
   * that a `reset` would hardly ever reach the client; `true` tests against that.
   *
   * @default False if `faults` or `script` contain "reset" or `script` is a function, else true
   */
  keepAlive?: boolean;
  /**
   * The seed of all random numbers, so that a run can be repeated: an integer, 0 or more.
   *
   * @default {1}
   */
  seed?: number;
  /**
   * The models that exist. A request for any other model is answered with 404.
   *
   * @default Any model; `GET /v1/models` lists "gpt-5-mini" and "gpt-4o-mini"
   */
  models?: readonly string[];
  /**
   * The only API key that is accepted.
   *
   * @default Every key is accepted
   */
  apiKey?: string;
  /**
   * Returns the answer to a request. Generic answers are values that fit the requested JSON Schema
   * (the first value of an enum, a number in the middle of its bounds, a text named after its
   * property), or a text that repeats the beginning of the last user message. To `Say "yes"` the
   * answer is `yes`. A tool is called if the client requires it, or if the last user message
   * contains its name; the next answer repeats what the tool returned.
   *
   * @default Generic answers
   */
  respond?: (
    request: SimulatorRequest,
  ) => string | SimulatorAnswer | Promise<string | SimulatorAnswer>;
}

/** Options for {@linkcode simulator}. */
export interface SimulatorOptions extends SimulatorBehaviour {
  /**
   * The port on 127.0.0.1, from 0 to 65535; 0 chooses a free one.
   *
   * @default {0}
   */
  port?: number;
  /**
   * The certificate and the private key, in PEM format. The simulator then speaks HTTPS, and
   * HTTP/2 with clients that support it.
   *
   * @default HTTP/1.1 without TLS
   */
  tls?: { readonly cert: string; readonly key: string };
  /**
   * The maximum number of streams open at once on an HTTP/2 connection: a positive integer.
   * Requires `tls`.
   *
   * @default {100}
   */
  maxConcurrentStreams?: number;
}
