import { assert, assertEquals } from "@std/assert";
import { WeakList } from "../../src/async/weak_list.ts";
import { collectGarbage } from "../runtime.ts";

Deno.test("WeakList: iterates over the items that are alive, oldest first", () => {
  const list = new WeakList<{ n: number }>();
  const kept = Array.from({ length: 200 }, (_, n) => ({ n }));
  for (const item of kept) list.add(item);
  assertEquals([...list].map(({ n }) => n), kept.map(({ n }) => n));
});

Deno.test("WeakList: drops unreferenced items and keeps the others", async () => {
  const list = new WeakList<{ n: number }>();
  const kept = { n: -1 };
  list.add(kept);
  for (let n = 0; n < 1_000; n++) list.add({ n });
  // A WeakRef keeps its target alive until the end of the current turn.
  await new Promise((resolve) => setTimeout(resolve));
  collectGarbage();
  const left = [...list];
  assert(left.length < 10, `${left.length} are left`);
  assertEquals(left[0], kept);
});
