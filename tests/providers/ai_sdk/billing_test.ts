import { aiSdk } from "../../../src/providers/ai_sdk/ai_sdk.ts";
import { assertEquals } from "@std/assert";
import { MockLanguageModelV4 } from "ai/test";
import { neverAborts, read } from "../openai/helpers.ts";
import { finish, MODEL, older, replyTo, request, result, streamed, tokens } from "./helpers.ts";

/** The cost in the metadata of providers, and what it means. */
const METADATA = {
  OpenRouter: [
    { openrouter: { usage: { promptTokens: 11, cost: 0.5, costDetails: {} } } },
    { total: 0.5 },
  ],
  "OpenRouter with a key for the provider": [
    {
      openrouter: {
        usage: { cost: 0.5, isByok: true, costDetails: { upstreamInferenceCost: 10 } },
      },
    },
    { total: 10.5 },
  ],
  xAI: [{ xai: { costInUsdTicks: 25_000_000_000 } }, { total: 2.5 }],
  "Vercel's gateway": [{ gateway: { cost: "0.0045", marketCost: "0.0045" } }, { total: 0.0045 }],
  "Vercel's gateway with a key for the provider": [
    { gateway: { cost: "0", marketCost: "0.0045" } },
    { total: 0.0045 },
  ],
  Perplexity: [
    { perplexity: { cost: { inputTokensCost: 1, outputTokensCost: 2, totalCost: 4 } } },
    { total: 4, input: 2, output: 2 },
  ],
  "a provider without one": [{ openai: { responseId: "x" } }, undefined],
  "a provider with an invalid one": [{ openrouter: { usage: { cost: "free" } } }, undefined],
} as const;

for (const [name, [providerMetadata, cost]] of Object.entries(METADATA)) {
  Deno.test(`ai-sdk billing: reads the cost of ${name}`, async () => {
    const metadata = structuredClone(providerMetadata) as never;
    assertEquals((await replyTo({ providerMetadata: metadata })).cost, cost);
    const { reply } = await streamed(
      { ...finish() as object, providerMetadata: metadata } as never,
    );
    assertEquals(reply.cost, cost);
  });
}

Deno.test("ai-sdk billing: reads the service tier and the model that answered", async () => {
  const providerMetadata = { openai: { serviceTier: "flex" } };
  const reply = await replyTo({ providerMetadata, response: { modelId: "gpt-5-mini" } });
  assertEquals([reply.serviceTier, reply.servedModel], ["flex", "gpt-5-mini"]);
  const same = await replyTo({ response: { modelId: MODEL } });
  assertEquals([same.serviceTier, same.servedModel], [undefined, undefined]);
  const metadata = { type: "response-metadata", modelId: "gpt-5-mini" } as const;
  const events = await streamed(metadata, { ...finish() as object, providerMetadata } as never);
  assertEquals([events.reply.serviceTier, events.reply.servedModel], ["flex", "gpt-5-mini"]);
  const raw = { input_tokens: 1, output_tokens: 1, service_tier: "batch" };
  assertEquals((await replyTo({ usage: { ...tokens(1, 1), raw } })).serviceTier, "batch");
});

Deno.test("ai-sdk billing: reads the server's own usage of the Responses API", async () => {
  const raw = { input_tokens: 12, output_tokens: 2, total_tokens: 334, cost: 0.5 };
  const { usage, cost } = await replyTo({ usage: { ...tokens(12, 2), raw } });
  assertEquals([usage?.outputTokens, cost?.total], [322, 0.5]);
  // Anthropic's own form has no total, and the SDK has added up its parts.
  const anthropic = { input_tokens: 3, output_tokens: 2, cache_read_input_tokens: 9 };
  const read = await replyTo({ usage: { ...tokens(12, 2), raw: anthropic } });
  assertEquals([read.usage?.inputTokens, read.usage?.outputTokens], [12, 2]);
});

Deno.test("ai-sdk billing: reads the writes to a cache that are kept for an hour", async () => {
  const raw = {
    input_tokens: 3,
    output_tokens: 2,
    cache_creation_input_tokens: 9,
    cache_creation: { ephemeral_5m_input_tokens: 4, ephemeral_1h_input_tokens: 5 },
  };
  const usage = { ...tokens(12, 2), raw };
  usage.inputTokens = { ...usage.inputTokens, cacheWrite: 9 } as never;
  const reply = await replyTo({ usage });
  assertEquals([reply.usage?.cacheWriteTokens, reply.longCacheWriteTokens], [9, 5]);
});

Deno.test("ai-sdk billing: the oldest version leaves reasoning and the cache out", async () => {
  const replyOf = async (more: object) => {
    const doGenerate = { ...result(), ...more };
    const model = older("v2", { doGenerate });
    return (await aiSdk(model).generate(request(), { signal: neverAborts() })).usage;
  };
  const google = await replyOf({
    usage: { inputTokens: 35, outputTokens: 12, totalTokens: 109, reasoningTokens: 62 },
  });
  assertEquals([google?.outputTokens, google?.reasoningTokens], [74, 62]);
  const anthropic = await replyOf({
    usage: { inputTokens: 3, outputTokens: 2, totalTokens: 5, cachedInputTokens: 9 },
    providerMetadata: {
      anthropic: {
        usage: {
          input_tokens: 3,
          output_tokens: 2,
          cache_read_input_tokens: 9,
          cache_creation_input_tokens: 8,
        },
      },
    },
  });
  assertEquals(
    [anthropic?.inputTokens, anthropic?.cachedInputTokens, anthropic?.cacheWriteTokens],
    [20, 9, 8],
  );
});

Deno.test("ai-sdk billing: names the vendor of each model", () => {
  const vendorOf = (provider: string) => {
    const model = new MockLanguageModelV4({ provider, doGenerate: result() });
    return aiSdk(model).vendor!(MODEL);
  };
  assertEquals(vendorOf("openai.chat"), "openai");
  assertEquals(vendorOf("google.generative-ai"), "google");
  assertEquals(vendorOf("openrouter"), "openrouter");
  const only = aiSdk(new MockLanguageModelV4({ doGenerate: result() }));
  assertEquals(only.vendor!("another"), undefined);
});

Deno.test("ai-sdk billing: raw parts are no text", async () => {
  const parts = [
    { type: "raw", rawValue: { choices: [{ delta: { content: "hi" } }] } },
    { type: "text-delta", id: "1", delta: "hi" },
    finish(),
  ];
  const model = new MockLanguageModelV4({
    doStream: { stream: ReadableStream.from(parts) as never },
  });
  const { text } = await read(aiSdk(model).stream(request(), { signal: neverAborts() }));
  assertEquals(text, "hi");
});
