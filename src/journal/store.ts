import type { JournalCheckpointKind } from "../model/journal.ts";

/** An item, as it is stored. The strings are JSON, which the store need not parse. */
export interface StoredItem {
  /** The item's id: 32 hexadecimal digits. */
  readonly id: string;
  /** How often the item was started. */
  readonly starts: number;
  /** What is known of the item since it was started. */
  readonly started: string;
  /** The item's parameters, if they are stored. */
  readonly params?: string;
  /** The item's result. Absent if it has not finished. */
  readonly ended?: string;
}

/** A checkpoint, as it is stored. */
export interface StoredCheckpoint {
  /** The owner: 32 hexadecimal digits. */
  readonly owner: string;
  /** The kind of the checkpoint. */
  readonly kind: JournalCheckpointKind;
  /** The name, which is unique for the owner: up to 64 letters, digits and `/`. */
  readonly name: string;
  /** The content of the checkpoint, as JSON. */
  readonly value: string;
}

/** The changes to write to a run, atomically. No id occurs twice. */
export interface StoreChanges {
  /** Items that start. Earlier results of them are kept. */
  readonly started: readonly Omit<StoredItem, "ended">[];
  /**
   * Items that have finished, each of which was started before. The new result replaces the old
   * one.
   */
  readonly ended: readonly { readonly id: string; readonly ended: string }[];
  /** Ids of items to remove. */
  readonly removed: readonly string[];
  /** Checkpoints. Each replaces one with the same owner and name. */
  readonly checkpoints: readonly StoredCheckpoint[];
  /**
   * Owners of checkpoints whose items have ended: no more checkpoints of them are written. With
   * `dropRounds`, their checkpoints of the kind `"round"` are to be deleted, after those of this
   * write were written.
   */
  readonly endedOwners: readonly { readonly owner: string; readonly dropRounds: boolean }[];
  /** The totals of the run, as JSON. */
  readonly state: string;
}

/** A run, as it is stored. */
export interface StoredRun {
  /** The run's name. */
  readonly runId: string;
  /** The totals of the run, as JSON. */
  readonly state: string;
}

/**
 * The storage of a journal: the port between {@linkcode journalOn} and a memory, a file or a
 * database.
 *
 * What was passed to `write` must survive a crash of the process as soon as `write` has returned or
 * resolved. Every method may throw a {@linkcode JournalError}; other errors are wrapped into one.
 */
export interface JournalStore {
  /**
   * The maximum number of operations per write.
   *
   * @default {500}
   */
  readonly groupSize?: number;
  /**
   * Locks a run for writing, and returns its totals, or `undefined` if the run is new. The lock
   * must not outlive a process that was killed.
   *
   * @throws {JournalError} With the code `locked` if the run is locked already.
   */
  claim(runId: string): Promise<string | undefined>;
  /** Unlocks a run. */
  release(runId: string): Promise<void>;
  /**
   * Finds items of a run by their ids, in the order of the ids, as they were when the run was
   * claimed. Each item is looked up once, before it is written: items written since then need not
   * be found.
   */
  find(
    runId: string,
    ids: readonly string[],
  ): readonly (StoredItem | undefined)[] | Promise<readonly (StoredItem | undefined)[]>;
  /** Writes to a run that was claimed. Writes do not overlap. */
  write(runId: string, changes: StoreChanges): void | Promise<void>;
  /**
   * Finds the checkpoints of an owner, in any order, as they were when the run was claimed. Each
   * owner is looked up once, before its checkpoints are written. Without this method, the journal
   * keeps no checkpoints.
   */
  findCheckpoints?(
    runId: string,
    owner: string,
  ): readonly StoredCheckpoint[] | Promise<readonly StoredCheckpoint[]>;
  /** Returns the totals of a run, or `undefined` if it does not exist. */
  state(runId: string): Promise<string | undefined>;
  /** Returns all runs. */
  runs(): Promise<readonly StoredRun[]>;
  /** Returns the items of a run, in any order. */
  items(runId: string): AsyncIterable<StoredItem>;
  /** Deletes all data of a run that was claimed. The run stays claimed. */
  remove(runId: string): Promise<void>;
  /** Releases all resources and all claimed runs. */
  close(): Promise<void>;
}
