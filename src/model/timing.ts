/** The limits that can make a call wait, other than the concurrency. */
export type LimitedBy = "requests" | "tokens" | "pause" | "budget";

/** The parts of the duration of a call, in milliseconds. */
export interface Timing {
  /** Waiting in the queue for a permit, as the `concurrency` was reached. */
  readonly queuedMs: number;
  /** Waiting for a rate limit, configured or of the server, or for a budget. */
  readonly limitedMs: number;
  /**
   * The limit that it waited for longest: requests per minute, tokens per minute, a pause that the
   * server requested, or a budget of which others had reserved the rest. Absent if it waited for
   * none.
   */
  readonly limitedBy?: LimitedBy;
  /** Backing off between attempts. */
  readonly backoffMs: number;
  /** Waiting for the model, over all attempts. */
  readonly modelMs: number;
  /** Running tools, including their waits. Time in which several run at once counts once. */
  readonly toolsMs: number;
  /**
   * From sending the last attempt until the response headers; only if the answer was streamed and
   * the provider reports it.
   */
  readonly connectMs?: number;
  /** From sending the last attempt to its first token; only if the answer was streamed. */
  readonly firstTokenMs?: number;
  /** From the first token of the last attempt to its end; only if the answer was streamed. */
  readonly generationMs?: number;
}
