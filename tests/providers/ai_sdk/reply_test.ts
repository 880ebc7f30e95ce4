import { ProviderError } from "@shoal/agents";
import { simulator } from "@shoal/agents/testing";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import type { LanguageModelV4Content, LanguageModelV4StreamPart } from "@ai-sdk/provider";
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { MockLanguageModelV4 } from "ai/test";
import fc from "fast-check";
import { aiSdk, type AiSdkWarning } from "../../../src/providers/ai_sdk/ai_sdk.ts";
import {
  finish,
  MODEL,
  older,
  replyTo,
  request,
  result,
  streamed,
  streamOf,
  tokens,
} from "./helpers.ts";
import { neverAborts, read } from "../openai/helpers.ts";

const USED = {
  inputTokens: 11,
  cachedInputTokens: 0,
  cacheWriteTokens: 0,
  outputTokens: 7,
  reasoningTokens: 0,
  totalTokens: 18,
};
const text = (text: string) => ({ type: "text", text }) as const;
const delta = (delta: string, id = "1") => ({ type: "text-delta", id, delta }) as const;
type Content = Extract<
  LanguageModelV4Content,
  { type: "text" | "reasoning" | "tool-call" }
>;
const call = (toolCallId: string, input: string, more = {}) =>
  ({ type: "tool-call", toolCallId, toolName: "add", input, ...more }) as const;

Deno.test("ai-sdk reply: joins text parts only", async () => {
  const reply = await replyTo({
    content: [
      { type: "reasoning", text: "Hm." },
      text("It is "),
      { type: "source", sourceType: "url", id: "1", url: "https://host" },
      { type: "file", mediaType: "image/png", data: { type: "data", data: "iVBO" } },
      text("noon."),
    ],
  });
  assertEquals(reply, {
    text: "It is noon.",
    finishReason: "stop",
    usage: USED,
    reasoning: "Hm.",
  });
});

Deno.test("ai-sdk reply: prefers structuredOutputText if there is an output schema", async () => {
  const draft = { content: [text("A draft. "), text("{}")], structuredOutputText: "{}" };
  const output = { name: "label", schema: { type: "object" } };
  assertEquals((await replyTo(draft, { output })).text, "{}");
  assertEquals((await replyTo({ ...draft, structuredOutputText: "" }, { output })).text, "");
  assertEquals((await replyTo(draft)).text, "A draft. {}");
});

Deno.test("ai-sdk reply: maps finish reasons", async () => {
  const cases = [
    ["stop", "end_turn", "stop"],
    ["length", "MAX_TOKENS", "length"],
    ["tool-calls", "tool_use", "tool_calls"],
    ["content-filter", "SAFETY", "content_filter"],
    ["other", "pause_turn", "pause_turn"],
    ["stop", undefined, "stop"],
  ] as const;
  for (const [unified, raw, reason] of cases) {
    const finishReason = { unified, raw };
    const complete = await replyTo({ finishReason });
    const { reply } = await streamed(delta("ok"), {
      type: "finish",
      finishReason,
      usage: tokens(11, 7),
    });
    assertEquals(complete, { text: "ok", finishReason: reason, usage: USED });
    assertEquals(reply, complete);
  }
  // A complete result counts as complete without a finish reason.
  const noReason = await replyTo({ finishReason: { unified: "other", raw: undefined } });
  assertEquals(noReason.finishReason, "other");
});

Deno.test("ai-sdk reply: tells refusals from filters by the server's reason", async () => {
  const refused = await replyTo({
    content: [text("I can't.")],
    finishReason: { unified: "content-filter", raw: "stop" },
  });
  assertEquals([refused.finishReason, refused.refusal], ["content_filter", "I can't."]);
  const filtered = await replyTo({
    finishReason: { unified: "content-filter", raw: "content_filter" },
  });
  assertEquals([filtered.finishReason, filtered.refusal], ["content_filter", undefined]);
  await using sim = simulator({ script: () => "refusal" });
  const provider = aiSdk(createOpenAICompatible({ name: "local", baseURL: sim.url }));
  const complete = await provider.generate(request(), { signal: neverAborts() });
  const { reply } = await read(provider.stream(request(), { signal: neverAborts() }));
  for (const { refusal } of [complete, reply]) {
    assertEquals(refusal, "I'm sorry, but I can't help with that.");
  }
});

