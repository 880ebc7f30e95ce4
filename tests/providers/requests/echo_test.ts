/** What came with tool calls goes back with their results, and only where it came from. */
import { defineAgent, defineTool, memoryCache, type Message } from "@shoal/agents";
import { openai } from "@shoal/agents/openai";
import { assertEquals } from "@std/assert";
import type { LanguageModelV4Content } from "@ai-sdk/provider";
import { aiSdk } from "@shoal/agents/ai-sdk";
import { MockLanguageModelV4 } from "ai/test";
import { MODEL, result } from "../ai_sdk/helpers.ts";
import { neverAborts, read, request } from "../openai/helpers.ts";
import { type Body, chatAnswer, recordingServer } from "./helpers.ts";

const add = defineTool({
  name: "add",
  input: { type: "object", properties: { a: { type: "number" } } },
  run: () => 3,
});

const call = (more: object = {}) => ({
  id: "c1",
  type: "function",
  function: { name: "add", arguments: '{"a":1}' },
  ...more,
});
const SIGNED = { extra_content: { google: { thought_signature: "c2lnbmF0dXJl" } } };

interface Dialect {
  /** The message with the tool call. */
  readonly message: Body;
  /** The same message in pieces. */
  readonly deltas: readonly object[];
  /** What must come back. */
  readonly back: Body;
}

const index = 0;
const begin = { index, id: "c1", type: "function", function: { name: "add", arguments: "" } };
const rest = { index, function: { arguments: '{"a":1}' } };

const DIALECTS: Readonly<Record<string, Dialect>> = {
  "reasoning_content (DeepSeek, Kimi)": {
    message: { content: "", reasoning_content: "I must add.", tool_calls: [call()] },
    deltas: [
      { role: "assistant", content: "", reasoning_content: "" },
      { reasoning_content: "I must " },
      { reasoning_content: "add.", content: null },
      { tool_calls: [begin] },
      { tool_calls: [rest] },
    ],
    back: { reasoning_content: "I must add." },
  },
  "an empty reasoning_content": {
    message: { content: "Let me see.", reasoning_content: "", tool_calls: [call()] },
    deltas: [{ reasoning_content: "" }, { content: "Let me see." }, { tool_calls: [call()] }],
    back: { content: "Let me see.", reasoning_content: "" },
  },
  "extra_content of a tool call (Gemini 3)": {
    message: { tool_calls: [call(SIGNED)] },
    deltas: [{ tool_calls: [{ ...begin, ...SIGNED }] }, { tool_calls: [rest] }],
    back: { tool_calls: [call(SIGNED)] },
  },
  "a signature after the arguments": {
    message: { tool_calls: [call(SIGNED)] },
    deltas: [{ tool_calls: [begin] }, { tool_calls: [rest] }, {
      tool_calls: [{ index, ...SIGNED }],
    }],
    back: { tool_calls: [call(SIGNED)] },
  },
  "parallel calls of which the first is signed": {
    message: { tool_calls: [call(SIGNED), call({ id: "c2" })] },
    deltas: [
      { tool_calls: [{ ...call({ index: 0 }), ...SIGNED }] },
      { tool_calls: [call({ id: "c2", index: 1 })] },
    ],
    back: { tool_calls: [call(SIGNED), call({ id: "c2" })] },
  },
  "reasoning and reasoning_details (OpenRouter)": {
    message: {
      content: "",
      reasoning: "Add them.",
      reasoning_details: [
        { type: "reasoning.text", text: "Add them.", signature: "s1", format: "x", index: 0 },
        { type: "reasoning.encrypted", data: "AAAA", id: "e1", format: "x", index: 0 },
        { type: "reasoning.encrypted", data: "BBBB", id: "e2", format: "x", index: 0 },
      ],
      tool_calls: [call()],
    },
    deltas: [
      {
        reasoning: "Add ",
        reasoning_details: [
          { type: "reasoning.text", text: "Add ", signature: null, format: "x", index: 0 },
        ],
      },
      {
        reasoning: "them.",
        reasoning_details: [{ type: "reasoning.text", text: "them.", format: "x", index: 0 }],
      },
      {
        reasoning_details: [
          { type: "reasoning.text", text: "", signature: "s1", format: "x", index: 0 },
        ],
      },
      {
        reasoning_details: [
          { type: "reasoning.encrypted", data: "AAAA", id: "e1", format: "x", index: 0 },
          { type: "reasoning.encrypted", data: "BBBB", id: "e2", format: "x", index: 0 },
        ],
        tool_calls: [call({ index })],
      },
    ],
    back: {
      reasoning: "Add them.",
      reasoning_details: [
        { type: "reasoning.text", text: "Add them.", signature: "s1", format: "x", index: 0 },
        { type: "reasoning.encrypted", data: "AAAA", id: "e1", format: "x", index: 0 },
        { type: "reasoning.encrypted", data: "BBBB", id: "e2", format: "x", index: 0 },
      ],
    },
  },
  "thinking parts in the content (Mistral)": {
    message: {
      content: [
        { type: "thinking", thinking: [{ type: "text", text: "Add them." }] },
        { type: "text", text: "Let me see." },
      ],
      tool_calls: [call()],
    },
    deltas: [
      { content: [{ type: "thinking", thinking: [{ type: "text", text: "Add " }] }] },
      { content: [{ type: "thinking", thinking: [{ type: "text", text: "them." }] }] },
      { content: "Let me " },
      { content: "see." },
      { tool_calls: [call()] },
    ],
    back: {
      content: [
        { type: "thinking", thinking: [{ type: "text", text: "Add them." }] },
        { type: "text", text: "Let me see." },
      ],
    },
  },
  "nothing beside the calls": {
    message: { content: "Let me see.", reasoning_content: null, tool_calls: [call()] },
    deltas: [{ content: "Let me see." }, { tool_calls: [begin] }, { tool_calls: [rest] }],
    back: {},
  },
};

