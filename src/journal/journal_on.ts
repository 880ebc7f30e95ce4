import {
  checkOptions,
  flag,
  milliseconds,
  oneOf,
  refuse,
  type RulesFor,
  text,
} from "../model/check_options.ts";
import {
  type Journal,
  type JournalDetail,
  journalDetail,
  journalOnly,
  type JournalOpenOptions,
  type JournalPruneOptions,
  type JournalRecord,
  type JournalSession,
  type JournalStatus,
  type JournalSummary,
} from "../model/journal.ts";
import { readRecord } from "./item_json.ts";
import { Session } from "./session.ts";
import type { JournalStore } from "./store.ts";
import { readSummary } from "./run_totals.ts";

/** Options of every journal. */
export interface JournalOptions {
  /**
   * How much of each item is stored. `"none"`: its identity, status and usage, so that replayed
   * results have no content, and an interrupted item begins with its first round or step.
   * `"output"`: also its output, with the answers and the results of tools while it runs. `"all"`:
   * also its parameters. API keys are never stored.
   *
   * @default {"output"}
   */
  readonly store?: JournalDetail;
}

/** The rules for {@linkcode JournalOptions}. */
export const JOURNAL_RULES: RulesFor<JournalOptions> = { store: journalDetail };

const OPEN_RULES: RulesFor<JournalOpenOptions> = {
  retryFailed: flag,
  only: journalOnly,
  store: journalDetail,
};
const RESULTS_RULES: RulesFor<{ readonly status?: JournalStatus }> = {
  status: oneOf("started", "ok", "failed"),
};
const PRUNE_RULES: RulesFor<JournalPruneOptions> = { runId: text, olderThan: milliseconds };

/**
 * Creates a journal on a store of your own.
 *
 * @throws {TypeError} If an option is invalid.
 *
 * @example
 * ```ts
 * import { journalOn, type JournalStore, memoryStore } from "@shoal/agents/journal";
 *
 * const store: JournalStore = memoryStore(); // or one that writes to your database
 * await using journal = journalOn(store, { store: "all" });
 * console.log(await journal.runs()); // []
 * ```
 */
export function journalOn(store: JournalStore, options: JournalOptions = {}): Journal {
  checkOptions("open a journal", options, JOURNAL_RULES);
  const { store: detail = "output" } = options;
  const close = () => store.close();
  return {
    async open(runId: string, options: JournalOpenOptions = {}): Promise<JournalSession> {
      const doing = "open a run of the journal";
      text(doing, "runId", runId);
      checkOptions(doing, options, OPEN_RULES);
      const state = await store.claim(runId);
      return new Session(store, runId, { ...options, store: options.store ?? detail }, state);
    },
    async runs(): Promise<readonly JournalSummary[]> {
      const runs = await store.runs();
      return runs.map(({ runId, state }) => readSummary(runId, state))
        .sort((a, b) => a.createdAt - b.createdAt);
    },
    async *results(runId, options = {}): AsyncGenerator<JournalRecord> {
      checkOptions("read the results of a journal", options, RESULTS_RULES);
      for await (const item of store.items(runId)) {
        const record = readRecord(item);
        const matches = options.status === undefined
          ? record.status !== "started"
          : record.status === options.status;
        if (matches) yield record;
      }
    },
    async summary(runId): Promise<JournalSummary | undefined> {
      const state = await store.state(runId);
      return state === undefined ? undefined : readSummary(runId, state);
    },
    prune: (options) => prune(store, options),
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function prune(store: JournalStore, options: JournalPruneOptions): Promise<number> {
  const doing = "prune the journal";
  checkOptions(doing, options, PRUNE_RULES);
  const { runId, olderThan } = options ?? {};
  if (runId === undefined && olderThan === undefined) {
    refuse(doing, "its options", "an object with `runId` or `olderThan`", options);
  }
  const matching = (await store.runs()).filter((run) => {
    if (runId !== undefined && run.runId !== runId) return false;
    const { updatedAt } = readSummary(run.runId, run.state);
    return olderThan === undefined || Date.now() - updatedAt >= olderThan;
  });
  const claimed: string[] = [];
  try {
    for (const { runId } of matching) {
      await store.claim(runId);
      claimed.push(runId);
    }
    for (const runId of claimed) await store.remove(runId);
  } finally {
    for (const runId of claimed) await store.release(runId);
  }
  return matching.length;
}