Deno.test("ai-sdk reply: reads the usage", async () => {
  const usageOf = async (input: object, output: object) => {
    const usage = tokens(undefined, undefined);
    Object.assign(usage.inputTokens, input);
    Object.assign(usage.outputTokens, output);
    return (await replyTo({ usage })).usage;
  };
  assertEquals(await usageOf({ total: 10, cacheRead: 4 }, { total: 6, reasoning: 5 }), {
    inputTokens: 10,
    cachedInputTokens: 4,
    cacheWriteTokens: 0,
    outputTokens: 6,
    reasoningTokens: 5,
    totalTokens: 16,
  });
  const parts = await usageOf({ noCache: 3, cacheRead: 4, cacheWrite: 2 }, {
    text: 1,
    reasoning: 5,
  });
  assertEquals([parts?.inputTokens, parts?.outputTokens], [9, 6]);
  assertEquals((await usageOf({ total: 0 }, { total: 0 }))?.totalTokens, 0);
  // Half a usage would give half a price.
  for (const half of [[{}, {}], [{ total: 1 }, {}], [{}, { total: 1 }], [{ total: NaN }, {}]]) {
    assertEquals(await usageOf(half[0]!, half[1]!), undefined);
  }
});

Deno.test("ai-sdk reply: reads tool calls", async () => {
  const input = '{"a":1}';
  const parts = [
    call("1", input),
    call("2", "{}", { providerExecuted: true }),
    // Some models return an object instead of a string.
    call("3", { b: 2 } as unknown as string),
  ];
  const toolCalls = [{ id: "1", name: "add", args: input }, {
    id: "3",
    name: "add",
    args: '{"b":2}',
  }];
  const finishReason = { unified: "tool-calls", raw: "tool_use" } as const;
  const complete = await replyTo({ content: [text("Let me see."), ...parts], finishReason });
  assertEquals(complete, {
    text: "Let me see.",
    finishReason: "tool_calls",
    usage: USED,
    toolCalls,
  });
  const pieces: LanguageModelV4StreamPart[] = [
    { type: "tool-input-start", id: "1", toolName: "add" },
    { type: "tool-input-delta", id: "1", delta: '{"a"' },
    { type: "tool-input-delta", id: "1", delta: ":1}" },
    { type: "tool-input-end", id: "1" },
  ];
  const { reply, deltas } = await streamed(
    delta("Let me see."),
    ...pieces,
    ...parts,
    finish("tool-calls"),
  );
  assertEquals(reply, complete);
  assertEquals(deltas, ["Let me see."]);
});

Deno.test("ai-sdk reply: runs tools through a real provider, complete and streamed", async () => {
  const toolCalls = [
    { id: "a", name: "add", arguments: { numbers: [1, 2, 3, 4, 5, 6, 7, 8] } },
    { id: "b", name: "now", arguments: {} },
  ];
  await using sim = simulator({ chunkSize: 1, respond: () => ({ content: null, toolCalls }) });
  const provider = aiSdk(
    createOpenAICompatible({ name: "local", baseURL: sim.url, includeUsage: true }),
  );
  const complete = await provider.generate(request(), { signal: neverAborts() });
  assertEquals(complete.toolCalls, [
    { id: "a", name: "add", args: '{"numbers":[1,2,3,4,5,6,7,8]}' },
    { id: "b", name: "now", args: "{}" },
  ]);
  assertEquals([complete.text, complete.finishReason], ["", "tool_calls"]);
  assertEquals((await read(provider.stream(request(), { signal: neverAborts() }))).reply, complete);
});

