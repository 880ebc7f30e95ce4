/** The faults of the simulator: by name, in detail, and by probability. */

/**
 * A fault by name:
 *
 * - `rateLimit` (429), `insufficientQuota` (a permanent 429), `error500`, `error400`, …: that
 *   status
 * - `reset`: the connection closes before the headers (over HTTP/2: the stream is reset)
 * - `resetBody`: the connection closes in the middle of the body
 * - `stallHeaders`: nothing is ever sent
 * - `stall`: headers, and then nothing
 * - `stallKeepAlive`: headers, and then only keep-alive comments (blank lines in a JSON answer)
 * - `slowHeaders`: the headers are sent slowly
 * - `truncate`: the stream ends cleanly without `finish_reason` and `[DONE]`, or without its last
 *   event; a JSON body ends in the middle
 * - `malformed`: an invalid JSON body, or an invalid event in a stream
 * - `streamError`: an error object in the middle of a stream, or in place of a JSON answer, with
 *   status 200
 * - `emptyChoices`: an answer without choices, or without output
 * - `length`, `contentFilter`: the answer is cut off with that `finish_reason`, or is incomplete
 *   for that reason
 * - `refusal`: the model refuses to answer
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
  /** The name of the fault; `"status"` answers with `status`. */
  type: SimulatorFaultName | "status";
  /**
   * The HTTP status of a fault of type `status`, from 200 to 599.
   *
   * @default {500}
   */
  status?: number;
  /**
   * Milliseconds, 0 or more, to send as `retry-after-ms` and, in seconds rounded up, as
   * `retry-after`; `null` sends neither.
   *
   * @default `100` with status 429, otherwise `null`
   */
  retryAfterMs?: number | null;
  /**
   * The body of a fault with a status: a text, or a value to send as JSON.
   *
   * @default OpenAI's error body for that status
   */
  body?: unknown;
  /**
   * Headers to add; `null` removes one.
   *
   * @default {{}}
   */
  headers?: Readonly<Record<string, string | null>>;
  /**
   * The number of chunks, 0 or more, that are sent before the fault (`stall`, `stallKeepAlive`,
   * `resetBody`, `truncate`, `malformed`, `streamError`). A JSON answer has 2 chunks, its two
   * halves.
   *
   * @default `0` for stalls, half of the chunks for others
   */
  afterChunks?: number;
  /**
   * How long `slowHeaders` takes, in milliseconds, 0 or more.
   *
   * @default {1_000}
   */
  ms?: number;
  /**
   * Milliseconds above 0 between the comments of `stallKeepAlive`.
   *
   * @default {1_000}
   */
  everyMs?: number;
}

/** An entry of a script: `"ok"` for no fault, a status such as `"429"`, a name, or details. */
export type SimulatorFault = "ok" | `${number}` | SimulatorFaultName | SimulatorFaultDetails;

/** The probability of each fault, from 0 to 1. The sum must be at most 1. */
export type SimulatorFaultRates = { readonly [name in SimulatorFaultName]?: number };
