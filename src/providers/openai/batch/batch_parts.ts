/** The types and constants that batch files share. */

/** The endpoint of the requests in a batch. */
export const ENDPOINT = "/v1/chat/completions";

/** A change of the status of a batch. */
export interface BatchChange {
  /** The server's id of the batch. */
  readonly batch: string;
  /** The server's name of the status. */
  readonly status: string;
  /** The number of requests in the batch. */
  readonly requests: number;
  /**
   * Set if the server rejected the batch for a limit, whose code is then its `status`: the batch is
   * created again after this many milliseconds.
   */
  readonly againInMs?: number;
}

/** Stores which requests are in which batch: one string per batch. */
export interface BatchFileStore {
  /** Returns the latest string of each name. */
  load(): Promise<readonly string[]>;
  /** Stores a string under a name and replaces the previous one. It must survive a crash. */
  save(name: string, text: string): Promise<void>;
}

/** Options of batch files. */
export interface BatchFilesOptions {
  readonly size: number;
  readonly maxBytes: number;
  readonly fill: number;
  readonly poll: number;
  readonly store: BatchFileStore | undefined;
  readonly onChange: ((change: BatchChange) => void) | undefined;
  /**
   * Converts what the SDK threw, without API keys in the message, and without what the lines of the
   * file say.
   */
  readonly toError: (thrown: unknown, lines: readonly string[]) => unknown;
}

/** A line of an output file or error file. */
export interface BatchResponse {
  readonly custom_id: string;
  // deno-lint-ignore no-explicit-any -- untrusted input, checked by the reader
  readonly response?: { readonly status_code: number; readonly body: any } | null;
  readonly error?: { readonly code?: string } | null;
}

/**
 * A batch. `file`, `batch` and `ids` are stored. Once it has ended, only requests with a good
 * response are stored: the others are sent again by the next process.
 */
export interface BatchRecord {
  /** The server's id of the input file. */
  readonly file: string;
  /** The server's id of the batch, once it has been created. */
  batch?: string;
  /** The ids of the requests. */
  ids: readonly string[];
  /** Set while the status of the batch is polled. */
  polling?: Promise<void>;
  /** The responses that have not been consumed. Absent until the batch has ended. */
  responses?: Map<string, BatchResponse>;
  /** Why the batch has no responses. */
  failure?: unknown;
}