Deno.test("ai-sdk reply: sends reasoning and signatures back with their tool calls", async () => {
  const google = { google: { thoughtSignature: "s1" } };
  const anthropic = { anthropic: { signature: "s2" } };
  const thought = { type: "reasoning", text: "I must add.", providerMetadata: anthropic } as const;
  const signed = call("1", "{}", { providerMetadata: google });
  const model = new MockLanguageModelV4({
    doGenerate: [
      result({ content: [thought, signed, call("2", "{}")] }),
      result(),
      result(),
    ],
    doStream: streamOf(
      { type: "reasoning-start", id: "r" },
      { type: "reasoning-delta", id: "r", delta: "I must " },
      { type: "reasoning-delta", id: "r", delta: "add." },
      { type: "reasoning-end", id: "r", providerMetadata: anthropic },
      signed,
      call("2", "{}"),
      finish("tool-calls"),
    ),
  });
  const provider = aiSdk(model);
  const complete = await provider.generate(request(), { signal: neverAborts() });
  const { reply } = await read(provider.stream(request(), { signal: neverAborts() }));
  for (const [i, { toolCalls }] of [complete, reply].entries()) {
    const next = request("", {
      messages: [{ role: "assistant", content: "", toolCalls }, {
        role: "tool",
        toolCallId: "1",
        content: "3",
      }],
    });
    await provider.generate(next, { signal: neverAborts() });
    const toolCall = { type: "tool-call", toolName: "add", input: {} };
    const prompt = model.doGenerateCalls[i + 1]!.prompt[0]!.content;
    assertEquals<unknown>(prompt, [
      { type: "reasoning", text: "I must add.", providerOptions: anthropic },
      { ...toolCall, toolCallId: "1", providerOptions: google },
      { ...toolCall, toolCallId: "2" },
    ]);
    // Another provider would not understand it.
    const other = new MockLanguageModelV4({ provider: "other", doGenerate: result() });
    await aiSdk(other).generate(next, { signal: neverAborts() });
    assertEquals<unknown>(other.doGenerateCalls[0]!.prompt[0]!.content, [
      { ...toolCall, toolCallId: "1" },
      { ...toolCall, toolCallId: "2" },
    ]);
  }
});

Deno.test("ai-sdk reply: rejects a malformed result", async () => {
  const nonsense = [undefined, {}, { content: "text" }];
  for (const doGenerate of nonsense) {
    const provider = aiSdk(new MockLanguageModelV4({ doGenerate: () => doGenerate as never }));
    const error = await assertRejects(
      () => provider.generate(request(), { signal: neverAborts() }),
      ProviderError,
    );
    assertEquals([error.code, error.retryable], ["provider", true]);
  }
  const odd = await replyTo({ content: [null, { type: "text" }, text("x")] as never });
  assertEquals(odd.text, "x");
});

Deno.test("ai-sdk reply: keeps the usage of a result with the finish reason error", async () => {
  for (
    const [unified, code] of [["error", "provider"], ["interrupted", "truncated"]] as const
  ) {
    const draft = { finishReason: { unified, raw: undefined } };
    const complete = await assertRejects(() => replyTo(draft), ProviderError);
    const piecewise = await assertRejects(
      () => streamed(delta("ok"), finish(unified)),
      ProviderError,
    );
    for (const error of [complete, piecewise]) {
      assertEquals([error.code, error.retryable, error.text], [code, true, "ok"]);
      assertEquals(error.usage, USED);
    }
  }
});

Deno.test("ai-sdk reply: reports a stream without an end as truncated", async () => {
  const noReason = { type: "finish", finishReason: { unified: "other", raw: undefined } } as const;
  const cases = [
    [delta("Half")],
    [delta("Half"), { ...noReason, usage: tokens(1, 1) }],
    [],
  ] as LanguageModelV4StreamPart[][];
  for (const parts of cases) {
    const error = await assertRejects(() => streamed(...parts), ProviderError);
    assertEquals([error.code, error.retryable], ["truncated", true]);
    assertEquals(error.text, parts.length === 0 ? "" : "Half");
  }
  await using sim = simulator({ script: () => "truncate" });
  const provider = aiSdk(createOpenAICompatible({ name: "local", baseURL: sim.url }));
  const error = await assertRejects(
    () => read(provider.stream(request(), { signal: neverAborts() })),
    ProviderError,
  );
  assertEquals([error.code, error.retryable], ["truncated", true]);
  assert(error.text !== undefined && error.text !== "");
});

