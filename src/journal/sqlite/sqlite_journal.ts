import { fileURLToPath } from "node:url";
import { checkOptions, flag, isRecord, refuse, type RulesFor } from "../../model/check_options.ts";
import type { Journal } from "../../model/journal.ts";
import { connect } from "./connection.ts";
import type { OpenDatabase } from "./sqlite_database.ts";
import { SqliteStore } from "./sqlite_store.ts";
import { JOURNAL_RULES, journalOn, type JournalOptions } from "../journal_on.ts";

/** Options of {@linkcode sqliteJournal}. */
export interface SqliteJournalOptions extends JournalOptions {
  /**
   * Whether to flush each write to disk, so that nothing is lost on a power failure. Without it,
   * nothing is lost when the process is killed.
   *
   * @default {false}
   */
  readonly fsync?: boolean;
}

const SQLITE_RULES: RulesFor<SqliteJournalOptions> = { ...JOURNAL_RULES, fsync: flag };

/**
 * Creates a journal in a SQLite database: a file that any SQLite tool can read. The database is
 * opened on first use, by `node:sqlite`, or by `bun:sqlite` on Bun before 1.4; on Deno it needs the
 * permission to read and write the file. Node has `node:sqlite` from 22.13 on, and Node 22 prints a
 * warning that it is experimental.
 *
 * Any process may read the journal at any time. Only one process at a time can write to it; for
 * others, opening a run fails. The lock ends with its process.
 *
 * @param where A file, which is created if it does not exist; `":memory:"`; or an open database,
 * which is not closed.
 * @throws {TypeError} If an option is invalid.
 *
 * @example
 * ```ts
 * import { batch, defineAgent } from "@shoal/agents";
 * import { sqliteJournal } from "@shoal/agents/journal";
 * import { scripted } from "@shoal/agents/testing";
 *
 * const provider = scripted("good");
 * const Label = defineAgent({ name: "label", model: "m", prompt: "{text}", provider });
 * const rows = ["a", "b", "c"].map((text) => [Label, { text }] as const);
 *
 * await using journal = sqliteJournal(":memory:"); // "./reviews.db" survives a crash
 * await batch(rows, { journal, runId: "reviews" }); // if this is killed, the next line continues:
 * const results = await batch(rows, { journal, runId: "reviews" });
 * console.log(results.every(({ replayed }) => replayed)); // true
 * console.log((await journal.summary("reviews"))?.ok); // 3
 * ```
 */
export function sqliteJournal(
  where: string | URL | OpenDatabase,
  options: SqliteJournalOptions = {},
): Journal {
  const doing = "open a journal";
  const isPath = typeof where === "string" && where !== "" || where instanceof URL;
  if (!isPath && !isDatabase(where)) {
    refuse(doing, "its location", "a path, a file URL or a database", where);
  }
  checkOptions(doing, options, SQLITE_RULES);
  const { fsync = false, ...others } = options;
  const path = where instanceof URL ? fileURLToPath(where) : where;
  return journalOn(new SqliteStore(() => connect(path, { fsync })), others);
}

function isDatabase(where: unknown): where is OpenDatabase {
  return isRecord(where) && typeof where.exec === "function" && typeof where.prepare === "function";
}
