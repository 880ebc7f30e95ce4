import type { StoredItem } from "../store.ts";
import type { SqlStatement } from "./sqlite_database.ts";

/** Rows at most this far apart are read by one query, together with the rows between them. */
const MAX_GAP = 4;

const COLUMNS =
  "SELECT item, id, starts, started, ended FROM items LEFT JOIN outcomes USING (item) WHERE item";

/**
 * Reads the items with these row ids, in order. The row id 0 stands for no item. A run resumes in
 * about the order in which it was recorded, and reading a range of rows takes a third of the time
 * of single reads.
 */
export function findItems(
  prepare: (sql: string) => SqlStatement,
  rowIds: readonly number[],
): (StoredItem | undefined)[] {
  const found = new Map<number, StoredItem>();
  const sorted = Float64Array.from(rowIds).sort();
  for (let i = 0; i < sorted.length;) {
    const first = sorted[i++]!;
    let last = first;
    while (i < sorted.length && sorted[i]! - last <= MAX_GAP) last = sorted[i++]!;
    // Row ids start at 1.
    if (last === 0) continue;
    const rows = first === last
      ? prepare(`${COLUMNS} = ?`).all(first)
      : prepare(`${COLUMNS} BETWEEN ? AND ?`).all(first, last);
    for (const row of rows) found.set(row.item as number, readItem(row));
  }
  return rowIds.map((rowId) => found.get(rowId));
}

/** Converts a row to an item. */
export function readItem(row: Record<string, unknown>): StoredItem {
  const { id, starts, started, params, ended } = row as unknown as StoredItem;
  return {
    id,
    starts: Number(starts),
    started,
    params: params ?? undefined,
    ended: ended ?? undefined,
  };
}
