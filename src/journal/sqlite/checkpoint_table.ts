import type { NumberMap } from "../number_map.ts";
import type { StoreChanges, StoredCheckpoint } from "../store.ts";
import { insertRows } from "./insert_rows.ts";
import type { SqlStatement, SqlValue } from "./sqlite_database.ts";

/** The checkpoints of one claimed run. */
export class CheckpointTable {
  readonly #run: number;
  readonly #prepare: (sql: string) => SqlStatement;
  /** The row ids of the owners that existed when the run was claimed. */
  readonly #index: NumberMap;
  /** The row ids of the owners in use, by their full ids. */
  readonly #inUse = new Map<string, number>();

  /** Takes the index of the owners of the run. */
  constructor(run: number, prepare: (sql: string) => SqlStatement, index: NumberMap) {
    this.#run = run;
    this.#prepare = prepare;
    this.#index = index;
  }

  /** Returns the checkpoints of an owner. */
  find(owner: string): StoredCheckpoint[] {
    const row = this.#rowOf(owner);
    if (row === 0) return [];
    const found = this.#prepare("SELECT kind, name, value FROM checkpoints WHERE owner = ?");
    return found.all(row).map((row) => ({ ...row, owner }) as unknown as StoredCheckpoint);
  }

  /** Writes the changes, within a transaction. */
  write({ checkpoints, endedOwners }: Pick<StoreChanges, "checkpoints" | "endedOwners">): void {
    const rows: SqlValue[][] = [];
    for (const { owner, name, kind, value } of checkpoints) {
      rows.push([this.#rowOf(owner) || this.#insert(owner), name, kind, value]);
    }
    insertRows(this.#prepare, "INSERT OR REPLACE INTO checkpoints", rows);
    for (const { owner, dropRounds } of endedOwners) {
      if (dropRounds) this.#dropRounds(this.#rowOf(owner));
    }
  }

  /** Forgets the owners that have ended, after the transaction. */
  release({ endedOwners }: Pick<StoreChanges, "endedOwners">): void {
    for (const { owner } of endedOwners) this.#inUse.delete(owner);
  }

  /** Deletes all checkpoints of the run. */
  removeAll(): void {
    const owners = "SELECT owner FROM owners WHERE run = ?";
    this.#prepare(`DELETE FROM checkpoints WHERE owner IN (${owners})`).run(this.#run);
    this.#prepare("DELETE FROM owners WHERE run = ?").run(this.#run);
    this.#inUse.clear();
  }

  /** Returns the row id of an owner, or 0 if it has none. */
  #rowOf(owner: string): number {
    const known = this.#inUse.get(owner);
    if (known !== undefined) return known;
    const row = this.#index.get(owner);
    // The index has only 64 bits of an id: the row may be that of another owner.
    const isOwn = row !== 0 &&
      this.#prepare("SELECT 1 FROM owners WHERE owner = ? AND id = ?").get(row, owner) !==
        undefined;
    if (isOwn) this.#inUse.set(owner, row);
    return isOwn ? row : 0;
  }

  #insert(owner: string): number {
    const insert = this.#prepare("INSERT INTO owners (run, id) VALUES (?, ?)");
    const row = Number(insert.run(this.#run, owner).lastInsertRowid);
    this.#inUse.set(owner, row);
    return row;
  }

  #dropRounds(row: number): void {
    if (row === 0) return;
    this.#prepare("DELETE FROM checkpoints WHERE owner = ? AND kind = 'round'").run(row);
    const isEmpty = "NOT EXISTS (SELECT 1 FROM checkpoints WHERE owner = owners.owner)";
    this.#prepare(`DELETE FROM owners WHERE owner = ? AND ${isEmpty}`).run(row);
  }
}
