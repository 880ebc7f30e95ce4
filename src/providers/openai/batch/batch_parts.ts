/** What batch files are made of. */
/** Where the requests of a batch go. */
export const ENDPOINT = "/v1/chat/completions";

/** Something that happened to a batch. */
export interface BatchChange {
  /** The server's name for it. */
  readonly batch: string;
  /** How far it is, in the server's words. */
  readonly status: string;
  /** How many requests are in it. */
  readonly requests: number;
}

/** Remembers batches: a text for each. */
export interface BatchStore {
  /** All texts that were saved last. */
  load(): Promise<readonly string[]>;
  /** Saves a text under a name, in the place of the one before. It must be there after a crash. */
  save(name: string, text: string): Promise<void>;
}

/** How batch files are made. */
export interface BatchFilesOptions {
  readonly size: number;
  readonly fill: number;
  readonly poll: number;
  readonly store: BatchStore | undefined;
  readonly onChange: ((change: BatchChange) => void) | undefined;
  /** The error in our words, without a key. */
  readonly errorOf: (thrown: unknown) => unknown;
}

/** A line of a file of answers. */
export interface BatchAnswer {
  readonly custom_id: string;
  // deno-lint-ignore no-explicit-any -- it came from outside, and is looked at before it is believed
  readonly response?: { readonly status_code: number; readonly body: any } | null;
  readonly error?: { readonly code?: string } | null;
}

/** A batch, as it is remembered. */
export interface Kept {
  /** The file with its requests. */
  readonly file: string;
  /** Its name at the server, as soon as it has one. */
  batch?: string;
  /** Who is in it. */
  readonly ids: readonly string[];
  /** Is somebody asking the server about it? */
  following?: Promise<void>;
  /** Answers that nobody has asked for yet; absent until it has ended. */
  answers?: Map<string, BatchAnswer>;
  /** Why it has none. */
  failed?: unknown;
}
