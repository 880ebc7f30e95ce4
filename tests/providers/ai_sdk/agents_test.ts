/** Agents, batches and retries with models of the AI SDK. */
import { AgentError, batch, defineAgent, type ProviderError } from "@shoal/agents";
import { openai } from "@shoal/agents/openai";
import { simulator, type SimulatorOptions } from "@shoal/agents/testing";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { z } from "zod";
import { aiSdk } from "../../../src/providers/ai_sdk/ai_sdk.ts";
import { until } from "../openai/helpers.ts";

function against(options: SimulatorOptions) {
  const sim = simulator(options);
  const models = createOpenAICompatible({
    name: "local",
    baseURL: sim.url,
    includeUsage: true,
    supportsStructuredOutputs: true,
  });
  return { sim, models, provider: aiSdk(models), [Symbol.asyncDispose]: () => sim.close() };
}

Deno.test("ai-sdk agents: returns a typed output", async () => {
  await using pair = against({});
  const Sentiment = defineAgent({
    name: "sentiment",
    model: "m",
    prompt: "Label the sentiment of this review: {input}",
    output: z.object({ label: z.enum(["positive", "negative"]) }),
    provider: pair.provider,
  });
  const { content, usage, model } = await Sentiment.call({ input: "I love this!" });
  assertEquals([content.label, model], ["positive", "m"]);
  assert(usage.inputTokens > 0 && usage.outputTokens > 0);
});

Deno.test("ai-sdk agents: retries a 429 in a batch once", async () => {
  await using pair = against({
    respond: ({ text }) => `You said ${text}`,
    script: (_, n) => n === 2 ? { type: "rateLimit", retryAfterMs: 20 } : undefined,
  });
  const Echo = defineAgent({
    name: "echo",
    model: "m",
    prompt: "{text}",
    provider: pair.provider,
    retries: { max: 2, base: 1 },
  });
  const results = await batch(
    Array.from({ length: 10 }, (_, i) => [Echo, { text: `${i}` }] as const),
    { concurrency: 3 },
  );
  assertEquals(results.map(({ content }) => content), results.map((_, i) => `You said ${i}`));
  assertEquals(pair.sim.stats.requests, 11);
  const retried = results.filter(({ attempts }) => attempts.length > 1);
  assertEquals(retried.length, 1);
  assertEquals(retried[0]!.attempts.map(({ status }) => status), [429, undefined]);
  assertEquals(retried[0]!.attempts[0]!.retryAfterMs, 20);
});

Deno.test("ai-sdk agents: does not use the SDK's own retries", async () => {
  for (const fault of ["error500", "rateLimit", "reset"] as const) {
    await using pair = against({ script: () => fault, keepAlive: false });
    const Ask = defineAgent({
      name: "ask",
      model: "m",
      prompt: "x",
      provider: pair.provider,
      retries: 0,
    });
    assertEquals((await Ask.settle({})).ok, false);
    assertEquals((await Ask.settle({}, { onDelta() {} })).ok, false);
    assertEquals(pair.sim.stats.requests, 2);
  }
});

Deno.test("ai-sdk agents: falls back from openai() to two models of the AI SDK", async () => {
  await using down = against({ script: () => "error503" });
  await using first = openai({ baseURL: down.sim.url });
  await using pair = against({
    script: ({ model }) => model === "broken" ? "error500" : undefined,
    respond: ({ model }) => `I am ${model}`,
  });
  const Ask = defineAgent({
    name: "ask",
    model: "m",
    prompt: "x",
    provider: first,
    retries: 0,
    fallbackModels: [
      { model: "broken", provider: pair.provider },
      { model: "well", provider: pair.provider },
    ],
  });
  const { content, model, usedFallback, attempts } = await Ask.call({});
  assertEquals([content, model, usedFallback], ["I am well", "well", true]);
  assertEquals(attempts.map(({ model, status }) => [model, status]), [
    ["m", 503],
    ["broken", 500],
    ["well", undefined],
  ]);
});

Deno.test("ai-sdk agents: streams", async () => {
  await using pair = against({ chunkSize: 1, respond: () => "one two three four" });
  const Ask = defineAgent({ name: "ask", model: "m", prompt: "x", provider: pair.provider });
  const pieces: string[] = [];
  const { content, timing } = await Ask.call({}, { onDelta: (text) => void pieces.push(text) });
  assertEquals([content, pieces.join("")], ["one two three four", "one two three four"]);
  assert(pieces.length > 1);
  assert(timing.connectMs !== undefined && timing.connectMs <= timing.firstTokenMs!);
});

Deno.test("ai-sdk agents: aborts the request when a stalled call times out", async () => {
  for (const fault of ["stall", "stallHeaders", "stallKeepAlive"] as const) {
    await using pair = against({ script: () => ({ type: fault, everyMs: 5 }) });
    const Ask = defineAgent({
      name: "ask",
      model: "m",
      prompt: "x",
      provider: pair.provider,
      retries: 0,
    });
    const limits = [{ timeout: { attempt: 60 } }, { timeout: { idle: 60 }, onDelta() {} }];
    for (const options of limits) {
      const error = await assertRejects(() => Ask.call({}, options), AgentError);
      assertEquals([error.code, error.retryable], ["timeout", true]);
      await until(() => pair.sim.stats.inFlight === 0, "the request ends");
    }
  }
});

Deno.test("ai-sdk agents: tries a missing model once, then the fallback", async () => {
  await using pair = against({ respond: () => "fine" });
  const Ask = defineAgent({
    name: "ask",
    model: "gpt",
    prompt: "x",
    retries: 2,
    provider: aiSdk(pair.models("claude")),
    fallbackModels: [{ model: "m", provider: pair.provider }],
  });
  const { content, attempts } = await Ask.call({});
  assertEquals(content, "fine");
  assertEquals(attempts.map(({ model, error }) => [model, error?.code]), [
    ["gpt", "provider"],
    ["m", undefined],
  ]);
});

Deno.test("ai-sdk agents: shares limits between providers of the same models", async () => {
  await using pair = against({ latency: 20 });
  const account = {};
  const limits = { concurrency: 2 };
  const agents = [1, 2].map((i) =>
    defineAgent({
      name: `ask-${i}`,
      model: "m",
      prompt: "x",
      provider: aiSdk(pair.models, { account, limits }),
    })
  );
  await batch(
    Array.from({ length: 12 }, (_, i) => [agents[i % 2]!, {}] as const),
    { concurrency: 12 },
  );
  assertEquals(pair.sim.stats.peakInFlight, 2);
});

Deno.test("ai-sdk agents: reports the server's rate limits with replies and errors", async () => {
  await using server = simulator({ limits: { requestsPerMinute: 2 } });
  const models = createOpenAICompatible({ name: "local", baseURL: server.url });
  const provider = aiSdk(models);
  const options = { signal: new AbortController().signal };
  const request = { model: "m", messages: [{ role: "user", content: "x" }], settings: {} } as const;
  const reply = await provider.generate(request, options);
  assertEquals([reply.rates?.requests?.limit, reply.rates?.requests?.remaining], [2, 1]);
  await provider.generate(request, options);
  const refused = await assertRejects(() => provider.generate(request, options));
  assertEquals((refused as ProviderError).rates?.requests?.limit, 2);
});
