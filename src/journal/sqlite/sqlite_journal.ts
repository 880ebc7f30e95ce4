import { fileURLToPath } from "node:url";
import { DatabaseSync } from "node:sqlite";
import { checkOptions, flag, refuse } from "../../model/check_options.ts";
import type { Journal } from "../../model/journal.ts";
import { connect } from "./connection.ts";
import { SqliteStore } from "./sqlite_store.ts";
import { JOURNAL_RULES, journalOn, type JournalOptions } from "../journal_on.ts";

/** How a journal in a SQLite database is kept. */
export interface SqliteJournalOptions extends JournalOptions {
  /**
   * Waits for the disk after each write, so that nothing is lost when the power fails, either. Without it nothing is lost when the process is
   * killed.
   *
   * @default {false}
   */
  readonly fsync?: boolean;
}

/**
 * A journal in a SQLite database: a file that any tool can read. It is opened when it is first used, and needs the permission to read and
 * write that file.
 *
 * Any process may read it at any time; one process at a time may write to it, and another one is refused. A lock is never left behind.
 *
 * @param where The file, which is made if there is none; `":memory:"`; or a database that is open, which stays open.
 * @throws {TypeError} If an option is wrong.
 *
 * @example
 * ```ts
 * import { batch, defineAgent } from "@shoal/agents";
 * import { sqliteJournal } from "@shoal/agents/journal";
 * import { scripted } from "@shoal/agents/testing";
 *
 * const Label = defineAgent({ name: "label", model: "m", prompt: "{text}", provider: scripted("good") });
 * const rows = ["a", "b", "c"].map((text) => [Label, { text }] as const);
 *
 * await using journal = sqliteJournal(await Deno.makeTempFile());
 * await batch(rows, { journal, runId: "reviews" }); // killed at any time, it goes on from there:
 * const results = await batch(rows, { journal, runId: "reviews" });
 * console.log(results.every(({ replayed }) => replayed), (await journal.summary("reviews"))?.ok); // true 3
 * ```
 */
export function sqliteJournal(
  where: string | URL | DatabaseSync,
  options: SqliteJournalOptions = {},
): Journal {
  const doing = "open a journal";
  if (typeof where !== "string" && !(where instanceof URL) && !(where instanceof DatabaseSync)) {
    refuse(doing, "where it is", "a path, a file URL or a database", where);
  }
  if (where === "") refuse(doing, "where it is", "a path, a file URL or a database", where);
  checkOptions(doing, options, { ...JOURNAL_RULES, fsync: flag });
  const { fsync = false, ...others } = options;
  const path = where instanceof URL ? fileURLToPath(where) : where;
  return journalOn(new SqliteStore(() => connect(path, fsync)), others);
}
