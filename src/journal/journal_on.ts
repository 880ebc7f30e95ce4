import { checkOptions, flag, milliseconds, oneOf, refuse, text } from "../model/check_options.ts";
import {
  type Journal,
  type JournalDetail,
  journalDetail,
  journalOnly,
  type JournalOpenOptions,
  type JournalPruneOptions,
  type JournalRecord,
  type JournalSession,
  type JournalSummary,
} from "../model/journal.ts";
import { readRecord } from "./item_json.ts";
import { Session } from "./session.ts";
import type { JournalStore } from "./store.ts";
import { readSummary } from "./run_totals.ts";

/** What every journal may be told. */
export interface JournalOptions {
  /**
   * How much of each item is kept: `"none"` only who it is, how it ended and what it used, so that what is replayed has no content;
   * `"output"` also what came out of it; `"all"` also its parameters. Keys of an API are never kept.
   *
   * @default {"output"}
   */
  readonly store?: JournalDetail;
}

/** The rules for {@linkcode JournalOptions}. */
export const JOURNAL_RULES = { store: journalDetail };

/**
 * A journal that keeps its records in a store of one's own.
 *
 * @throws {TypeError} If an option is wrong.
 *
 * @example
 * ```ts
 * import { journalOn, type JournalStore, memoryStore } from "@shoal/agents/journal";
 *
 * const store: JournalStore = memoryStore(); // or one that writes to a database of yours
 * await using journal = journalOn(store, { store: "all" });
 * console.log(await journal.runs()); // []
 * ```
 */
export function journalOn(store: JournalStore, options: JournalOptions = {}): Journal {
  checkOptions("open a journal", options, JOURNAL_RULES);
  const { store: level = "output" } = options;
  const close = () => store.close();
  return {
    async open(runId: string, options: JournalOpenOptions = {}): Promise<JournalSession> {
      const doing = "open a run of the journal";
      text(doing, "runId", runId);
      checkOptions(doing, options, { retryFailed: flag, journalOnly, store: journalDetail });
      const state = await store.claim(runId);
      return new Session(store, runId, { ...options, store: options.store ?? level }, state);
    },
    async runs(): Promise<readonly JournalSummary[]> {
      const runs = await store.runs();
      return runs.map(({ runId, state }) => readSummary(runId, state))
        .sort((a, b) => a.createdAt - b.createdAt);
    },
    async *results(runId, options = {}): AsyncGenerator<JournalRecord> {
      const status = oneOf("started", "ok", "failed");
      checkOptions("read the results of a journal", options, { status });
      for await (const item of store.items(runId)) {
        const record = readRecord(item);
        const wanted = options.status === undefined
          ? record.status !== "started"
          : record.status === options.status;
        if (wanted) yield record;
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
  checkOptions(doing, options, { runId: text, olderThan: milliseconds });
  const { runId, olderThan } = options ?? {};
  if (runId === undefined && olderThan === undefined) {
    refuse(doing, "its options", "an object with `runId` or `olderThan`", options);
  }
  const wanted = (await store.runs()).filter((run) => {
    if (runId !== undefined && run.runId !== runId) return false;
    const { updatedAt } = readSummary(run.runId, run.state);
    return olderThan === undefined || Date.now() - updatedAt >= olderThan;
  });
  const claimed: string[] = [];
  try {
    for (const { runId } of wanted) {
      await store.claim(runId);
      claimed.push(runId);
    }
    for (const runId of claimed) await store.remove(runId);
  } finally {
    for (const runId of claimed) await store.release(runId);
  }
  return wanted.length;
}
