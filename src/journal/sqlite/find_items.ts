import type { StatementSync } from "node:sqlite";
import type { StoredItem } from "../store.ts";

/** Items that stand so near to each other are read at once, with the few between them. */
const NEAR = 4;

const COLUMNS =
  "SELECT item, id, starts, started, ended FROM items LEFT JOIN outcomes USING (item) WHERE item";

/**
 * What stands in these places of the table, 0 for none, in their order. A run goes on in about the order in which it was recorded:
 * a stretch of the table costs a third of what its items cost one by one.
 */
export function findItems(
  prepare: (sql: string) => StatementSync,
  places: readonly number[],
): (StoredItem | undefined)[] {
  const found = new Map<number, StoredItem>();
  const sorted = Float64Array.from(places).sort();
  for (let i = 0; i < sorted.length;) {
    const first = sorted[i++]!;
    let last = first;
    while (i < sorted.length && sorted[i]! - last <= NEAR) last = sorted[i++]!;
    // Below 1 there is nothing.
    if (last === 0) continue;
    const rows = first === last
      ? prepare(`${COLUMNS} = ?`).all(first)
      : prepare(`${COLUMNS} BETWEEN ? AND ?`).all(first, last);
    for (const row of rows) found.set(row.item as number, readItem(row));
  }
  return places.map((place) => found.get(place));
}

/** An item, as it was read. */
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
