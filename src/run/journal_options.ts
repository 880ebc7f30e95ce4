import { flag, refuse, type Rules, text } from "../model/check_options.ts";
import {
  type Journal,
  journal,
  type JournalDetail,
  journalDetail,
  type JournalOnly,
  journalOnly,
} from "../model/journal.ts";

/** How a run is recorded, so that it can go on where it ended: see `@shoal/agents/journal`. */
export interface JournalRunOptions {
  /**
   * Remembers each item before its result is handed on, and gives it back when the run is started
   * again.
   */
  readonly journal?: Journal;
  /**
   * The name of the run in the journal: the same one goes on, another one begins. Needed with a
   * `journal`.
   */
  readonly runId?: string;
  /**
   * Works again on items that are recorded as failed, instead of giving their failures back.
   *
   * @default {false}, but `true` where a failure stops the run (`throwOnError`, or `each` without
   * `settle`)
   */
  readonly retryFailed?: boolean;
  /**
   * How much of each item is recorded.
   *
   * @default What the journal was opened with: `"output"`
   */
  readonly store?: JournalDetail;
  /**
   * Stands for what the journal cannot see, such as code that a `run` or a prompt function calls:
   * under another version everything is worked on again.
   */
  readonly version?: string;
}

/** Options of a run that works on some items only. */
export interface OnlyOptions<Only extends JournalOnly | undefined = JournalOnly | undefined> {
  /**
   * Works on those items of the journal's run that failed, or on those that are not finished. The
   * others are skipped: they have no result, and their places in a list of results are `undefined`.
   *
   * @default All items
   */
  readonly only?: Only;
}

/** The rules for {@linkcode JournalRunOptions}. */
export const JOURNAL_RUN_RULES: Rules = {
  journal,
  runId: text,
  retryFailed: flag,
  only: journalOnly,
  store: journalDetail,
  version: text,
};

/**
 * Refuses what says something of a journal where there is none, and a journal without a name for
 * the run.
 */
export function checkJournal(
  doing: string,
  options: JournalRunOptions & OnlyOptions,
): void {
  const { journal, runId } = options;
  if (journal !== undefined) {
    if (runId === undefined) refuse(doing, "runId", "a text where there is a journal", runId);
    return;
  }
  for (const name of Object.keys(JOURNAL_RUN_RULES) as (keyof typeof options)[]) {
    if (options[name] !== undefined) refuse(doing, "journal", `there for ${name}`, journal);
  }
}
