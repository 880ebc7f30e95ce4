import { assert, assertEquals } from "@std/assert";
import { WeakList } from "../../src/model/weak_list.ts";

Deno.test("the list has what exists, oldest first", () => {
  const list = new WeakList<{ n: number }>();
  const kept = Array.from({ length: 200 }, (_, n) => ({ n }));
  for (const one of kept) list.add(one);
  assertEquals([...list].map(({ n }) => n), kept.map(({ n }) => n));
});

Deno.test("what nobody needs leaves the list", async () => {
  const list = new WeakList<Uint8Array>();
  let most = 0;
  for (let i = 0; i < 400; i++) {
    list.add(new Uint8Array(1024 ** 2));
    // What was made in this turn is kept until the next.
    if (i % 20 === 0) await new Promise((resolve) => setTimeout(resolve));
    most = Math.max(most, [...list].length);
  }
  assert(most < 400, `${most} of 400 were kept`);
});