Deno.test("ai-sdk reply: emits only text as deltas", async () => {
  const { deltas, reply } = await streamed(
    { type: "stream-start", warnings: [] },
    { type: "response-metadata", id: "1" },
    { type: "ping" },
    { type: "reasoning-start", id: "r" },
    { type: "reasoning-delta", id: "r", delta: "Hm." },
    { type: "reasoning-end", id: "r" },
    { type: "text-start", id: "1" },
    delta("It "),
    delta(""),
    { type: "raw", rawValue: {} },
    delta("is", "2"),
    { type: "source", sourceType: "url", id: "1", url: "https://host" },
    { type: "text-end", id: "1" },
    finish(),
    delta(" not more"),
  );
  assertEquals(deltas, ["It ", "is"]);
  assertEquals(reply, { text: "It is", finishReason: "stop", usage: USED, reasoning: "Hm." });
});

Deno.test("ai-sdk reply: reports reasoning and tool calls as signs of life", async () => {
  const { signs } = await streamed(
    { type: "reasoning-start", id: "r" },
    { type: "reasoning-delta", id: "r", delta: "" },
    { type: "reasoning-delta", id: "r", delta: "Hm." },
    { type: "reasoning-end", id: "r" },
    delta("ok"),
    { type: "tool-input-start", id: "1", toolName: "add" },
    { type: "tool-input-delta", id: "1", delta: "" },
    { type: "tool-input-delta", id: "1", delta: "{}" },
    call("1", "{}"),
    finish("tool-calls"),
  );
  assertEquals(signs, ["(Hm.)", "ok", "…", "…", "…"]);
});

Deno.test("ai-sdk reply: uses the server's reason where the SDK knows none", async () => {
  const reasons = [
    ["MAX_TOKENS", "length"],
    ["sensitive", "content_filter"],
    ["end_turn", "stop"],
    ["something_new", "something_new"],
  ] as const;
  for (const [raw, expected] of reasons) {
    const finishReason = { unified: "other", raw } as const;
    assertEquals((await replyTo({ finishReason })).finishReason, expected);
    assertEquals((await streamed(delta("ok"), finish("other", raw))).reply.finishReason, expected);
  }
  for (const raw of ["error", "insufficient_system_resource", "network_error"]) {
    const error = await assertRejects(
      () => replyTo({ finishReason: { unified: "other", raw } }),
      ProviderError,
    );
    assertEquals([error.retryable, error.text, error.usage], [true, "ok", USED]);
  }
});

Deno.test("ai-sdk reply: fails on nothing with an unknown reason, and on a nameless call", async () => {
  const nothing = {
    content: [],
    finishReason: { unified: "other", raw: "something_new" },
  } as const;
  const nameless = { content: [call("1", "{}", { toolName: "" })] };
  for (const draft of [{ ...nothing, content: [] }, nameless]) {
    const error = await assertRejects(() => replyTo(draft), ProviderError);
    assertEquals([error.code, error.retryable, error.usage], ["provider", true, USED]);
  }
});

Deno.test("ai-sdk reply: reads the results of older versions", async () => {
  const results = {
    v3: { finishReason: { unified: "length", raw: "max" }, usage: tokens(11, 7) },
    v2: {
      finishReason: "length",
      usage: { inputTokens: 11, outputTokens: 7, totalTokens: 18, cachedInputTokens: 0 },
    },
  };
  for (const version of ["v3", "v2"] as const) {
    const model = older(version, {
      doGenerate: { content: [text("ok")], warnings: [], ...results[version] },
      doStream: streamOf(delta("ok"), { type: "finish", ...results[version] } as never),
    });
    const provider = aiSdk(model);
    const complete = await provider.generate(request(), { signal: neverAborts() });
    assertEquals(complete, { text: "ok", finishReason: "length", usage: USED });
    assertEquals(
      (await read(provider.stream(request(), { signal: neverAborts() }))).reply,
      complete,
    );
  }
  const unknown = { type: "finish", finishReason: "unknown", usage: {} };
  const cut = older("v2", { doStream: streamOf(delta("ok"), unknown as never) });
  const error = await assertRejects(
    () => read(aiSdk(cut).stream(request(), { signal: neverAborts() })),
    ProviderError,
  );
  assertEquals(error.code, "truncated");
});

