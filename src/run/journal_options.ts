import { flag, refuse, type RulesFor, text } from "../model/check_options.ts";
import {
  type Journal,
  journal,
  type JournalDetail,
  journalDetail,
  type JournalOnly,
  journalOnly,
} from "../model/journal.ts";

/** How a run is recorded, so that it can be resumed: see `@shoal/agents/journal`. */
export interface JournalRunOptions {
  /**
   * Records the result of each item before it is returned, and replays it when the run is resumed.
   *
   * @default None: nothing is recorded
   */
  readonly journal?: Journal;
  /**
   * The name of the run in the journal. A known name resumes that run, a new name starts one.
   * Required with a `journal`.
   */
  readonly runId?: string;
  /**
   * Whether to process items again that are recorded as failed, instead of replaying their
   * failures.
   *
   * @default {false}, or `true` where a failure stops the run: with `throwOnError`, and in `each`
   * without `settle`
   */
  readonly retryFailed?: boolean;
  /**
   * How much of each item is recorded.
   *
   * @default The `store` option of the journal, which is `"output"` by default
   */
  readonly store?: JournalDetail;
  /**
   * The version of what the journal cannot see, such as code that a `run` or a prompt function
   * calls. With a new version, all items are processed again.
   *
   * @default None
   */
  readonly version?: string;
}

/** Options of a run that processes only some items. */
export interface OnlyOptions<Only extends JournalOnly | undefined = JournalOnly | undefined> {
  /**
   * Processes only the items that failed, or only those that are not finished, according to the
   * journal. The others are skipped: they have no result, and their places in a list of results
   * are `undefined`.
   *
   * @default All items
   */
  readonly only?: Only;
}

/** The rules for {@linkcode JournalRunOptions} and {@linkcode OnlyOptions}. */
export const JOURNAL_RUN_RULES: RulesFor<JournalRunOptions & OnlyOptions> = {
  journal,
  runId: text,
  retryFailed: flag,
  only: journalOnly,
  store: journalDetail,
  version: text,
};

/**
 * Checks that a `journal` comes with a `runId`, and that no other journal option is set without
 * one.
 *
 * @throws {TypeError} If one of them is missing.
 */
export function checkJournal(
  doing: string,
  options: JournalRunOptions & OnlyOptions,
): void {
  const { journal, runId } = options;
  if (journal !== undefined) {
    if (runId === undefined) refuse(doing, "runId", "a text if journal is set", runId);
    return;
  }
  for (const name of Object.keys(JOURNAL_RUN_RULES) as (keyof typeof options)[]) {
    if (options[name] !== undefined) refuse(doing, "journal", `set if ${name} is set`, journal);
  }
}
