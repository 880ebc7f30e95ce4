/** `raw`: what comes beside the text is in `response` of the result. */
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { batch, defineAgent, defineTool, memoryCache, type Provider } from "@shoal/agents";
import { aiSdk } from "@shoal/agents/ai-sdk";
import { memoryJournal } from "@shoal/agents/journal";
import { openai } from "@shoal/agents/openai";
import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { MockLanguageModelV4 } from "ai/test";
import { toPublicResult } from "../../../src/hono/public_result.ts";
import { chatAnswer, recordingServer, responsesAnswer } from "./helpers.ts";

const LOGPROBS = { content: [{ token: "ok", logprob: -0.1 }] };
const MESSAGE = { content: "ok", citations: ["https://host"], logprobs: LOGPROBS };
const ITEM = {
  type: "message",
  content: [{ type: "output_text", text: "ok", annotations: [{ url: "https://host" }] }],
};
const IDS = { id: "chatcmpl-1", model: "served-model", requestId: "req-1" };

const agentOf = (provider: Provider) =>
  defineAgent({ name: "a", model: "m", prompt: "{q}", provider });

for (const streamed of [false, true]) {
  const options = streamed ? { onDelta() {} } : {};
  const title = streamed ? "streamed" : "complete";

  Deno.test(`raw: has all that Chat sends (${title})`, async () => {
    await using server = recordingServer((body) => chatAnswer(body, MESSAGE));
    await using provider = openai({ baseURL: server.url, raw: true });
    const { response, content } = await agentOf(provider).call({ q: "x" }, options);
    const { raw, ...ids } = response!;
    assertEquals([content, ids], ["ok", IDS]);
    assertEquals(Array.isArray(raw), streamed);
    assertStringIncludes(JSON.stringify(raw), JSON.stringify(LOGPROBS));
    assertStringIncludes(JSON.stringify(raw), '"citations":["https://host"]');
  });

  Deno.test(`raw: has all that Responses sends (${title})`, async () => {
    await using server = recordingServer((body) => responsesAnswer(body, [ITEM]));
    await using provider = openai({ baseURL: server.url, raw: true, api: "responses" });
    const { response } = await agentOf(provider).call({ q: "x" }, options);
    const { raw, ...ids } = response!;
    assertEquals(ids, { ...IDS, id: "resp-1" });
    assertStringIncludes(JSON.stringify(raw), '"annotations":[{"url":"https://host"}]');
  });

  Deno.test(`raw: has all that an AI SDK model returns (${title})`, async () => {
    await using server = recordingServer((body) => chatAnswer(body, MESSAGE));
    const model = createOpenAICompatible({ name: "local", baseURL: server.url });
    const { response } = await agentOf(aiSdk(model, { raw: true })).call({ q: "x" }, options);
    const { raw, ...ids } = response!;
    assertEquals(ids, IDS);
    assertStringIncludes(JSON.stringify(raw), '"citations":["https://host"]');
    assert(!JSON.stringify(raw).includes('"messages"'), "the prompt is not part of the answer");
  });

  Deno.test(`raw: is off by default (${title})`, async () => {
    await using server = recordingServer((body) => chatAnswer(body, MESSAGE));
    await using provider = openai({ baseURL: server.url });
    const model = createOpenAICompatible({ name: "local", baseURL: server.url });
    for (const one of [provider, aiSdk(model)]) {
      assertEquals("response" in await agentOf(one).call({ q: "x" }, options), false);
    }
  });
}

Deno.test("raw: is that of the last answer, and absent for a cached one", async () => {
  const tool_calls = [{ id: "1", type: "function", function: { name: "f", arguments: "{}" } }];
  await using server = recordingServer((body, n) =>
    chatAnswer(body, n === 0 ? { tool_calls } : { content: "ok", n })
  );
  await using provider = openai({ baseURL: server.url, raw: true });
  const f = defineTool({ name: "f", input: { type: "object" }, run: () => 1 });
  const cache = { store: memoryCache(), ttl: 60_000 };
  const A = agentOf(provider).with({ tools: [f], cache });
  const first = await A.call({ q: "x" });
  assertStringIncludes(JSON.stringify(first.response!.raw), '"n":1');
  const second = await A.call({ q: "x" });
  assertEquals([second.cached, "response" in second], [true, false]);
});

Deno.test("raw: is in journals that store all, and in no answer over HTTP", async () => {
  await using server = recordingServer((body) => chatAnswer(body, MESSAGE));
  await using provider = openai({ baseURL: server.url, raw: true });
  const A = agentOf(provider);
  for (const store of ["all", "output", "none"] as const) {
    const journal = memoryJournal({ store });
    const calls = [[A, { q: "x" }]] as const;
    const [fresh] = await batch(calls, { journal, runId: "r" });
    assert(fresh.response !== undefined);
    const [record] = await Array.fromAsync(journal.results("r"));
    assertEquals(record!.result!.response, store === "all" ? fresh.response : undefined);
    assert(!JSON.stringify(toPublicResult(fresh)).includes("citations"));
  }
});

Deno.test("raw: must be true or false", () => {
  const raw = "yes" as never;
  assertThrows(
    () => openai({ baseURL: "http://h/v1", raw }),
    TypeError,
    "raw must be true or false",
  );
  assertThrows(() => aiSdk(new MockLanguageModelV4(), { raw }), TypeError, "raw must be");
});
