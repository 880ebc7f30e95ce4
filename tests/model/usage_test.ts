import { assertEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import { addCost, addUsage, NO_COST, NO_USAGE, type Usage } from "../../src/model/usage.ts";

const usage: fc.Arbitrary<Usage> = fc.record({
  inputTokens: fc.nat(),
  cachedInputTokens: fc.nat(),
  cacheWriteTokens: fc.nat(),
  outputTokens: fc.nat(),
  reasoningTokens: fc.nat(),
  totalTokens: fc.nat(),
});

Deno.test("addUsage: adds every field, is commutative, and NO_USAGE is neutral", () => {
  fc.assert(fc.property(usage, usage, (a, b) => {
    const sum = addUsage(a, b);
    for (const name of Object.keys(NO_USAGE) as (keyof Usage)[]) {
      assertEquals(sum[name], a[name] + b[name]);
    }
    assertEquals(sum, addUsage(b, a));
    assertEquals(addUsage(a, NO_USAGE), a);
    assertEquals(addUsage(NO_USAGE, a), a);
    assertEquals(addUsage({ ...NO_USAGE }, a), a);
  }));
});

Deno.test("addCost: is undefined if either cost is", () => {
  const a = { input: 1, output: 2, total: 3, source: "prices" } as const;
  assertEquals(addCost(a, a), { input: 2, output: 4, total: 6, source: "prices" });
  assertStrictEquals(addCost(a, NO_COST), a);
  assertStrictEquals(addCost(NO_COST, a), a);
  for (const known of [a, NO_COST, undefined]) {
    assertEquals(addCost(known, undefined), undefined);
    assertEquals(addCost(undefined, known), undefined);
  }
});

Deno.test("NO_USAGE and NO_COST are frozen", () => {
  assertEquals([Object.isFrozen(NO_USAGE), Object.isFrozen(NO_COST)], [true, true]);
});