/** What may be in a message of the assistant of a server that sent nothing beside it. */
const PLAIN = new Set(["role", "content", "tool_calls"]);

for (const [name, { message, deltas, back }] of Object.entries(DIALECTS)) {
  for (const streamed of [false, true]) {
    Deno.test(`echo: sends back ${name}, ${streamed ? "streamed" : "complete"}`, async () => {
      // Strict, as these servers are: a 400 for what is missing and for what was never sent.
      await using server = recordingServer((body) => {
        const second = body.messages.find(({ role }: Body) => role === "assistant");
        if (second === undefined) return chatAnswer(body, message, deltas);
        const missing = Object.entries(back).some(([field, value]) =>
          JSON.stringify(second[field]) !== JSON.stringify(value)
        );
        const unasked = Object.keys(second).filter((field) =>
          !PLAIN.has(field) && !(field in back)
        );
        if (missing || unasked.length > 0) {
          const error = { message: `must pass back ${Object.keys(back)}, not ${unasked}` };
          return Response.json({ error }, { status: 400 });
        }
        return chatAnswer(body, { content: "3" });
      });
      await using provider = openai({ baseURL: server.url });
      const A = defineAgent({ name: "a", model: "m", prompt: "x", tools: [add], provider });
      const result = await A.settle({}, streamed ? { onDelta() {} } : {});
      assertEquals([result.content, result.error?.message], ["3", undefined]);
      assertEquals(server.bodies.length, 2);
    });
  }
}

const { message: DEEPSEEK } = DIALECTS["reasoning_content (DeepSeek, Kimi)"]!;
const assistantOf = ({ messages }: Body) => messages.find(({ role }: Body) => role === "assistant");

Deno.test("echo: goes to no other model and no other server", async () => {
  await using server = recordingServer((body) =>
    assistantOf(body) === undefined
      ? chatAnswer(body, DEEPSEEK)
      : body.model === "first"
      ? Response.json({ error: { message: "down" } }, { status: 503 })
      : chatAnswer(body, { content: "ok" })
  );
  await using other = recordingServer((body) => chatAnswer(body, { content: "ok" }));
  await using provider = openai({ baseURL: server.url });
  await using elsewhere = openai({ baseURL: other.url });
  const A = defineAgent({ name: "a", model: "first", prompt: "x", tools: [add], provider });
  const options = { retries: 0 };
  await A.call({}, { ...options, fallbackModels: ["second"] });
  const fallbackModels = [{ model: "first", provider: elsewhere }];
  await A.call({}, { ...options, fallbackModels });
  const sent = (body: Body) => "reasoning_content" in assistantOf(body);
  const seconds = server.bodies.filter(assistantOf);
  assertEquals(seconds.map((body) => [body.model, sent(body)]), [
    ["first", true],
    ["second", false],
    ["first", true],
  ]);
  assertEquals(other.bodies.map(sent), [false]);
});

Deno.test("echo: a conversation that is continued carries it", async () => {
  await using server = recordingServer((body) =>
    chatAnswer(body, assistantOf(body) === undefined ? DEEPSEEK : { content: "ok" })
  );
  await using provider = openai({ baseURL: server.url });
  const reply = await provider.generate(request("x", { tools: [] }), { signal: neverAborts() });
  const stored = JSON.parse(JSON.stringify(reply));
  const messages: Message[] = [
    { role: "user", content: "x" },
    { role: "assistant", content: reply.text, ...pick(stored) },
    { role: "tool", toolCallId: "c1", content: "3" },
  ];
  await defineAgent({ name: "a", model: "m", prompt: "And now?", provider }).call({}, { messages });
  assertEquals(assistantOf(server.bodies[1]!).reasoning_content, "I must add.");
});

const pick = ({ toolCalls, providerData }: Message) => ({ toolCalls, providerData });

