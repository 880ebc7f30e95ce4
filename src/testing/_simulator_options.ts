/**
 * What can be asked of the simulator: the shapes of its options, its faults and its figures.
 */

/** One request to the model as the simulator received it. */
export interface SimulatorRequest {
  /** How many requests came before this one: 0 for the first. */
  readonly index: number;
  /** The API that it came by: Chat Completions or Responses. */
  readonly api: "chat" | "responses";
  /** The model asked for. */
  readonly model: string;
  /** The messages, as they came; the items of Responses in the words of Chat Completions. */
  readonly messages: readonly SimulatorMessage[];
  /** The tools that the model may ask for. */
  readonly tools: readonly SimulatorTool[];
  /** Does the client want a stream of server-sent events? */
  readonly stream: boolean;
  /** The text of the last user message, or an empty text. */
  readonly text: string;
  /** The whole request body. */
  readonly body: Readonly<Record<string, unknown>>;
  /**
   * The value of a request header, or `undefined`.
   *
   * @param name Its name, in upper or lower case.
   */
  header(name: string): string | undefined;
}

/** One message of a request. */
export interface SimulatorMessage {
  /** Who speaks: `system`, `developer`, `user`, `assistant` or `tool`. */
  readonly role: string;
  /** What is said: a text, parts, or `null` beside tool calls. */
  readonly content?: unknown;
  /** The tools that the assistant asked for. */
  readonly tool_calls?: readonly unknown[];
  /** Which of these calls a message of a tool answers. */
  readonly tool_call_id?: unknown;
}

/** A tool that the model may ask for. */
export interface SimulatorTool {
  /** Its name. */
  readonly name: string;
  /** What it does. */
  readonly description?: string;
  /** The JSON Schema of its arguments. */
  readonly parameters?: unknown;
}

/** An answer written by hand; see {@linkcode SimulatorOptions.respond}. */
export interface SimulatorAnswer {
  /** The text; `null` for none. */
  content: string | null;
  /** The tools that the model wants to have called. */
  toolCalls?: readonly SimulatorToolCall[];
  /**
   * Why the model stopped.
   *
   * @default "tool_calls" with tool calls, else "stop"
   */
  finishReason?: string;
  /**
   * Token counts to report instead of the estimate.
   *
   * @default One token for each 4 characters
   */
  usage?: { inputTokens?: number; outputTokens?: number };
}

/** One tool call in an answer. */
export interface SimulatorToolCall {
  /**
   * The id of the call.
   *
   * @default A fresh one
   */
  id?: string;
  /** The name of the tool. */
  name: string;
  /** The arguments: an object, or the text to send in its place (also a broken one). */
  arguments: unknown;
}

/**
 * A fault by name:
 *
 * - `rateLimit` (429), `insufficientQuota` (429 that no waiting cures), `error500`, `error400`, …: that status
 * - `reset`: the connection closes before any header (over HTTP/2: the stream is reset)
 * - `resetBody`: the connection closes in the middle of the body
 * - `stallHeaders`: silence for ever, not even headers
 * - `stall`: headers, then silence for ever
 * - `stallKeepAlive`: headers, then keep-alive comments for ever (blank lines in a JSON answer)
 * - `slowHeaders`: the headers take their time
 * - `truncate`: the stream ends cleanly with no `finish_reason` and no `[DONE]`, or without its last event; a JSON body
 *   ends half way
 * - `malformed`: a broken JSON body, or a broken event in a stream
 * - `streamError`: an error object in the middle of a stream, or with status 200 in place of a JSON answer
 * - `emptyChoices`: no choices at all, or no output
 * - `length`, `contentFilter`: the answer breaks off with that `finish_reason`, or is incomplete for that reason
 * - `refusal`: the model refuses
 */
export type SimulatorFaultName =
  | "rateLimit"
  | "insufficientQuota"
  | `error${number}`
  | "reset"
  | "resetBody"
  | "stallHeaders"
  | "stall"
  | "stallKeepAlive"
  | "slowHeaders"
  | "truncate"
  | "malformed"
  | "streamError"
  | "emptyChoices"
  | "length"
  | "contentFilter"
  | "refusal";

/** A fault in detail. */
export interface SimulatorFaultDetails {
  /** Which fault; `status` is any answer with the status beside it. */
  type: SimulatorFaultName | "status";
  /**
   * The HTTP status of a fault of type `status`, from 200 to 599.
   *
   * @default {500}
   */
  status?: number;
  /**
   * Milliseconds to put into `retry-after-ms` and, in seconds rounded up, into `retry-after`; `null` for none.
   *
   * @default 100 with status 429, else null
   */
  retryAfterMs?: number | null;
  /**
   * The body of a fault with a status: a text, or a value to send as JSON.
   *
   * @default OpenAI's error body for that status
   */
  body?: unknown;
  /** Headers to send besides, or `null` to leave one out. */
  headers?: Readonly<Record<string, string | null>>;
  /**
   * How many chunks of the stream come before the fault (`stall`, `stallKeepAlive`, `resetBody`, `truncate`,
   * `malformed`, `streamError`). A JSON answer has 2 chunks, its two halves.
   *
   * @default 0 for the stalls, half of them for the others
   */
  afterChunks?: number;
  /**
   * How many milliseconds `slowHeaders` takes.
   *
   * @default {1_000}
   */
  ms?: number;
  /**
   * Milliseconds between the comments of `stallKeepAlive`.
   *
   * @default {1_000}
   */
  everyMs?: number;
}

/** A fault of a script: `"ok"` for none, a status such as `"429"`, a name, or the details. */
export type SimulatorFault = "ok" | `${number}` | SimulatorFaultName | SimulatorFaultDetails;

/** How often each fault comes: a share of the requests from 0 to 1. Together at most 1. */
export type SimulatorFaultRates = { readonly [name in SimulatorFaultName]?: number };

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
   * Writes the answers. Without it they come from a small lexicon: sentiment, summary and category of a review, values
   * that fit a JSON Schema, and a polite sentence for everything else. A tool is called if the client insists on it, or
   * if the last user message has its name in it; what the tools gave is then told.
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

/** What has happened so far. Counts go up until {@linkcode Simulator.resetStats}. */
export interface SimulatorStats {
  /** Requests received, whatever their answer. */
  requests: number;
  /** Requests without a complete answer at this moment. */
  inFlight: number;
  /** The most that were in flight at once. */
  peakInFlight: number;
  /** The most HTTP/2 streams that were open at once on any one connection; 0 over HTTP/1.1. */
  peakStreams: number;
  /** Connections on which at least one request came. */
  connections: number;
  /** Answers by HTTP status, counted when their headers are sent. */
  byStatus: Record<number, number>;
  /** Injected faults by name: `rateLimit`, `error500`, `reset`, … Answers of the limits do not count here. */
  faults: Record<string, number>;
  /** Requests whose client went away before the answer ended. */
  aborted: number;
  /** Requests in batches that were answered: they do not count in `requests`, which counts what came over the wire. */
  batchRequests: number;
  /** Tokens in the prompts that were answered. */
  inputTokens: number;
  /** Tokens in the answers. */
  outputTokens: number;
}
