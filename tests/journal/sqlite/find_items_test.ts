import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { DatabaseSync } from "node:sqlite";
import { findItems } from "../../../src/journal/sqlite/find_items.ts";

Deno.test("findItems returns the item of each row id, in the given order", () => {
  const db = new DatabaseSync(":memory:");
  db.exec(`
    CREATE TABLE items (item INTEGER PRIMARY KEY, id TEXT, starts INTEGER, started TEXT);
    CREATE TABLE outcomes (item INTEGER PRIMARY KEY, ended TEXT);
  `);
  // Some are missing, and some have not finished.
  for (let item = 1; item <= 300; item++) {
    if (item % 7 === 0) continue;
    db.prepare("INSERT INTO items VALUES (?, ?, 1, '{}')").run(item, `id ${item}`);
    if (item % 3 > 0) db.prepare("INSERT INTO outcomes VALUES (?, ?)").run(item, `end ${item}`);
  }
  fc.assert(fc.property(fc.array(fc.nat(320), { maxLength: 60 }), (places) => {
    const found = findItems((sql) => db.prepare(sql), places);
    const want = places.map((item) =>
      item === 0 || item > 300 || item % 7 === 0
        ? undefined
        : [`id ${item}`, item % 3 > 0 ? `end ${item}` : undefined]
    );
    assertEquals(found.map((one) => one && [one.id, one.ended]), want);
  }));
  db.close();
});
