import { callback, isRecord, oneOf, refuse, type Rule } from "./check_options.ts";
import type { ErrorCode } from "./errors.ts";
import type { Result } from "./result.ts";
import type { Cost, Usage } from "./usage.ts";

/** How much of an item is kept: nothing that it says, what came out of it, or also what went in. */
export type JournalDetail = "none" | "output" | "all";

/** Which items of a run are worked on: those that failed, or those that have not been finished. */
export type JournalOnly = "failed" | "missing";

/** How a run is opened in a {@linkcode Journal}. */
export interface JournalOpenOptions {
  /**
   * Are items worked on again that have failed?
   *
   * @default {false}
   */
  readonly retryFailed?: boolean;
  /** Works on these items only, and passes over the others. */
  readonly only?: JournalOnly;
  /**
   * How much of each item is kept.
   *
   * @default What the journal was opened with
   */
  readonly store?: JournalDetail;
}

/** An item of a run, as a journal knows it. */
export interface JournalItem {
  /** Who it is: 32 hexadecimal digits, the same whenever the same is asked. */
  readonly id: string;
  /** Its place in the input, from 0. */
  readonly index: number;
  /** The agent's name. */
  readonly agent: string;
  /** What the caller calls it. */
  readonly key?: string;
  /** What goes in. */
  readonly params?: unknown;
}

/** What a journal knows of an item: how it ended, that it is to be worked on, or that it is to be passed over. */
export type JournalDecision = Result | "missing" | "skip";

/** A run that is open in a {@linkcode Journal}: only one at a time may write to it. */
export interface JournalSession {
  /**
   * What is known of the item. If it is to be worked on, that it begins is recorded before this resolves. Of items with the same id, the
   * second one is an item of its own, and so on.
   *
   * @param more.record Is it to be recorded that it begins?
   */
  begin(item: JournalItem, more?: { readonly record?: boolean }): Promise<JournalDecision>;
  /** Records how the item ended; it was begun with this very object. Resolves when it is recorded. */
  finish(item: JournalItem, result: Result): Promise<void>;
  /** Records that the item did not come to its end, and what it used: it is worked on again the next time. */
  interrupt(item: JournalItem, result: Result): Promise<void>;
  /** Lets others write to the run, when everything is recorded. */
  close(): Promise<void>;
}

/** How far an item is: begun, and perhaps billed; or finished, well or not. */
export type JournalStatus = "started" | "ok" | "failed";

/** What a journal holds of an item. */
export interface JournalRecord extends Omit<JournalItem, "id"> {
  /** How far it is. */
  readonly status: JournalStatus;
  /** How it ended, as it was then; absent if it has not. */
  readonly result?: Result;
  /** When it was begun last, in milliseconds since 1970. */
  readonly startedAt: number;
  /** How often it was begun. */
  readonly starts: number;
}

/** What a journal holds of a run, in numbers. */
export interface JournalSummary {
  /** The run's name. */
  readonly runId: string;
  /** How many items there are. */
  readonly total: number;
  /** How many succeeded. */
  readonly ok: number;
  /** How many failed. */
  readonly failed: number;
  /** How many were begun and not finished: what they used may have been billed all the same. */
  readonly started: number;
  /** What was used, by items that were interrupted or have failed before, too. */
  readonly usage: Usage;
  /** What is known of the cost, in US dollars; absent if no price is known. */
  readonly cost?: Cost;
  /** How many results have no known cost, and so are missing in `cost`. */
  readonly unpriced: number;
  /** How many failed, by the code of their error. */
  readonly byError: Readonly<Partial<Record<ErrorCode, number>>>;
  /** When the run began, in milliseconds since 1970. */
  readonly createdAt: number;
  /** When something was recorded last, in milliseconds since 1970. */
  readonly updatedAt: number;
}

/** Which runs {@linkcode Journal.prune} deletes: those that fulfil everything that is said. */
export interface JournalPruneOptions {
  /** The one with this name. */
  readonly runId?: string;
  /** Those to which nothing was recorded for so many milliseconds. */
  readonly olderThan?: number;
}

/**
 * Remembers what was finished, so that nothing is paid for twice: the port between runs and a memory, a file, a database.
 *
 * Drivers are in `@shoal/agents/journal`.
 */
export interface Journal extends AsyncDisposable {
  /**
   * Opens a run for writing; one that is not there yet begins.
   *
   * @throws {JournalError} If another one is writing to it, or the journal cannot be read or written.
   */
  open(runId: string, options?: JournalOpenOptions): Promise<JournalSession>;
  /** All runs, in the order in which they began. */
  runs(): Promise<readonly JournalSummary[]>;
  /** What is held of the items of a run, in no particular order: all that have ended, or those that are so far. */
  results(
    runId: string,
    options?: { readonly status?: JournalStatus },
  ): AsyncIterableIterator<JournalRecord>;
  /** A run in numbers; `undefined` if there is none with this name. */
  summary(runId: string): Promise<JournalSummary | undefined>;
  /**
   * Deletes runs, with everything that is held of them.
   *
   * @returns How many.
   * @throws {TypeError} If it is not said which.
   * @throws {JournalError} If one of them is being written to.
   */
  prune(options: JournalPruneOptions): Promise<number>;
  /** Lets go of what it was opened on. Runs that are still open cannot record any more. */
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
