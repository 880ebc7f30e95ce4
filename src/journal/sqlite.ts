import { fileURLToPath } from "node:url";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { checkOptions, flag, refuse } from "../model/check.ts";
import type { Journal } from "../model/journal.ts";
import { connect, type Connection } from "./_sqlite_connection.ts";
import { loadIndex } from "./_sqlite_index.ts";
import { JournalError } from "./errors.ts";
import { JOURNAL_RULES, journalOn, type JournalOptions } from "./journal.ts";
import type { NumberMap } from "./number_map.ts";
import type { JournalStore, StoredItem } from "./store.ts";

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

/** A run that was claimed. */
interface ClaimedRun {
  readonly run: number;
  readonly index: NumberMap;
  /** Where the items stand that were begun: an index of 64 bits is good enough to find one, but not to write to one. */
  readonly begun: Map<string, number>;
}

class SqliteStore implements JournalStore {
  readonly #connect: () => Connection;
  readonly #runs = new Map<string, ClaimedRun>();
  readonly #statements = new Map<string, StatementSync>();
  #connection: Connection | undefined;

  constructor(connect: () => Connection) {
    this.#connect = connect;
  }

  async claim(runId: string): Promise<string | undefined> {
    const { claimed, lock, db } = this.#open();
    if (claimed.has(runId)) {
      throw new JournalError(
        `Cannot open the run "${runId}" as it is open already: wait until it has ended`,
        "locked",
      );
    }
    claimed.add(runId);
    try {
      await lock.take();
    } catch (error) {
      claimed.delete(runId);
      throw error;
    }
    try {
      const row = this.#run(runId) ?? this.#insertRun(runId);
      const run = Number(row.run);
      this.#runs.set(runId, { run, index: await loadIndex(db, run), begun: new Map() });
      return row.state === null ? undefined : String(row.state);
    } catch (error) {
      claimed.delete(runId);
      lock.give();
      throw error;
    }
  }

  // deno-lint-ignore require-await -- it throws later
  async release(runId: string): Promise<void> {
    if (!this.#runs.delete(runId) || this.#connection === undefined) return;
    this.#connection.claimed.delete(runId);
    this.#connection.lock.give();
  }

  find(runId: string, ids: readonly string[]): (StoredItem | undefined)[] {
    const { index } = this.#claimed(runId);
    const find = this.#prepare(`
      SELECT id, starts, started, ended FROM items LEFT JOIN outcomes USING (item) WHERE item = ?
    `);
    return ids.map((id) => {
      const item = index.get(id);
      const row = item === 0 ? undefined : find.get(item);
      return row === undefined || row.id !== id ? undefined : itemOf(row);
    });
  }

  write(runId: string, { started, ended, removed, state }: Parameters<JournalStore["write"]>[1]) {
    const { run, index, begun } = this.#claimed(runId);
    const insert = this.#prepare(
      "INSERT INTO items (run, id, starts, started) VALUES (?, ?, ?, ?)",
    );
    const update = this.#prepare(
      "UPDATE items SET starts = ?, started = ? WHERE item = ? AND id = ?",
    );
    const end = this.#prepare("INSERT OR REPLACE INTO outcomes VALUES (?, ?)");
    const remove = this.#prepare("DELETE FROM items WHERE item = ?");
    this.#open().lock.write(() => {
      for (const { id, starts, started: text } of started) {
        let item = starts > 1 ? index.get(id) : 0;
        if (item === 0 || update.run(starts, text, item, id).changes === 0) {
          item = Number(insert.run(run, id, starts, text).lastInsertRowid);
          index.set(id, item);
        }
        begun.set(id, item);
      }
      for (const { id, ended: text } of ended) end.run(begun.get(id)!, text);
      for (const id of removed) remove.run(begun.get(id)!);
      this.#prepare("UPDATE runs SET state = ? WHERE run = ?").run(state, run);
    });
    for (const { id } of ended) begun.delete(id);
    for (const id of removed) begun.delete(id);
  }

  // deno-lint-ignore require-await -- it throws later
  async state(runId: string): Promise<string | undefined> {
    const state = this.#run(runId)?.state ?? undefined;
    return state as string | undefined;
  }

  // deno-lint-ignore require-await -- it throws later
  async runs(): Promise<{ runId: string; state: string }[]> {
    this.#open();
    const rows = this.#prepare("SELECT id, state FROM runs WHERE state IS NOT NULL").all();
    return rows.map(({ id, state }) => ({ runId: String(id), state: String(state) }));
  }

  async *items(runId: string): AsyncGenerator<StoredItem> {
    const row = this.#run(runId);
    if (row === undefined) return;
    // Page by page: nothing stays open while the reader takes his time.
    const page = this.#prepare(`
      SELECT item, id, starts, started, ended FROM items LEFT JOIN outcomes USING (item)
      WHERE run = ? AND item > ? ORDER BY item LIMIT 500
    `);
    let last = 0;
    while (true) {
      const rows = page.all(row.run as number, last);
      if (rows.length === 0) return;
      for (const row of rows) yield itemOf(row);
      last = Number(rows.at(-1)!.item);
    }
  }

  // deno-lint-ignore require-await -- it throws later
  async remove(runId: string): Promise<void> {
    const { run } = this.#claimed(runId);
    const { db, lock } = this.#open();
    lock.write(() => {
      // What is deleted is overwritten, not only forgotten.
      db.exec("PRAGMA secure_delete = ON");
      this.#prepare("DELETE FROM outcomes WHERE item IN (SELECT item FROM items WHERE run = ?)")
        .run(run);
      this.#prepare("DELETE FROM items WHERE run = ?").run(run);
      this.#prepare("DELETE FROM runs WHERE run = ?").run(run);
      db.exec("PRAGMA incremental_vacuum; PRAGMA secure_delete = OFF");
    });
  }

  // deno-lint-ignore require-await -- it throws later
  async close(): Promise<void> {
    const connection = this.#connection;
    if (connection === undefined) return;
    for (const runId of this.#runs.keys()) {
      connection.claimed.delete(runId);
      connection.lock.give();
    }
    this.#runs.clear();
    this.#statements.clear();
    this.#connection = undefined;
    connection.leave();
  }

  #open(): Connection {
    return this.#connection ??= this.#connect();
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      this.#statements.set(sql, statement = this.#open().db.prepare(sql));
    }
    return statement;
  }

  #run(runId: string): Record<string, unknown> | undefined {
    this.#open();
    return this.#prepare("SELECT run, state FROM runs WHERE id = ?").get(runId);
  }

  #insertRun(runId: string): { run: number | bigint; state: null } {
    let run: number | bigint = 0;
    this.#open().lock.write(() => {
      run = this.#prepare("INSERT INTO runs (id) VALUES (?)").run(runId).lastInsertRowid;
    });
    return { run, state: null };
  }

  #claimed(runId: string): ClaimedRun {
    const run = this.#runs.get(runId);
    if (run !== undefined) return run;
    throw new JournalError(`Cannot write to the run "${runId}" as it is not open`, "closed");
  }
}

function itemOf(row: Record<string, unknown>): StoredItem {
  const { id, starts, started, ended } = row as unknown as StoredItem;
  return { id, starts: Number(starts), started, ...(ended !== null && { ended }) };
}
