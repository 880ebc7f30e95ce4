/** The faults that can be ordered from the simulator: by name, in detail, by chance. */

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
