import { type ModelRequest, ProviderError } from "@shoal/agents";
import { simulator } from "@shoal/agents/testing";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { MockLanguageModelV3, MockLanguageModelV4 } from "ai/test";
import { aiSdk } from "../../../src/providers/ai_sdk/ai_sdk.ts";
import { callOptionsFor, MODEL, older, request, result } from "./helpers.ts";
import { neverAborts } from "../openai/helpers.ts";

const PNG = "data:image/png;base64,iVBORw0KGgo=";
const PDF = "data:application/pdf;base64,JVBERi0=";

function rejection(
  more: Partial<ModelRequest>,
  model?: MockLanguageModelV3,
): Promise<ProviderError> {
  const provider = aiSdk(model ?? new MockLanguageModelV4({ doGenerate: result() }));
  return assertRejects(
    () => provider.generate(request("x", more), { signal: neverAborts() }),
    ProviderError,
  );
}

Deno.test("ai-sdk request: omits what is not set", async () => {
  const { prompt, headers, abortSignal, ...rest } = await callOptionsFor(request("Hello"));
  assertEquals(prompt, [{ role: "user", content: [{ type: "text", text: "Hello" }] }]);
  assertMatch(headers!["idempotency-key"]!, /^[\da-f-]{36}$/);
  assertEquals(abortSignal instanceof AbortSignal, true);
  assertEquals(rest, {});
});

Deno.test("ai-sdk request: sends an idempotency key per attempt", async () => {
  const keys = [await callOptionsFor(request()), await callOptionsFor(request())].map((
    { headers },
  ) => headers!["idempotency-key"]);
  assertEquals(new Set(keys).size, 2);
});

Deno.test("ai-sdk request: passes settings, schema and tools", async () => {
  const schema = { type: "object", properties: { label: { type: "string" } } };
  const call = await callOptionsFor(request("x", {
    settings: {
      temperature: 0,
      maxTokens: 5,
      topP: 0.5,
      stop: "END",
      seed: 0,
      reasoningEffort: "none",
      extra: { topK: 4, toolChoice: { type: "required" }, anthropic: { thinking: { budget: 1 } } },
    },
    output: { name: "label", schema },
    tools: [{ name: "now", parameters: schema }, {
      name: "then",
      description: "When it was",
      parameters: schema,
    }],
  }));
  const { prompt: _, headers: _headers, abortSignal: _signal, ...rest } = call;
  assertEquals<unknown>(rest, {
    temperature: 0,
    maxOutputTokens: 5,
    topP: 0.5,
    stopSequences: ["END"],
    seed: 0,
    reasoning: "none",
    responseFormat: { type: "json", schema, name: "label" },
    tools: [
      { type: "function", name: "now", description: undefined, inputSchema: schema },
      { type: "function", name: "then", description: "When it was", inputSchema: schema },
    ],
    topK: 4,
    toolChoice: { type: "required" },
    providerOptions: { anthropic: { thinking: { budget: 1 } } },
  });
  const many = await callOptionsFor(request("x", { settings: { stop: ["a", "b"] }, tools: [] }));
  assertEquals([many.stopSequences, many.tools], [["a", "b"], undefined]);
  const tools = [{ name: "now", parameters: { type: "object" } }];
  const last = await callOptionsFor(request("x", { tools, toolChoice: "none" }));
  assertEquals([last.tools?.length, last.toolChoice], [1, { type: "none" }]);
});

