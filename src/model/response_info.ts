/** What a server sent with an answer. */
export interface ResponseInfo {
  /** The server's id of the answer. */
  readonly id?: string;
  /** The model that answered, by the server's name. */
  readonly model?: string;
  /** The id of the request in the response headers. Servers ask for it in bug reports. */
  readonly requestId?: string;
  /**
   * The raw answer, with all fields that the provider does not read, such as `logprobs` and
   * citations: JSON, or the list of events if it was streamed.
   */
  readonly raw?: unknown;
}

/**
 * A request that a server rejected as it does not support a field that the provider had added. The
 * provider then sent it without the field.
 */
export interface RejectedRequest {
  /** When it was sent, in milliseconds since 1970. */
  readonly startedAt: number;
  /** How long it took, in milliseconds. */
  readonly durationMs: number;
  /** The HTTP status. */
  readonly status: number;
  /** Why the server rejected it. */
  readonly message: string;
}
