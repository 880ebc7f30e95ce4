/** The format of a recording: one exchange per line of a JSONL file. */

/**
 * The bytes of a body, in the most readable form that decodes to the same bytes: JSON, text or
 * Base64.
 */
export type RecordedBytes =
  | {
    /** The JSON value whose shortest text the bytes are. */
    readonly json: unknown;
  }
  | {
    /** The UTF-8 text. */
    readonly text: string;
  }
  | {
    /** The bytes in Base64: a chunk may begin or end within a character. */
    readonly base64: string;
  };

/** A chunk of an answer's body. */
export type RecordedChunk = RecordedBytes & {
  /** The time since the chunk before, or since the headers, in milliseconds. */
  readonly ms: number;
};

/** A recorded request. */
export interface RecordedRequest {
  /** The method, such as `POST`. */
  readonly method: string;
  /** The path below the base URL of the server, with the query: `/chat/completions`. */
  readonly path: string;
  /** The headers. The value of each that may hold a secret is `***`. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body, if there is one. */
  readonly body?: RecordedBytes;
}

/** A recorded answer. */
export interface RecordedResponse {
  /** The HTTP status. */
  readonly status: number;
  /** The headers. The value of each that may hold a secret is `***`. */
  readonly headers: Readonly<Record<string, string>>;
  /** The time from the request to the headers, in milliseconds. */
  readonly ms: number;
  /** The body, in the chunks in which it arrived, after decompression. */
  readonly chunks: readonly RecordedChunk[];
}

/** One request and its answer. */
export interface Recording {
  /** The version of the format. */
  readonly version: 1;
  /** The position of the request among all that were sent, from 0. */
  readonly index: number;
  /** When the request was sent, in ISO 8601. */
  readonly sentAt: string;
  /** The base URL of the server. */
  readonly server: string;
  /** The request. */
  readonly request: RecordedRequest;
  /** The answer. Absent if there was none. */
  readonly response?: RecordedResponse;
  /** Why there is no answer, or why it is incomplete: the connection failed. */
  readonly error?: string;
  /** Whether the client aborted the request before the answer was complete. */
  readonly aborted?: true;
}