Deno.test("ai-sdk reply: passes the model's warnings to onWarning", async () => {
  const received: AiSdkWarning[] = [];
  const onWarning = (warning: AiSdkWarning) => received.push(warning);
  const warnings = [
    { type: "unsupported", feature: "responseFormat", details: "no schema" },
    { type: "other", message: "Mind the gap" },
  ] as const;
  const model = new MockLanguageModelV4({
    doGenerate: result({ warnings: [...warnings] }),
    doStream: streamOf({ type: "stream-start", warnings: [...warnings] }, finish()),
  });
  const provider = aiSdk(model, { onWarning });
  await provider.generate(request(), { signal: neverAborts() });
  const expected = [
    { model: MODEL, type: "unsupported", feature: "responseFormat", message: "no schema" },
    { model: MODEL, type: "other", message: "Mind the gap" },
  ];
  assertEquals(received.splice(0), expected);
  await read(provider.stream(request(), { signal: neverAborts() }));
  assertEquals(received.splice(0), expected);

  // The oldest version has other field names. Both older versions lack the setting.
  const old = older("v2", {
    doGenerate: result({
      warnings: [{ type: "unsupported-setting", setting: "seed" }, {
        type: "unsupported-tool",
        tool: { type: "function", name: "add" },
      }] as never,
    }),
  });
  await aiSdk(old, { onWarning }).generate(
    request("x", { settings: { reasoningEffort: "low" } }),
    { signal: neverAborts() },
  );
  assertEquals(received, [
    { model: MODEL, type: "unsupported", feature: "reasoning" },
    { model: MODEL, type: "unsupported-setting", feature: "seed" },
    { model: MODEL, type: "unsupported-tool", feature: "add" },
  ]);
});

Deno.test("ai-sdk reply: fails the call if onWarning throws, and keeps the usage", async () => {
  const cause = new Error("no schema, no answer");
  const onWarning = () => {
    throw cause;
  };
  const warnings = [{ type: "other", message: "x" }] as const;
  const error = await assertRejects(
    () => replyTo({ warnings: [...warnings] }, {}, { onWarning }),
    ProviderError,
  );
  assertEquals([error.code, error.retryable, error.cause], ["tool", false, cause]);
  assertEquals(error.usage, USED);
  assertStringIncludes(error.message, "onWarning threw");
});

Deno.test("ai-sdk reply: is the same for a complete and a streamed response", async () => {
  const part: fc.Arbitrary<Content> = fc.oneof(
    fc.record({ type: fc.constant("text" as const), text: fc.string() }),
    fc.record({ type: fc.constant("reasoning" as const), text: fc.string() }),
    fc.string().map((input) => call(crypto.randomUUID(), input)),
  );
  const inPieces = (content: Content, id: string): LanguageModelV4StreamPart[] => {
    if (content.type === "tool-call") return [content];
    const { type, text } = content;
    const half = Math.ceil(text.length / 2);
    const deltas = [text.slice(0, half), text.slice(half)];
    return [
      { type: `${type}-start` as const, id },
      ...deltas.map((delta) => ({ type: `${type}-delta` as const, id, delta })),
      { type: `${type}-end` as const, id },
    ];
  };
  await fc.assert(fc.asyncProperty(fc.array(part), async (content) => {
    const pieces = content.flatMap((one, i) => inPieces(one, `${i}`));
    const { reply, deltas } = await streamed(...pieces, finish());
    assertEquals(reply, await replyTo({ content }));
    assertEquals(deltas.join(""), reply.text);
  }));
});