Deno.test("ai-sdk request: rejects an unknown setting, which the SDK would ignore", async () => {
  const error = await rejection({ settings: { extra: { top_k: 5 } } });
  assertEquals([error.code, error.retryable], ["invalid_params", false]);
  assertMatch(error.message, /in extra, "top_k" must hold the options of the AI SDK's provider/);
});

Deno.test("ai-sdk request: reports what is not JSON as invalid_params", async () => {
  await using sim = simulator();
  const provider = aiSdk(createOpenAICompatible({ name: "local", baseURL: sim.url }));
  const error = await assertRejects(
    () =>
      provider.generate(request("x", { settings: { extra: { local: { n: 1n } } } }), {
        signal: neverAborts(),
      }),
    ProviderError,
  );
  assertEquals([error.code, error.retryable], ["invalid_params", false]);
  assertEquals(sim.stats.requests, 0);
});

Deno.test("ai-sdk request: converts a conversation with parts and tools", async () => {
  const { prompt } = await callOptionsFor(request("", {
    messages: [
      { role: "system", content: [{ type: "text", text: "Be " }, { type: "text", text: "kind." }] },
      {
        role: "user",
        content: [
          { type: "text", text: "See" },
          { type: "image", url: PNG },
          { type: "image", url: "https://host/a.png" },
          { type: "file", url: PDF, name: "a.pdf" },
          { type: "file", url: "https://host/b.pdf?x=1" },
          { type: "file", url: "file-123" },
        ],
      },
      {
        role: "assistant",
        content: "",
        toolCalls: [
          { id: "1", name: "add", args: '{"a":1}' },
          { id: "2", name: "now", args: "" },
          { id: "3", name: "bad", args: "{oops" },
        ],
      },
      { role: "tool", toolCallId: "1", content: "2" },
      { role: "tool", toolCallId: "2", content: [{ type: "text", text: "noon" }] },
      { role: "tool", toolCallId: "3", content: "no JSON" },
      { role: "assistant", content: "It is noon." },
      { role: "user", content: "Again" },
      {
        role: "assistant",
        content: "Well",
        toolCalls: [{ id: "1", name: "sub", args: "[]" }],
      },
      { role: "tool", toolCallId: "1", content: "" },
    ],
  }));
  const file = (data: unknown, mediaType: string, filename?: string) => ({
    type: "file",
    ...(filename && { filename }),
    data,
    mediaType,
  });
  const text = (text: string) => ({ type: "text", text });
  const call = (toolCallId: string, toolName: string, input: unknown) => ({
    type: "tool-call",
    toolCallId,
    toolName,
    input,
  });
  const gave = (toolCallId: string, toolName: string, value: string) => ({
    type: "tool-result",
    toolCallId,
    toolName,
    output: { type: "text", value },
  });
  assertEquals<unknown>(prompt, [
    { role: "system", content: "Be kind." },
    {
      role: "user",
      content: [
        text("See"),
        file({ type: "data", data: "iVBORw0KGgo=" }, "image/png"),
        file({ type: "url", url: new URL("https://host/a.png") }, "image"),
        file({ type: "data", data: "JVBERi0=" }, "application/pdf", "a.pdf"),
        file({ type: "url", url: new URL("https://host/b.pdf?x=1") }, "application/pdf"),
        file(
          { type: "reference", reference: { "mock-provider": "file-123" } },
          "application/octet-stream",
        ),
      ],
    },
    {
      role: "assistant",
      content: [call("1", "add", { a: 1 }), call("2", "now", {}), call("3", "bad", {})],
    },
    {
      role: "tool",
      content: [gave("1", "add", "2"), gave("2", "now", "noon"), gave("3", "bad", "no JSON")],
    },
    { role: "assistant", content: [text("It is noon.")] },
    { role: "user", content: [text("Again")] },
    { role: "assistant", content: [text("Well"), call("1", "sub", [])] },
    { role: "tool", content: [gave("1", "sub", "")] },
  ]);
});

for (const version of ["v3", "v2"] as const) {
  Deno.test(`ai-sdk request: writes files in the format of ${version}`, async () => {
    const model = older(version, { doGenerate: result() });
    const content = [
      { type: "image", url: PNG },
      { type: "image", url: "https://host/a.png" },
      { type: "file", url: PDF, name: "a.pdf" },
    ] as const;
    await aiSdk(model).generate(request(content), { signal: neverAborts() });
    assertEquals<unknown>(model.doGenerateCalls[0]!.prompt, [{
      role: "user",
      content: [
        { type: "file", data: "iVBORw0KGgo=", mediaType: "image/png" },
        { type: "file", data: new URL("https://host/a.png"), mediaType: "image/*" },
        { type: "file", filename: "a.pdf", data: "JVBERi0=", mediaType: "application/pdf" },
      ],
    }]);
  });
}

Deno.test("ai-sdk request: rejects what a model does not support at once", async () => {
  const image = { type: "image", url: "images/1.png" } as const;
  const cases: [ModelRequest["messages"], RegExp][] = [
    [[{ role: "user", content: [image] }], /the URL of an image must begin with https: or data:/],
    [[{ role: "user", content: [{ ...image, url: "https://" }] }], /must be a complete URL/],
    [[{ role: "user", content: [{ ...image, url: "data:image/png,x" }] }], /must be base64/],
    [[{ role: "system", content: [image] }], /the role "system" must be text/],
    [[{ role: "tool", toolCallId: "9", content: "x" }], /its toolCallId is unknown/],
  ];
  for (const [messages, why] of cases) {
    const error = await rejection({ messages });
    assertEquals([error.code, error.retryable], ["invalid_params", false]);
    assertMatch(error.message, why);
  }
  // The older versions of the interface do not support references to uploaded files.
  const model = new MockLanguageModelV3();
  const file = { type: "file", url: "file-123" } as const;
  const error = await rejection({ messages: [{ role: "user", content: [file] }] }, model);
  assertMatch(error.message, /the URL of a file must begin with https: or data:/);
  assertEquals(model.doGenerateCalls, []);
});

Deno.test("ai-sdk request: reaches a real server in its format", async () => {
  await using sim = simulator({ respond: ({ body }) => JSON.stringify(body) });
  const models = createOpenAICompatible({
    name: "local",
    baseURL: sim.url,
    supportsStructuredOutputs: true,
  });
  const { text } = await aiSdk(models).generate({
    model: MODEL,
    messages: [
      { role: "system", content: "Be kind." },
      { role: "user", content: [{ type: "text", text: "Hi" }, { type: "image", url: PNG }] },
      { role: "assistant", content: "", toolCalls: [{ id: "1", name: "add", args: '{"a":1}' }] },
      { role: "tool", toolCallId: "1", content: "2" },
    ],
    settings: {
      maxTokens: 3,
      reasoningEffort: "low",
      stop: "END",
      extra: { local: { user: "u" } },
    },
    output: { name: "label", schema: { type: "object" } },
    tools: [{ name: "add", parameters: { type: "object" } }],
  }, { signal: neverAborts() });
  assertEquals(JSON.parse(text), {
    model: MODEL,
    user: "u",
    max_tokens: 3,
    reasoning_effort: "low",
    stop: ["END"],
    response_format: {
      type: "json_schema",
      json_schema: { name: "label", schema: { type: "object" }, strict: true },
    },
    messages: [
      { role: "system", content: "Be kind." },
      {
        role: "user",
        content: [{ type: "text", text: "Hi" }, { type: "image_url", image_url: { url: PNG } }],
      },
      {
        role: "assistant",
        content: null,
        tool_calls: [{
          id: "1",
          type: "function",
          function: { name: "add", arguments: '{"a":1}' },
        }],
      },
      { role: "tool", tool_call_id: "1", content: "2" },
    ],
    tools: [{ type: "function", function: { name: "add", parameters: { type: "object" } } }],
  });
});

Deno.test("ai-sdk request: tool calls of earlier rounds keep the digits of their numbers", async () => {
  const args = '{"id":1234567890123456789,"price":0.12345678901234567891}';
  const messages = [
    { role: "user", content: "x" },
    { role: "assistant", content: "", toolCalls: [{ id: "1", name: "find", args }] },
    { role: "tool", toolCallId: "1", content: "" },
  ] as const;
  const bodies: string[] = [];
  const model = createOpenAICompatible({
    name: "local",
    baseURL: "http://127.0.0.1:9/v1",
    fetch: (_url, init) => {
      bodies.push(String(init!.body));
      return Promise.resolve(Response.json({ choices: [{ message: { content: "ok" } }] }));
    },
  }).chatModel("m");
  await aiSdk(model).generate(request("x", { model: "m", messages }), { signal: neverAborts() });
  const [sent] = JSON.parse(bodies[0]!).messages[1].tool_calls;
  assertEquals(sent.function.arguments, args);
});

Deno.test("ai-sdk request: an answer that is sent back keeps the digits of its numbers", async () => {
  const args = '{"id":1234567890123456789}';
  const bodies: string[] = [];
  const model = new MockLanguageModelV4({
    doGenerate: (options) => {
      bodies.push(JSON.stringify(options.prompt));
      return Promise.resolve(result({
        content: [
          { type: "reasoning", text: "hm" },
          { type: "tool-call", toolCallId: "1", toolName: "find", input: args },
        ],
      }));
    },
  });
  const provider = aiSdk(model);
  const ask = (messages: ModelRequest["messages"]) =>
    provider.generate(request("x", { messages }), { signal: neverAborts() });
  const user = { role: "user", content: "x" } as const;
  const { toolCalls, providerData } = await ask([user]);
  // A cache and a journal store it as JSON.
  const stored = JSON.parse(JSON.stringify({ toolCalls, providerData }));
  await ask([
    user,
    { role: "assistant", content: "", ...stored },
    { role: "tool", toolCallId: "1", content: "" },
  ]);
  assertMatch(bodies[1]!, /"hm".*"input":\{"id":1234567890123456789\}/);
});
