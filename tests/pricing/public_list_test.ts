import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { costOf, loadPrices } from "../../src/pricing/prices.ts";
import type { PriceDetails } from "../../src/pricing/price_details.ts";
import { used } from "../helpers.ts";

await loadPrices("any", undefined);

const total = (model: string, details: PriceDetails, usage = used(1e6, 1e6)) =>
  costOf(model, usage, undefined, details)?.total;

/** A model at each server, which the list must have. */
const SERVERS: readonly (readonly [baseURL: string, vendor: string, model: string])[] = [
  ["https://api.openai.com/v1", "openai", "gpt-5-mini"],
  ["https://openrouter.ai/api/v1", "openrouter", "openai/gpt-4o-mini"],
  ["https://api.groq.com/openai/v1", "groq", "llama-3.3-70b-versatile"],
  ["https://mine.openai.azure.com/openai/v1", "azure-openai", "gpt-4o-mini"],
  ["https://api.together.xyz/v1", "togetherai", "meta-llama/Llama-3.3-70B-Instruct-Turbo"],
  ["https://api.together.ai/v1", "togetherai", "meta-llama/Llama-3.3-70B-Instruct-Turbo"],
  ["https://api.deepseek.com", "deepseek", "deepseek-chat"],
  ["https://api.mistral.ai/v1", "mistral", "mistral-small-latest"],
  ["https://api.x.ai/v1", "xai", "grok-4-1-fast"],
  ["https://api.perplexity.ai", "perplexity", "sonar"],
  ["https://generativelanguage.googleapis.com/v1beta/openai", "google", "gemini-2.5-flash"],
  ["https://generativelanguage.googleapis.com/v1beta/openai", "google", "models/gemini-2.5-flash"],
  [
    "https://us-central1-aiplatform.googleapis.com/v1/projects/p/locations/l/endpoints/openapi",
    "vertex",
    "google/gemini-2.5-flash",
  ],
  ["https://api.anthropic.com/v1", "anthropic", "claude-sonnet-4-5"],
  [
    "https://bedrock-runtime.us-west-2.amazonaws.com/openai/v1",
    "amazon-bedrock",
    "openai.gpt-oss-120b-1:0",
  ],
];

for (const [baseURL, vendor, model] of SERVERS) {
  Deno.test(`public list: has ${model} at ${new URL(baseURL).host}`, () => {
    const atServer = total(model, { baseURL });
    assert(atServer !== undefined && atServer > 0);
    assertEquals(total(model, { vendor }), atServer);
    // The second lookup uses the stored price.
    assertEquals(total(model, { baseURL }), atServer);
  });
}

Deno.test("public list: prices differ by server", () => {
  const model = "llama-3.3-70b-versatile";
  assertEquals(total(model, {}), undefined);
  assertEquals(total(model, { baseURL: "https://api.openai.com/v1" }), undefined);
  assert(total(model, { baseURL: "https://api.groq.com/openai/v1" }));
});

Deno.test("public list: servers that it does not have charge the price of the model", () => {
  const known = total("gpt-4o-mini", {});
  for (const baseURL of ["http://127.0.0.1:8080/v1", "https://gateway.example/v1"]) {
    assertEquals(total("gpt-4o-mini", { baseURL }), known);
    assertEquals(total("openai/gpt-4o-mini", { baseURL }), known);
    assertEquals(total("nobody/gpt-4o-mini", { baseURL }), undefined);
    assertEquals(total("/gpt-4o-mini", { baseURL }), undefined);
  }
  assertEquals(total("gpt-4o-mini", { vendor: "my-server" }), known);
});

Deno.test("public list: writes to a cache cost more where the list says so", () => {
  const written = { ...used(10_000, 0), cacheWriteTokens: 10_000 };
  for (const model of ["gpt-5.6-luna", "claude-sonnet-4-5"]) {
    const plain = total(model, {}, used(10_000, 0))!;
    assertAlmostEquals(total(model, {}, written)!, 1.25 * plain, 1e-12);
  }
  // Others charge nothing for them.
  assertEquals(total("gpt-4o-mini", {}, written), total("gpt-4o-mini", {}, used(10_000, 0)));
});

Deno.test("public list: writes that are kept for an hour cost more at Anthropic", () => {
  const written = { ...used(10_000, 0), cacheWriteTokens: 10_000 };
  const plain = total("claude-sonnet-4-5", {}, used(10_000, 0))!;
  const costOfWrites = (longCacheWriteTokens: number) =>
    total("claude-sonnet-4-5", { longCacheWriteTokens }, written)!;
  assertAlmostEquals(costOfWrites(10_000), 2 * plain, 1e-12);
  assertAlmostEquals(costOfWrites(5_000), 1.625 * plain, 1e-12);
  assertAlmostEquals(costOfWrites(99_999), 2 * plain, 1e-12);
});

Deno.test("public list: fees per request are part of each cost", () => {
  const details = { baseURL: "https://api.perplexity.ai" };
  for (let i = 0; i < 2; i++) {
    const cost = costOf("sonar", used(0, 0), undefined, details)!;
    assert(cost.total > 0);
    assertAlmostEquals(cost.input + cost.output, cost.total, 1e-12);
  }
});

Deno.test("public list: documented discounts of service tiers, and no others", () => {
  const shareOf = (model: string, baseURL: string, serviceTier: string) => {
    const standard = total(model, { baseURL })!;
    const cost = total(model, { baseURL, serviceTier });
    return cost && cost / standard;
  };
  const openai = "https://api.openai.com/v1";
  const groq = "https://api.groq.com/openai/v1";
  const azure = "https://mine.openai.azure.com/openai/v1";
  assertEquals(shareOf("gpt-5-mini", openai, "flex"), 0.5);
  assertEquals(shareOf("gpt-5-mini", openai, "Batch"), 0.5);
  assertEquals(shareOf("gpt-5-mini", openai, "priority"), undefined);
  assertEquals(shareOf("gpt-5-mini", azure, "priority"), undefined);
  assertEquals(shareOf("llama-3.3-70b-versatile", groq, "flex"), 1);
  assertEquals(shareOf("llama-3.3-70b-versatile", groq, "performance"), undefined);
});
