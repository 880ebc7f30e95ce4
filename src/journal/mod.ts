/**
 * Journals make runs resumable: they record the results of a run, so that no item has to run twice
 * after a crash. Pass one to `batch`, `stream` or `each` with a `runId`, and start the same run
 * again.
 *
 * @example
 * ```ts
 * import { batch, defineAgent } from "@shoal/agents";
 * import { sqliteJournal } from "@shoal/agents/journal";
 * import { scripted } from "@shoal/agents/testing";
 *
 * const provider = scripted("good");
 * const Label = defineAgent({ name: "label", model: "m", prompt: "{text}", provider });
 * await using journal = sqliteJournal(":memory:"); // "./labels.db" survives a crash
 * const options = { journal, runId: "reviews-2025-01", concurrency: 100 };
 * await batch([[Label, { text: "a" }], [Label, { text: "b" }]], options);
 * console.log(await journal.summary("reviews-2025-01"));
 * ```
 *
 * @module
 */
export { JournalError, type JournalErrorCode } from "./journal_error.ts";
export { journalOn, type JournalOptions } from "./journal_on.ts";
export { kvJournal, type KvJournalOptions } from "./kv/kv_journal.ts";
export type { KvAtomic, KvDatabase, KvEntry, KvKey, KvKeyPart } from "./kv/kv_database.ts";
export { memoryJournal, memoryStore } from "./memory_journal.ts";
export type { OpenDatabase } from "./sqlite/sqlite_database.ts";
export { sqliteJournal, type SqliteJournalOptions } from "./sqlite/sqlite_journal.ts";
export type {
  JournalStore,
  StoreChanges,
  StoredCheckpoint,
  StoredItem,
  StoredRun,
} from "./store.ts";
export type {
  Journal,
  JournalCheckpoint,
  JournalCheckpointKind,
  JournalDecision,
  JournalDetail,
  JournalItem,
  JournalOnly,
  JournalOpenOptions,
  JournalPruneOptions,
  JournalRecord,
  JournalSession,
  JournalStatus,
  JournalSummary,
} from "../model/journal.ts";
