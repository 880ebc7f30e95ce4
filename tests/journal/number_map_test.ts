import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { NumberMap } from "../../src/journal/number_map.ts";

const ids = fc.string({
  unit: fc.constantFrom(..."0123456789abcdef"),
  minLength: 32,
  maxLength: 32,
});

Deno.test("NumberMap behaves like a Map", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(ids, fc.integer({ min: 1, max: 2 ** 32 - 1 }))), (entries) => {
      const [mine, real] = [new NumberMap(), new Map<string, number>()];
      for (const [id, value] of entries) {
        assertEquals(mine.get(id), real.get(id) ?? 0);
        mine.set(id, value);
        real.set(id, value);
      }
      for (const [id, value] of real) assertEquals(mine.get(id), value);
      assertEquals(mine.size, real.size);
    }),
  );
});

Deno.test("NumberMap counts", () => {
  fc.assert(fc.property(fc.array(fc.nat(9)), (numbers) => {
    const [mine, real] = [new NumberMap(), new Map<number, number>()];
    for (const n of numbers) {
      assertEquals(mine.countUp(`${n}`.repeat(32)), real.get(n) ?? 0);
      real.set(n, (real.get(n) ?? 0) + 1);
    }
    assertEquals(mine.size, real.size);
  }));
});

Deno.test("NumberMap holds 200,000 ids, even if they differ little", () => {
  const map = new NumberMap();
  const id = (n: number) =>
    `${n.toString(16).padStart(8, "0")}00000${"0123456789".at(n % 10)}${"0".repeat(18)}`;
  const few = 2_000;
  for (let n = 0; n < few; n++) map.set(id(n), n + 1);
  for (let n = 0; n < few; n++) assertEquals(map.get(id(n)), n + 1);
  const random = () => crypto.randomUUID().replaceAll("-", "");
  const many = Array.from({ length: 200_000 }, random);
  for (const [n, own] of many.entries()) map.set(own, n + 1);
  assert(many.every((own, n) => map.get(own) === n + 1));
  assertEquals([map.size, map.get(random())], [many.length + few, 0]);
});
