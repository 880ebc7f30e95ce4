import { assert, assertEquals } from "@std/assert";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { WeakList } from "../../src/async/weak_list.ts";

setFlagsFromString("--expose-gc");
const gc: () => void = runInNewContext("gc");

Deno.test("weak list: it has what exists, oldest first", () => {
  const list = new WeakList<{ n: number }>();
  const kept = Array.from({ length: 200 }, (_, n) => ({ n }));
  for (const one of kept) list.add(one);
  assertEquals([...list].map(({ n }) => n), kept.map(({ n }) => n));
});

Deno.test("weak list: what nobody needs leaves it, and what somebody needs stays", async () => {
  const list = new WeakList<{ n: number }>();
  const kept = { n: -1 };
  list.add(kept);
  for (let n = 0; n < 1_000; n++) list.add({ n });
  // What was looked at in this turn is kept until the next.
  await new Promise((resolve) => setTimeout(resolve));
  gc();
  const left = [...list];
  assert(left.length < 10, `${left.length} are left`);
  assertEquals(left[0], kept);
});
