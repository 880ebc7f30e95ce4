import { setImmediate } from "node:timers";
import type { DatabaseSync } from "node:sqlite";
import { NumberMap } from "./number_map.ts";

/** So many items are read at once: one long text is much faster than many rows. */
const PAGE = 1_000;
/** After so many pages everything else on the event loop gets its turn. */
const TURN = 20;
const ID_LENGTH = 32;

/** Where the items of a run stand in their table, by id: about a second and 25 MB for a million. */
export async function loadIndex(db: DatabaseSync, run: number): Promise<NumberMap> {
  const index = new NumberMap();
  const next = db.prepare(`
    SELECT group_concat(id, '') AS ids, group_concat(item) AS items, max(item) AS last
    FROM (SELECT id, item FROM items WHERE run = ? AND item > ? ORDER BY item LIMIT ${PAGE})
  `);
  let last = 0;
  for (let page = 1;; page++) {
    const row = next.get(run, last)!;
    if (row.last === null) return index;
    last = Number(row.last);
    const ids = String(row.ids);
    const items = String(row.items).split(",");
    for (let i = 0; i < items.length; i++) {
      index.set(ids.slice(i * ID_LENGTH, (i + 1) * ID_LENGTH), Number(items[i]));
    }
    if (page % TURN === 0) await new Promise<void>((resolve) => void setImmediate(resolve));
  }
}
