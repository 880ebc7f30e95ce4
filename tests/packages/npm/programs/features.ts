/** Uses the parts of the library, and throws if one does not work. */
import {
  batch,
  defineAgent,
  defineParallel,
  definePipeline,
  defineRouter,
  defineTool,
  each,
  isAvailable,
  scope,
  stream,
  summarize,
} from "@shoal/agents";
import { aiSdk } from "@shoal/agents/ai-sdk";
import { openai } from "@shoal/agents/openai";
import { recorder, replay, scripted, simulator } from "@shoal/agents/testing";
import { virtualProvider, virtualTime } from "@shoal/agents/testing";
import assert from "node:assert/strict";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import process from "node:process";
import { z } from "zod";

// The simulator, the OpenAI adapter, a batch with faults that retries cover, and streams.
await using server = simulator({
  faults: { error500: 0.1, reset: 0.05 },
  seed: 1,
  respond: ({ text }) => `said ${text}`,
});
await using provider = openai({ baseURL: server.url, apiKey: "none" });
const Say = defineAgent({
  name: "say",
  model: "m",
  prompt: "{text}",
  provider,
  retries: { max: 20, base: 1 },
});
const texts = Array.from({ length: 200 }, (_, i) => `row ${i}`);
const calls = texts.map((text) => [Say, { text }] as const);
const results = await batch(calls, { concurrency: 50 });
assert.deepEqual(results.map(({ content }) => content), texts.map((text) => `said ${text}`));
assert.ok(summarize(results).attempts > 200);
const seen = new Set<number>();
for await (const { index, result } of stream(calls, { concurrency: 20 })) {
  assert.ok(result.ok);
  seen.add(index);
}
assert.equal(seen.size, 200);
let streamed = "";
for await (const event of Say.stream({ text: "I love it" })) {
  if (event.type === "delta") streamed += event.text;
}
assert.equal(streamed, "said I love it");

// A call is aborted while it waits for the server.
{
  await using stuck = simulator({ latency: 60_000 });
  await using waiting = openai({ baseURL: stuck.url, apiKey: "none" });
  const leaving = new AbortController();
  const call = Say.with({ provider: waiting, retries: 0 })
    .settle({ text: "x" }, { signal: leaving.signal });
  while (stuck.stats.inFlight === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  leaving.abort();
  const result = await call;
  assert.equal(result.ok ? "ok" : result.error.code, "aborted");
}

// More calls at once through a proxy than Bun's `fetch` has. The proxy is the server itself.
process.env.HTTP_PROXY = new URL(server.url).origin;
{
  await using proxied = openai({ baseURL: "http://models.example/v1", apiKey: "none" });
  const Proxied = Say.with({ provider: proxied });
  const calls = Array.from({ length: 300 }, (_, i) => [Proxied, { text: `${i}` }] as const);
  const { ok, byError } = summarize(await batch(calls, { concurrency: 300 }));
  assert.deepEqual([ok, byError], [300, {}]);
}
delete process.env.HTTP_PROXY;

// Functions over items, scopes, workflows and tools.
const Echo = defineAgent({
  name: "echo",
  model: "m",
  prompt: "{text}",
  provider: scripted(({ messages }) => String(messages.at(-1)?.content)),
});
assert.deepEqual(
  await each(["a", "b"], async (text) => (await Echo.call({ text })).content, { concurrency: 2 }),
  ["a", "b"],
);
assert.equal(
  await scope({ concurrency: 1 }, async () => {
    const both = await Promise.all([Echo.call({ text: "a" }), Echo.call({ text: "b" })]);
    return both.map(({ content }) => content).join("");
  }),
  "ab",
);
const Parallel = defineParallel({ name: "parallel", branches: { one: Echo, two: Echo } });
assert.deepEqual((await Parallel.call({ text: "x" })).content, { one: "x", two: "x" });
const Pipeline = definePipeline({
  name: "pipeline",
  steps: [Echo, { agent: Echo, params: (text) => ({ text: `${text}!` }) }],
});
assert.equal((await Pipeline.call({ text: "x" })).content, "x!");
const Router = defineRouter({
  name: "router",
  by: Echo.with({ name: "choice" }),
  routes: { one: Echo, two: Parallel },
});
const routed = await Router.call({ text: "one" });
assert.deepEqual([routed.route, routed.content], ["one", "one"]);
const double = defineTool({
  name: "double",
  description: "Doubles a number.",
  input: z.object({ n: z.number() }),
  run: ({ n }) => n * 2,
});
const Guide = defineAgent({
  name: "guide",
  model: "m",
  prompt: "{question}",
  tools: [double],
  provider: scripted([
    { text: "", toolCalls: [{ id: "1", name: "double", args: '{"n":21}' }] },
    "done",
  ]),
});
const guided = await Guide.call({ question: "?" });
assert.deepEqual([guided.content, guided.toolCalls[0]?.result], ["done", 42]);

// A model of the AI SDK, by its interface alone: no package of the SDK is needed.
const model = {
  specificationVersion: "v3" as const,
  provider: "test",
  modelId: "m",
  supportedUrls: {},
  doGenerate: () =>
    Promise.resolve({
      content: [{ type: "text", text: "from the SDK" }],
      finishReason: { unified: "stop", raw: "stop" },
      usage: {
        inputTokens: { total: 1 },
        outputTokens: { total: 1 },
      },
      warnings: [],
    }),
  doStream: () => Promise.reject(new Error("it does not stream")),
};
const Sdk = Echo.with({ provider: aiSdk(model) });
assert.equal((await Sdk.call({ text: "x" })).content, "from the SDK");

// Recordings, and virtual time.
const file = `${await mkdtemp(`${tmpdir()}/shoal-`)}/recording.jsonl`;
{
  await using recording = recorder({ file, baseURL: server.url });
  await using recorded = openai({ baseURL: recording.url, apiKey: "none" });
  assert.equal((await Say.with({ provider: recorded }).call({ text: "x" })).content, "said x");
}
{
  await using replayed = replay({ file });
  await using recorded = openai({ baseURL: replayed.url, apiKey: "none" });
  assert.equal((await Say.with({ provider: recorded }).call({ text: "x" })).content, "said x");
}
const time = virtualTime({ seed: 1 });
const Virtual = Say.with({ provider: virtualProvider({ latency: 60_000 }) });
const virtual = await time.run(() => batch(texts.map((text) => [Virtual, { text }] as const)));
assert.ok(virtual.every(({ ok }) => ok) && time.now >= 60_000);

console.log("ok", isAvailable("workers") ? "workers" : "");