Deno.test("echo: is in replies from a cache, and not in those without tool calls", async () => {
  await using server = recordingServer((body) =>
    chatAnswer(body, assistantOf(body) === undefined ? DEEPSEEK : { content: "ok" })
  );
  await using provider = openai({ baseURL: server.url });
  const cache = { store: memoryCache(), ttl: 60_000 };
  const A = defineAgent({ name: "a", model: "m", prompt: "{q}", tools: [add], provider, cache });
  await A.call({ q: "x" });
  // The first round comes from the cache.
  let runs = 0;
  const changed = defineTool({ name: "add", input: add.parameters, run: () => ++runs + 10 });
  await A.with({ tools: [changed] }).call({ q: "x" });
  assertEquals(runs, 1);
  assertEquals(server.bodies.length, 3);
  for (const body of server.bodies.slice(1)) {
    assertEquals(assistantOf(body).reasoning_content, "I must add.");
  }

  await using plain = recordingServer((body) =>
    chatAnswer(body, { content: "ok", reasoning_content: "Hm." })
  );
  await using direct = openai({ baseURL: plain.url });
  const complete = await direct.generate(request(), { signal: neverAborts() });
  const { reply } = await read(direct.stream(request(), { signal: neverAborts() }));
  assertEquals(["providerData" in complete, "providerData" in reply], [false, false]);
});

Deno.test("echo: is left out for a server that rejects what it sent itself", async () => {
  await using server = recordingServer((body) => {
    const second = assistantOf(body);
    if (second === undefined) return chatAnswer(body, DEEPSEEK);
    if (!("reasoning_content" in second)) return chatAnswer(body, { content: "ok" });
    const message = "'messages.1': property 'reasoning_content' is unsupported";
    return Response.json({ error: { message, type: "invalid_request_error" } }, { status: 400 });
  });
  await using provider = openai({ baseURL: server.url });
  const A = defineAgent({ name: "a", model: "m", prompt: "x", tools: [add], provider });
  assertEquals((await A.call({})).content, "ok");
  assertEquals((await A.call({})).content, "ok");
  assertEquals(server.bodies.length, 5);
});

Deno.test("echo: an AI SDK model gets the parts of its answer in their order", async () => {
  const signature = { anthropic: { signature: "s" } };
  const content: LanguageModelV4Content[] = [
    { type: "reasoning", text: "Add them.", providerMetadata: signature },
    { type: "text", text: "Let me " },
    {
      type: "tool-call",
      toolCallId: "w1",
      toolName: "web_search",
      input: '{"q":"x"}',
      providerExecuted: true,
    },
    { type: "tool-result", toolCallId: "w1", toolName: "web_search", result: [{ url: "u" }] },
    { type: "text", text: "add." },
    { type: "tool-call", toolCallId: "c1", toolName: "add", input: '{"a":1}' },
  ];
  const calls = () => result({ content, finishReason: { unified: "tool-calls", raw: "tool_use" } });
  const model = new MockLanguageModelV4({ doGenerate: [calls(), result(), result()] });
  const provider = aiSdk(model);
  const cache = { store: memoryCache(), ttl: 60_000 };
  const A = defineAgent({ name: "a", model: MODEL, prompt: "x", tools: [add], provider, cache });
  await A.call({});
  // The first answer comes from the cache, as a copy.
  const again = defineTool({ name: "add", input: add.parameters, run: () => 4 });
  await A.with({ tools: [again] }).call({});
  const back = [
    { type: "reasoning", text: "Add them.", providerOptions: signature },
    { type: "text", text: "Let me " },
    {
      type: "tool-call",
      toolCallId: "w1",
      toolName: "web_search",
      input: { q: "x" },
      providerExecuted: true,
    },
    {
      type: "tool-result",
      toolCallId: "w1",
      toolName: "web_search",
      output: { type: "json", value: [{ url: "u" }] },
    },
    { type: "text", text: "add." },
    { type: "tool-call", toolCallId: "c1", toolName: "add", input: { a: 1 } },
  ];
  assertEquals(model.doGenerateCalls.length, 3);
  for (const { prompt } of model.doGenerateCalls.slice(1)) {
    assertEquals<unknown>(prompt[1]!.content, back);
  }

  const other = new MockLanguageModelV4({ doGenerate: result(), modelId: "other" });
  const reply = await aiSdk(new MockLanguageModelV4({ doGenerate: calls() }))
    .generate(request("x", { model: MODEL }), { signal: neverAborts() });
  const messages: Message[] = [
    { role: "assistant", content: reply.text, ...pick(reply as unknown as Message) },
    { role: "tool", toolCallId: "c1", content: "3" },
  ];
  await aiSdk(other).generate(request("x", { model: "other", messages }), {
    signal: neverAborts(),
  });
  assertEquals<unknown>(other.doGenerateCalls[0]!.prompt[0]!.content, [
    { type: "text", text: "Let me add." },
    { type: "tool-call", toolCallId: "c1", toolName: "add", input: { a: 1 } },
  ]);
});
