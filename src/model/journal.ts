import { callback, isRecord, oneOf, refuse, type Rule } from "./check_options.ts";
import type { ErrorCode } from "./errors.ts";
import type { Result } from "./result.ts";
import type { Spent } from "./spent.ts";
import type { Cost, Usage } from "./usage.ts";

/** How much of an item is stored: neither input nor output, the output, or both. */
export type JournalDetail = "none" | "output" | "all";

/** Which items of a run to process: those that failed, or those that have not finished. */
export type JournalOnly = "failed" | "missing";

/** Options of {@linkcode Journal.open}. */
export interface JournalOpenOptions {
  /**
   * Whether to process items again that have failed.
   *
   * @default {false}
   */
  readonly retryFailed?: boolean;
  /** Processes only these items, and skips the others. */
  readonly only?: JournalOnly;
  /**
   * How much of each item is stored.
   *
   * @default The journal's own `store` option
   */
  readonly store?: JournalDetail;
}

/** An item of a run. */
export interface JournalItem {
  /** The item's id: 32 hexadecimal digits, the same for every identical request. */
  readonly id: string;
  /** The item's index in the input, from 0. */
  readonly index: number;
  /** The agent's name. */
  readonly agent: string;
  /** The caller's name for the item. */
  readonly key?: string;
  /** The item's parameters. */
  readonly params?: unknown;
}

/** What to do with an item: use its stored result, process it (`"missing"`), or skip it. */
export type JournalDecision = Result | "missing" | "skip";

/**
 * A part of an item: a round of a call with tools, a step of a pipeline or router, or a branch of a
 * parallel workflow.
 */
export type JournalCheckpointKind = "round" | "step" | "branch";

/** A finished part of an item that has not finished itself. */
export interface JournalCheckpoint {
  /** The kind of the part. */
  readonly kind: JournalCheckpointKind;
  /**
   * The call that the part belongs to, or is: 32 hexadecimal digits. They depend on its agent, its
   * parameters and its place in the item.
   */
  readonly call: string;
  /** The index of a round in its call, from 0; otherwise 0. */
  readonly index: number;
  /**
   * The result of a step or branch. For a round, what it added to the call; its content is the new
   * messages.
   */
  readonly result: Result;
}

/** A run that is open for writing. Only one session per run can be open at a time. */
export interface JournalSession {
  /**
   * Decides what to do with an item. If it is to be processed, its start is recorded before the
   * promise resolves. Further items with the same id count as items of their own.
   *
   * @param more.record Whether to record the start. `true` by default.
   */
  begin(item: JournalItem, more?: { readonly record?: boolean }): Promise<JournalDecision>;
  /**
   * Records the result of an item, which must be the same object that was passed to `begin`.
   * Resolves when the result is recorded.
   *
   * @param more.counted The part of the result's usage and cost that the totals of the run have
   * counted already, with checkpoints.
   */
  finish(
    item: JournalItem,
    result: Result,
    more?: { readonly counted?: Spent },
  ): Promise<void>;
  /** Records that an item was interrupted, and its usage. It is processed again the next time. */
  interrupt(
    item: JournalItem,
    result: Result,
    more?: { readonly counted?: Spent },
  ): Promise<void>;
  /**
   * Returns the checkpoints that earlier starts of a started item have recorded. Absent if the
   * journal keeps none, such as one that stores no output.
   *
   * @param owner The id under which the checkpoints are kept. Unlike the id of the item, it stays
   * the same if the definition of its agent changes.
   */
  checkpoints?(item: JournalItem, owner: string): Promise<readonly JournalCheckpoint[]>;
  /**
   * Records a checkpoint of a started item, in place of one with the same kind, call and index.
   * Resolves when it is recorded. When the item has succeeded, its rounds are deleted; steps and
   * branches are kept.
   *
   * @param spent The usage and cost that no other checkpoint of the item includes. It counts in
   * the totals of the run at once, as the process may be killed.
   */
  checkpoint?(
    item: JournalItem,
    owner: string,
    checkpoint: JournalCheckpoint,
    spent: Spent,
  ): Promise<void>;
  /** Unlocks the run once everything has been recorded. */
  close(): Promise<void>;
}

/** The status of an item: started, and perhaps billed; or finished, with success or not. */
export type JournalStatus = "started" | "ok" | "failed";

/** All that a journal holds of an item. */
export interface JournalRecord extends Omit<JournalItem, "id"> {
  /** The item's status. */
  readonly status: JournalStatus;
  /** The item's result. Absent if it has not finished. */
  readonly result?: Result;
  /** When the item was last started, in milliseconds since 1970. */
  readonly startedAt: number;
  /** How often the item was started. */
  readonly starts: number;
}

/** The totals of a run. */
export interface JournalSummary {
  /** The run's name. */
  readonly runId: string;
  /** The number of items. */
  readonly total: number;
  /** The number of items that succeeded. */
  readonly ok: number;
  /** The number of items that failed. */
  readonly failed: number;
  /** The number of items that were started and not finished. Their usage may have been billed. */
  readonly started: number;
  /** The total usage, including items that were interrupted and earlier failures. */
  readonly usage: Usage;
  /** The known cost, in US dollars. Absent if no price is known. */
  readonly cost?: Cost;
  /** The number of results whose cost is unknown, and so is not included in `cost`. */
  readonly unpriced: number;
  /** The number of failed items by error code. */
  readonly byError: Readonly<Partial<Record<ErrorCode, number>>>;
  /** When the run was created, in milliseconds since 1970. */
  readonly createdAt: number;
  /** When the run was last written to, in milliseconds since 1970. */
  readonly updatedAt: number;
}

/** Selects the runs that {@linkcode Journal.prune} deletes: those that match all options. */
export interface JournalPruneOptions {
  /**
   * The name of the run.
   *
   * @default Any run
   */
  readonly runId?: string;
  /**
   * The minimum time since the run was last written to, in milliseconds, 0 or more.
   *
   * @default Any time
   */
  readonly olderThan?: number;
}

/**
 * Records the results of runs, so that no item is paid for twice. The implementations are in
 * `@shoal/agents/journal`.
 */
export interface Journal extends AsyncDisposable {
  /**
   * Opens a run for writing, and creates it if it does not exist.
   *
   * @throws {JournalError} If the run is open already, or the journal cannot be read or written.
   */
  open(runId: string, options?: JournalOpenOptions): Promise<JournalSession>;
  /** Returns all runs, in the order of their creation. */
  runs(): Promise<readonly JournalSummary[]>;
  /**
   * Yields the items of a run, in any order: those with the given status, or by default all that
   * have finished.
   */
  results(
    runId: string,
    options?: { readonly status?: JournalStatus },
  ): AsyncIterableIterator<JournalRecord>;
  /** Returns the totals of a run, or `undefined` if it does not exist. */
  summary(runId: string): Promise<JournalSummary | undefined>;
  /**
   * Deletes runs and all their data.
   *
   * @returns The number of deleted runs.
   * @throws {TypeError} If no option is set.
   * @throws {JournalError} If one of the runs is open.
   */
  prune(options: JournalPruneOptions): Promise<number>;
  /** Closes the journal. Runs that are still open can record nothing more. */
  close(): Promise<void>;
}

/** The rule for an option `journal`. */
export const journal: Rule = (doing, name, value) => {
  if (!isRecord(value)) refuse(doing, name, "a journal", value);
  callback(doing, `${name}.open`, value.open);
};

/** The rule for an option `store` of a journal. */
export const journalDetail: Rule = oneOf("none", "output", "all");

/** The rule for an option `only`. */
export const journalOnly: Rule = oneOf("failed", "missing");
