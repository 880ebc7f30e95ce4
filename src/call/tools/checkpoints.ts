/** The checkpoints of a journalled item, as the calls inside it use them. */
import type { JournalCheckpointKind } from "../../model/journal.ts";
import type { Result } from "../../model/result.ts";

/** A place in an item in which calls are made: the item itself, or one of its parts. */
export interface CheckpointScope {
  /**
   * Opens the checkpoints of a call that is made here.
   *
   * @param call.place The place of the call: its position in a workflow, or the name of its agent.
   * @param call.hash Identifies the call. If it is `undefined`, nothing is recorded.
   * @throws {JournalError} If the journal cannot be read.
   */
  open(call: CheckpointCall): Promise<CallCheckpoints | undefined>;
}

/** A call whose checkpoints are opened. */
export interface CheckpointCall {
  readonly kind: JournalCheckpointKind;
  readonly place: string;
  readonly hash: string | undefined;
}

/** The checkpoints of one call. */
export interface CallCheckpoints {
  /** What an earlier start of the item has recorded, in order. */
  readonly recorded: readonly Result[];
  /** Returns the scope of the calls inside the part with this index, from 0. */
  scope(index: number): CheckpointScope;
  /**
   * Records the next part. Resolves when it is recorded.
   *
   * @throws {JournalError} If the journal cannot be written.
   */
  record(result: Result): Promise<void>;
}
