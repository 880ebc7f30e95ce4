import { defineAgent } from "@shoal/agents";
import { assertEquals, assertStringIncludes } from "@std/assert";
import { configured, errorOf } from "../../helpers.ts";
import { completion, DONE, type Pair, respondWith, startPair, streamOf } from "./helpers.ts";

const choice = { message: { role: "assistant", content: "hi" }, finish_reason: "stop" };
const agentOf = ({ provider }: Pair) =>
  defineAgent({ name: "a", model: "m", prompt: "x", provider, retries: 0 });

Deno.test("chat reply: reads text, finish reason and usage", async () => {
  await using pair = startPair({
    respond: () => ({ content: "grün", usage: { inputTokens: 12, outputTokens: 3 } }),
  });
  assertEquals(await pair.generate(), {
    text: "grün",
    finishReason: "stop",
    usage: {
      inputTokens: 12,
      cachedInputTokens: 0,
      cacheWriteTokens: 0,
      outputTokens: 3,
      reasoningTokens: 0,
      totalTokens: 15,
    },
    refusal: undefined,
  });
});

Deno.test("chat reply: reads cached and reasoning tokens, and prices them", async () => {
  await using pair = respondWith(completion(choice, {
    prompt_tokens: 100,
    completion_tokens: 50,
    total_tokens: 150,
    prompt_tokens_details: { cached_tokens: 80 },
    completion_tokens_details: { reasoning_tokens: 40 },
  }));
  using _ = configured({ prices: { m: { input: 1, output: 10 } } });
  const result = await agentOf(pair).call({});
  assertEquals(result.usage, {
    inputTokens: 100,
    cachedInputTokens: 80,
    cacheWriteTokens: 0,
    outputTokens: 50,
    reasoningTokens: 40,
    totalTokens: 150,
  });
  assertEquals(result.cost?.output, 50 * 10 / 1e6);
});

Deno.test("chat reply: counts details that are null or absent as 0", async () => {
  for (const details of [null, undefined, {}, { cached_tokens: null, reasoning_tokens: null }]) {
    await using pair = respondWith(completion(choice, {
      prompt_tokens: 1,
      completion_tokens: 2,
      prompt_tokens_details: details,
      completion_tokens_details: details,
    }));
    const { usage } = await pair.generate();
    assertEquals([usage?.cachedInputTokens, usage?.reasoningTokens], [0, 0]);
    assertEquals(usage?.totalTokens, 3);
  }
});

Deno.test("chat reply: has no usage and no price if the server reports none", async () => {
  for (const usage of [undefined, null, {}, { prompt_tokens: "many", completion_tokens: 1 }]) {
    await using pair = respondWith(completion(choice, usage));
    assertEquals((await pair.generate()).usage, undefined);
    using _ = configured({ prices: { m: { input: 1, output: 10 } } });
    const result = await agentOf(pair).call({});
    assertEquals([result.usage.totalTokens, result.cost], [0, undefined]);
  }
});

Deno.test("chat reply: maps finish reasons, and takes a missing one for stop", async () => {
  const reasons: [unknown, string][] = [
    ["stop", "stop"],
    ["length", "length"],
    ["tool_calls", "tool_calls"],
    ["content_filter", "content_filter"],
    ["eos", "stop"],
    ["end_turn", "stop"],
    ["MAX_TOKENS", "length"],
    ["model_length", "length"],
    ["sensitive", "content_filter"],
    ["content_filter: RECITATION", "content_filter"],
    ["something_new", "something_new"],
    [null, "stop"],
    ["", "stop"],
    [undefined, "stop"],
  ];
  for (const [finish_reason, expected] of reasons) {
    await using pair = respondWith(completion({ message: { content: "a" }, finish_reason }));
    assertEquals((await pair.generate()).finishReason, expected);
  }
});

Deno.test("chat reply: reads content that is null, empty or in parts", async () => {
  const contents: [unknown, string][] = [
    [null, ""],
    [undefined, ""],
    ["", ""],
    [[{ type: "text", text: "a" }, { type: "text", text: "b" }], "ab"],
    [
      [{ type: "thinking", thinking: [{ type: "text", text: "hm" }] }, { type: "text", text: "c" }],
      "c",
    ],
    [[null, 5, { type: "text" }], ""],
  ];
  for (const [content, expected] of contents) {
    await using pair = respondWith(completion({ message: { content }, finish_reason: "stop" }));
    assertEquals((await pair.generate()).text, expected);
  }
});

Deno.test("chat reply: fails on a refusal", async () => {
  await using pair = startPair({ script: ["refusal", "refusal", "contentFilter"] });
  assertStringIncludes((await pair.generate()).refusal!, "can't help");
  const refused = await errorOf(agentOf(pair).call({}));
  assertEquals([refused.code, refused.retryable], ["filtered", false]);
  assertStringIncludes(refused.text!, "can't help");
  assertEquals((await errorOf(agentOf(pair).call({}))).code, "filtered");
});

Deno.test("chat reply: ignores an empty refusal", async () => {
  for (const refusal of ["", null]) {
    await using pair = respondWith(
      completion({ message: { content: "yes", refusal }, finish_reason: "stop" }),
    );
    assertEquals((await pair.generate()).refusal, undefined);
    assertEquals((await agentOf(pair).call({})).content, "yes");
  }
});

Deno.test("chat reply: reports a reply that was cut off", async () => {
  await using pair = startPair({ script: ["length"], respond: () => "12345678" });
  const reply = await pair.generate();
  assertEquals([reply.text, reply.finishReason], ["1234", "length"]);
});

Deno.test("chat reply: reads an answer that is an object instead of its JSON", async () => {
  const cases: [content: string, text: string][] = [
    ['{"label":"good","type":"text"}', '{"label":"good","type":"text"}'],
    ['{"id":1234567890123456789,"n":1e400}', '{"id":1234567890123456789,"n":1e400}'],
    ["{}", "{}"],
    ["5", "5"],
    ["true", "true"],
    ["[]", ""],
    ["null", ""],
    ['[{"type":"text","text":"a"},{"type":"text","text":"b"}]', "ab"],
    ['[{"type":"output_text","text":"a"},{"text":"b"},"c",{"type":"image","text":"d"}]', "abc"],
  ];
  for (const [content, text] of cases) {
    const headers = { "content-type": "application/json" };
    const body = `{"choices":[{"message":{"role":"assistant","content":${content}},` +
      '"finish_reason":"stop"}]}';
    await using pair = respondWith(body, { headers });
    assertEquals((await pair.generate()).text, text);
    const event = `data: {"choices":[{"delta":{"content":${content}},"finish_reason":"stop"}]}\n\n`;
    await using streamed = streamOf(event, DONE);
    assertEquals((await streamed.stream()).reply.text, text);
  }
});

Deno.test("chat reply: keeps the digits in the arguments of tools that are objects", async () => {
  const call = '{"id":"1","function":{"name":"find","arguments":{"id":1234567890123456789}}}';
  const body = `{"choices":[{"message":{"content":null,"tool_calls":[${call}]}}]}`;
  await using pair = respondWith(body, { headers: { "content-type": "application/json" } });
  assertEquals((await pair.generate()).toolCalls![0]!.args, '{"id":1234567890123456789}');
  const event = `data: {"choices":[{"delta":{"tool_calls":[${call}]},` +
    '"finish_reason":"tool_calls"}]}\n\n';
  await using streamed = streamOf(event, DONE);
  const { reply } = await streamed.stream();
  assertEquals(reply.toolCalls![0]!.args, '{"id":1234567890123456789}');
});
