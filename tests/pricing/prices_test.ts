import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { calcPrice } from "@pydantic/genai-prices";
import fc from "fast-check";
import { costAt } from "../../src/pricing/price.ts";
import { costOf, loadPrices } from "../../src/pricing/prices.ts";
import { used } from "../helpers.ts";

Deno.test("costAt: prices tokens per million, cached tokens at their own price", () => {
  const price = { input: 2, cachedInput: 0.5, output: 10 };
  assertEquals(costAt(price, used(1e6, 1e6)), {
    input: 2,
    output: 10,
    total: 12,
    source: "prices",
  });
  assertEquals(costAt(price, used(1e6, 0, 1e6)), {
    input: 0.5,
    output: 0,
    total: 0.5,
    source: "prices",
  });
  assertEquals(costAt(price, used(1e6, 0, 5e5)).input, 1.25);
  assertEquals(costAt({ input: 2, output: 0 }, used(1e6, 0, 5e5)).input, 2);
  assertEquals(costAt({ ...price, cachedInput: 0 }, used(1e6, 0, 1e6)).total, 0);
  assertEquals(costAt(price, used(0, 0)), { input: 0, output: 0, total: 0, source: "prices" });
});

Deno.test("costOf: uses the own prices first, then the public list", async () => {
  await loadPrices("any", undefined);
  const own = { mine: { input: 1, output: 1 }, "gpt-4o-mini": { input: 0, output: 0 } };
  const usage = used(1e6, 1e6);
  assertEquals(costOf("mine", usage, own)!.total, 2);
  assertEquals(costOf("gpt-4o-mini", usage, own)!.total, 0);
  assert(costOf("gpt-4o", usage, own)!.total > 0);
  assertEquals(costOf("unknown-model", usage, own), undefined);
  assertEquals(costOf("unknown-model", usage, undefined), undefined);
  assertEquals(costOf("toString", usage, own), undefined);
  const seen: unknown[] = [];
  const priced = (model: string, given: unknown) => {
    seen.push(model, given);
    return model === "mine" ? { input: 1, output: 2, total: 3 } : undefined;
  };
  assertEquals(costOf("mine", usage, priced), { input: 1, output: 2, total: 3, source: "prices" });
  assertEquals(seen, ["mine", usage]);
  assert(costOf("gpt-4o", usage, priced)!.total > 0);
  assertEquals(costOf("unknown-model", usage, priced), undefined);
});

Deno.test("costOf: caches flat prices without changing them", async () => {
  await loadPrices("any", undefined);
  const models = [
    "gpt-4o-mini",
    "gpt-5-mini",
    "claude-sonnet-4-5",
    "gemini-2.5-pro",
    "deepseek-chat",
  ];
  const tokens = fc.nat(1_000_000);
  fc.assert(
    fc.property(fc.constantFrom(...models), tokens, tokens, tokens, (model, a, b, output) => {
      const usage = used(a + b, output, a);
      const listed = calcPrice({
        input_tokens: a + b,
        cache_read_tokens: a,
        output_tokens: output,
      }, model)!;
      const cost = costOf(model, usage, undefined)!;
      assertAlmostEquals(cost.total, listed.total_price, 1e-9);
      assertAlmostEquals(cost.input, listed.input_price, 1e-9);
      assertAlmostEquals(cost.output, listed.output_price, 1e-9);
    }),
  );
});

Deno.test("costOf: returns undefined for an impossible usage", async () => {
  await loadPrices("any", undefined);
  // A model that was not looked up before, since known prices are cached.
  assertEquals(costOf("gpt-4.1-nano", used(10, 1, 50), undefined), undefined);
  assertEquals(costOf("claude-sonnet-4-5", used(-1, 1), undefined), undefined);
});

Deno.test("loadPrices: returns undefined if the model has an own price", async () => {
  assertEquals(loadPrices("mine", { mine: { input: 0, output: 0 } }), undefined);
  await loadPrices("any", undefined);
  assertEquals(loadPrices("any", undefined), undefined);
});
