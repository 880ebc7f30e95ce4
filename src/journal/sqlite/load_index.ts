import { Buffer } from "node:buffer";
import { setImmediate } from "node:timers";
import type { DatabaseSync } from "node:sqlite";
import { NumberMap } from "../number_map.ts";

/** So many items are read at once: one long text is much faster than many rows. */
const PAGE = 1_000;
/** After so many pages everything else on the event loop gets its turn. */
const TURN = 20;
const ID_BYTES = 16;

/** Where the items of a run stand in their table, by id: about a second and 25 MB for a million. */
export async function loadIndex(db: DatabaseSync, run: number): Promise<NumberMap> {
  const index = new NumberMap();
  const page = `SELECT id, item FROM items WHERE run = ? AND item > ? ORDER BY item LIMIT ${PAGE}`;
  const next = db.prepare(
    `SELECT group_concat(id, '') AS ids, min(item) AS first, max(item) AS last FROM (${page})`,
  );
  const places = db.prepare(`SELECT group_concat(item) AS places FROM (${page})`);
  let last = 0;
  for (let page = 1;; page++) {
    const before = last;
    const row = next.get(run, before)!;
    if (row.last === null) return index;
    const first = Number(row.first);
    last = Number(row.last);
    const ids = Buffer.from(String(row.ids), "hex");
    const count = ids.length / ID_BYTES;
    // Where several runs were recorded at the same time, their items stand mixed.
    const items = last - first + 1 === count
      ? undefined
      : String(places.get(run, before)!.places).split(",");
    for (let i = 0; i < count; i++) {
      const at = i * ID_BYTES;
      const item = items === undefined ? first + i : Number(items[i]);
      index.setHalves(ids.readUInt32BE(at), ids.readUInt32BE(at + 4), item);
    }
    if (page % TURN === 0) await new Promise<void>((resolve) => void setImmediate(resolve));
  }
}
