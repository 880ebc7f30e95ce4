/** What is kept of an item. The texts are JSON that the store need not understand. */
export interface StoredItem {
  /** Who it is: 32 hexadecimal digits. */
  readonly id: string;
  /** How often it was begun. */
  readonly starts: number;
  /** What is known of it since it was begun. */
  readonly started: string;
  /** What goes in, if that is kept. */
  readonly params?: string;
  /** How it ended; absent if it has not. */
  readonly ended?: string;
}

/** What is to be written to a run, all of it or nothing. No id stands in it twice. */
export interface StoreChanges {
  /** Items that begin. What is kept of how they ended before stays. */
  readonly started: readonly Omit<StoredItem, "ended">[];
  /** Items that have ended, each of which was begun before. The new end takes the place of the one before. */
  readonly ended: readonly { readonly id: string; readonly ended: string }[];
  /** Items to be forgotten. */
  readonly removed: readonly string[];
  /** How far the whole run is: JSON. */
  readonly state: string;
}

/** A run, as it is kept. */
export interface StoredRun {
  /** Its name. */
  readonly runId: string;
  /** How far it is: JSON. */
  readonly state: string;
}

/**
 * Where a journal keeps its records: the port between {@linkcode journalOn} and a memory, a file, a database.
 *
 * What `write` has been given must be there after the process was killed, as soon as it has returned or resolved. Everything may
 * throw a {@linkcode JournalError}; what else is thrown is wrapped into one.
 */
export interface JournalStore {
  /**
   * How many items are written at once, at most.
   *
   * @default {500}
   */
  readonly groupSize?: number;
  /**
   * Takes the run for writing, and gives how far it is; `undefined` if it is a new one. A process that was killed must not keep it.
   *
   * @throws {JournalError} With the code `locked` if it is taken.
   */
  claim(runId: string): Promise<string | undefined>;
  /** Gives the run free. */
  release(runId: string): Promise<void>;
  /**
   * What was kept of items of a run when it was claimed, in the order of their ids. Each is asked for once, before it is written: what is
   * written from then on need not be found.
   */
  find(
    runId: string,
    ids: readonly string[],
  ): readonly (StoredItem | undefined)[] | Promise<readonly (StoredItem | undefined)[]>;
  /** Writes to a run that was claimed. One call at a time. */
  write(runId: string, changes: StoreChanges): void | Promise<void>;
  /** How far a run is; `undefined` if there is none. */
  state(runId: string): Promise<string | undefined>;
  /** All runs. */
  runs(): Promise<readonly StoredRun[]>;
  /** The items of a run, in any order. */
  items(runId: string): AsyncIterable<StoredItem>;
  /** Deletes a run that was claimed, and everything that is kept of it. It stays claimed. */
  remove(runId: string): Promise<void>;
  /** Lets go of everything, also of runs that are claimed. */
  close(): Promise<void>;
}
