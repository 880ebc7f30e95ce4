import type { SqliteConnection } from "./connection.ts";
import { findItems, readItem } from "./find_items.ts";
import { loadIndex } from "./load_index.ts";
import { insertRows } from "./insert_rows.ts";
import type { SqlStatement, SqlValue } from "./sqlite_database.ts";
import { JournalError } from "../journal_error.ts";
import type { NumberMap } from "../number_map.ts";
import { CheckpointTable } from "./checkpoint_table.ts";
import type { JournalStore, StoreChanges, StoredCheckpoint, StoredItem } from "../store.ts";

/** A run that was claimed. */
interface ClaimedRun {
  readonly run: number;
  /**
   * The row ids of the items that existed when the run was claimed. Later items are not looked up.
   */
  readonly index: NumberMap;
  /**
   * The row ids of the items in flight, by their full ids: the index has only 64 bits of an id,
   * which is enough to read, but not to write.
   */
  readonly inFlight: Map<string, number>;
  readonly checkpoints: CheckpointTable;
}

/** Stores a journal in a SQLite database. */
export class SqliteStore implements JournalStore {
  readonly #connect: () => SqliteConnection;
  readonly #runs = new Map<string, ClaimedRun>();
  readonly #statements = new Map<string, SqlStatement>();
  #connection: SqliteConnection | undefined;

  /** Creates a store that opens the database on first use. */
  constructor(connect: () => SqliteConnection) {
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
      await lock.acquire();
    } catch (error) {
      claimed.delete(runId);
      throw error;
    }
    try {
      const row = this.#run(runId) ?? this.#insertRun(runId);
      const run = Number(row.run);
      const index = await loadIndex(db, run, { table: "items", rowId: "item" });
      const owners = await loadIndex(db, run, { table: "owners", rowId: "owner" });
      const checkpoints = new CheckpointTable(run, (sql) => this.#prepare(sql), owners);
      this.#runs.set(runId, { run, index, inFlight: new Map(), checkpoints });
      return row.state === null ? undefined : String(row.state);
    } catch (error) {
      claimed.delete(runId);
      lock.release();
      throw error;
    }
  }

  // deno-lint-ignore require-await -- errors must become rejections
  async release(runId: string): Promise<void> {
    if (!this.#runs.delete(runId) || this.#connection === undefined) return;
    this.#connection.claimed.delete(runId);
    this.#connection.lock.release();
  }

  find(runId: string, ids: readonly string[]): (StoredItem | undefined)[] {
    const { index } = this.#claimed(runId);
    const prepare = (sql: string) => this.#prepare(sql);
    // The index has only 64 bits of an id: the row may hold another item.
    return findItems(prepare, ids.map((id) => index.get(id)))
      .map((item, i) => item?.id === ids[i] ? item : undefined);
  }

  findCheckpoints(runId: string, owner: string): StoredCheckpoint[] {
    return this.#claimed(runId).checkpoints.find(owner);
  }

  write(runId: string, changes: StoreChanges): void {
    const { started, ended, removed, state } = changes;
    const { run, index, inFlight, checkpoints } = this.#claimed(runId);
    this.#open().lock.write(() => {
      const { last } = this.#prepare("SELECT max(item) AS last FROM items").get()!;
      const items: SqlValue[][] = [];
      const inputs: SqlValue[][] = [];
      let next = Number(last ?? 0);
      for (const { id, starts, started: text, params } of started) {
        let item = starts > 1 ? this.#restart(index.get(id), id, starts, text) : 0;
        if (item === 0) {
          item = ++next;
          items.push([item, run, id, starts, text]);
        }
        inFlight.set(id, item);
        if (params !== undefined) inputs.push([item, params]);
      }
      const prepare = (sql: string) => this.#prepare(sql);
      insertRows(prepare, "INSERT INTO items (item, run, id, starts, started)", items);
      insertRows(prepare, "INSERT OR REPLACE INTO inputs", inputs);
      const outcomes = ended.map(({ id, ended }) => [inFlight.get(id)!, ended]);
      insertRows(prepare, "INSERT OR REPLACE INTO outcomes", outcomes);
      for (const id of removed) {
        for (const table of ["items", "inputs"]) {
          this.#prepare(`DELETE FROM ${table} WHERE item = ?`).run(inFlight.get(id)!);
        }
      }
      checkpoints.write(changes);
      this.#prepare("UPDATE runs SET state = ? WHERE run = ?").run(state, run);
    });
    checkpoints.release(changes);
    for (const { id } of ended) inFlight.delete(id);
    for (const id of removed) inFlight.delete(id);
  }

  // deno-lint-ignore require-await -- errors must become rejections
  async state(runId: string): Promise<string | undefined> {
    const state = this.#run(runId)?.state ?? undefined;
    return state as string | undefined;
  }

  // deno-lint-ignore require-await -- errors must become rejections
  async runs(): Promise<{ runId: string; state: string }[]> {
    this.#open();
    const rows = this.#prepare("SELECT id, state FROM runs WHERE state IS NOT NULL").all();
    return rows.map(({ id, state }) => ({ runId: String(id), state: String(state) }));
  }

  async *items(runId: string): AsyncGenerator<StoredItem> {
    const row = this.#run(runId);
    if (row === undefined) return;
    // Read in pages, so that no statement stays open while the consumer is slow.
    const page = this.#prepare(`
      SELECT item, id, starts, started, params, ended FROM items
      LEFT JOIN inputs USING (item) LEFT JOIN outcomes USING (item)
      WHERE run = ? AND item > ? ORDER BY item LIMIT 500
    `);
    let last = 0;
    while (true) {
      const rows = page.all(row.run as number, last);
      if (rows.length === 0) return;
      for (const row of rows) yield readItem(row);
      last = Number(rows.at(-1)!.item);
    }
  }

  // deno-lint-ignore require-await -- errors must become rejections
  async remove(runId: string): Promise<void> {
    const { run, checkpoints } = this.#claimed(runId);
    const { db, lock } = this.#open();
    lock.write(() => {
      checkpoints.removeAll();
      for (const table of ["outcomes", "inputs", "items"]) {
        this.#prepare(
          `DELETE FROM ${table} WHERE item IN (SELECT item FROM items WHERE run = ?)`,
        ).run(run);
      }
      this.#prepare("DELETE FROM runs WHERE run = ?").run(run);
      // Shrinks the file, one page per row. VACUUM is not available with limited permissions of
      // Deno.
      for (const _ of db.prepare("PRAGMA incremental_vacuum").iterate());
    });
  }

  // deno-lint-ignore require-await -- errors must become rejections
  async close(): Promise<void> {
    const connection = this.#connection;
    if (connection === undefined) return;
    for (const runId of this.#runs.keys()) {
      connection.claimed.delete(runId);
      connection.lock.release();
    }
    this.#runs.clear();
    this.#statements.clear();
    this.#connection = undefined;
    connection.release();
  }

  #open(): SqliteConnection {
    return this.#connection ??= this.#connect();
  }

  #prepare(sql: string): SqlStatement {
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

  /** Updates an item that starts again. Returns its row id, or 0 if the row holds another item. */
  #restart(item: number, id: string, starts: number, text: string): number {
    const update = this.#prepare(
      "UPDATE items SET starts = ?, started = ? WHERE item = ? AND id = ?",
    );
    return update.run(starts, text, item, id).changes === 0 ? 0 : item;
  }

  #claimed(runId: string): ClaimedRun {
    const run = this.#runs.get(runId);
    if (run !== undefined) return run;
    throw new JournalError(`Cannot write to the run "${runId}" as it is not open`, "closed");
  }
}
