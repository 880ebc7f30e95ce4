import { Buffer } from "node:buffer";
import { setImmediate } from "node:timers";
import { NumberMap } from "../number_map.ts";
import type { SqlDatabase } from "./sqlite_database.ts";

/**
 * The number of items per query. They are concatenated, as one long string is much faster than many
 * rows.
 */
const PAGE_SIZE = 1_000;
/** The number of pages after which the event loop gets a turn. */
const PAGES_PER_TURN = 20;
const ID_BYTES = 16;

/** The tables that are indexed, and their columns with row ids. */
type IndexedTable =
  | { readonly table: "items"; readonly rowId: "item" }
  | { readonly table: "owners"; readonly rowId: "owner" };

/**
 * Loads the row ids of a run's items, or of the owners of its checkpoints, by id. A million take
 * about a second and 25 MB.
 */
export async function loadIndex(
  db: SqlDatabase,
  run: number,
  { table, rowId }: IndexedTable,
): Promise<NumberMap> {
  const index = new NumberMap();
  const page = `SELECT id, ${rowId} AS item FROM ${table} ` +
    `WHERE run = ? AND ${rowId} > ? ORDER BY ${rowId} LIMIT ${PAGE_SIZE}`;
  const next = db.prepare(
    `SELECT group_concat(id, '') AS ids, min(item) AS first, max(item) AS last FROM (${page})`,
  );
  const rowIds = db.prepare(`SELECT group_concat(item) AS ids FROM (${page})`);
  let last = 0;
  for (let page = 1;; page++) {
    const before = last;
    const row = next.get(run, before)!;
    if (row.last === null) return index;
    const first = Number(row.first);
    last = Number(row.last);
    const ids = Buffer.from(String(row.ids), "hex");
    const count = ids.length / ID_BYTES;
    // The row ids have gaps if several runs were recorded at the same time.
    const items = last - first + 1 === count
      ? undefined
      : String(rowIds.get(run, before)!.ids).split(",");
    for (let i = 0; i < count; i++) {
      const at = i * ID_BYTES;
      const item = items === undefined ? first + i : Number(items[i]);
      index.setHalves(ids.readUInt32BE(at), ids.readUInt32BE(at + 4), item);
    }
    if (page % PAGES_PER_TURN === 0) {
      await new Promise<void>((resolve) => void setImmediate(resolve));
    }
  }
}
