/** Lone surrogates are replaced wherever texts become a request. */
import type { LanguageModelV4CallOptions, LanguageModelV4Content } from "@ai-sdk/provider";
import {
  type CallOptions,
  defineAgent,
  defineTool,
  type Message,
  type Provider,
} from "@shoal/agents";
import { aiSdk } from "@shoal/agents/ai-sdk";
import { openai } from "@shoal/agents/openai";
import { simulator } from "@shoal/agents/testing";
import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { MockLanguageModelV4 } from "ai/test";
import fc from "fast-check";
import { toWellFormedJson, toWellFormedValue } from "../../../src/providers/http/well_formed.ts";
import { openaiBatch } from "../../../src/providers/openai/batch/openai_batch.ts";
import { result } from "../ai_sdk/helpers.ts";
import { type Body, chatAnswer, recordingServer, responsesAnswer } from "./helpers.ts";

const CUT = "Great 😀".slice(0, 7);
const FIXED = "Great \ufffd";

const args = JSON.stringify({ a: CUT });
const tool = defineTool({
  name: "echo",
  description: CUT,
  input: { type: "object", properties: { a: { type: "string", description: CUT } } },
  run: () => CUT,
});

/** Calls an agent with a lone surrogate in everything that it sends. */
function callWith(
  provider: Provider,
  { api, ...options }: CallOptions & { readonly api: "chat" | "responses" | "aiSdk" },
): Promise<unknown> {
  const messages: Message[] = [
    {
      role: "user",
      content: [{ type: "text", text: CUT }, { type: "file", url: "f1", name: CUT }],
    },
    { role: "assistant", content: CUT, toolCalls: [{ id: "0", name: "echo", args }] },
    { role: "tool", toolCallId: "0", content: CUT },
  ];
  const A = defineAgent({
    name: "a",
    model: "mock-model-id",
    system: CUT,
    prompt: "{q}",
    output: { type: "object", description: CUT },
    extra: { own: { [CUT]: CUT } },
    tools: [tool],
    retries: 0,
    provider,
  });
  return A.call({ q: CUT }, { ...options, messages, ...(api !== "responses" && { stop: CUT }) });
}

/** Whether any text within the value has a lone surrogate. */
function hasLone(value: unknown): boolean {
  if (typeof value === "string") return !value.isWellFormed();
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(value).some(([name, member]) => !name.isWellFormed() || hasLone(member));
}

const call = { id: "c1", type: "function", function: { name: "echo", arguments: args } };
const item = { type: "function_call", call_id: "c1", name: "echo", arguments: args };

for (const api of ["chat", "responses"] as const) {
  for (const streamed of [false, true]) {
    Deno.test(`well-formed: ${api}, ${streamed ? "streamed" : "complete"}`, async () => {
      await using server = recordingServer((body, n) =>
        api === "chat"
          ? chatAnswer(body, n === 0 ? { tool_calls: [call] } : { content: "{}" })
          : responsesAnswer(body, [
            n === 0 ? item : { type: "message", content: [{ type: "output_text", text: "{}" }] },
          ])
      );
      await using provider = openai({ baseURL: server.url, api });
      await callWith(provider, { api, ...(streamed && { onDelta() {} }) });
      assertEquals(server.bodies.length, 2);
      for (const text of server.texts) {
        assert(!/\\ud[89a-f]/i.test(text.replaceAll("\\\\", "")), text);
        assert(text.includes(FIXED));
      }
      // Arguments are a JSON text of the model, which may escape what it likes.
      for (const body of server.bodies) assertEquals(hasLone(body), false);
    });
  }
}

Deno.test("well-formed: AI SDK", async () => {
  const content: LanguageModelV4Content[] = [
    { type: "tool-call", toolCallId: "c1", toolName: "echo", input: args },
  ];
  const model = new MockLanguageModelV4({
    doGenerate: [
      result({ content, finishReason: { unified: "tool-calls", raw: "tool_use" } }),
      result({ content: [{ type: "text", text: "{}" }] }),
    ],
  });
  await callWith(aiSdk(model), { api: "aiSdk" });
  const calls: LanguageModelV4CallOptions[] = model.doGenerateCalls;
  assertEquals(calls.length, 2);
  for (const { abortSignal: _, ...options } of calls) {
    assertEquals(hasLone(options), false);
    assert(JSON.stringify(options).includes(FIXED));
  }
});

Deno.test("well-formed: the JSON has the same value, with U+FFFD for each lone surrogate", () => {
  const anyText = fc.string({
    unit: fc.oneof(
      fc.constantFrom("\\", "\\ud83d", "\ud83d", "\ude00", "😀", "u", "d8"),
      fc.string(),
    ),
  });
  fc.assert(fc.property(fc.dictionary(anyText, fc.array(anyText)), (value) => {
    const json = toWellFormedJson(value);
    const fixed = Object.entries(value).map(([name, texts]) => [
      name.toWellFormed(),
      texts.map((text) => text.toWellFormed()),
    ]);
    assertEquals(JSON.parse(json), Object.fromEntries(fixed));
    assertEquals(toWellFormedValue(value), Object.fromEntries(fixed));
  }));
});

Deno.test("well-formed: a value without lone surrogates stays the same object", () => {
  const url = new URL("https://host");
  const loop: Body = { a: 1 };
  loop.self = loop;
  for (const value of [{ a: ["😀", { b: null, url }] }, [], "x", 5, url, loop]) {
    assertStrictEquals(toWellFormedValue(value), value);
  }
  assertEquals(toWellFormedValue({ url, a: CUT }), { url, a: FIXED });
});

Deno.test("well-formed: batch files", async () => {
  const bodies: Body[] = [];
  await using sim = simulator({
    respond({ body }) {
      bodies.push(body);
      return "{}";
    },
  });
  await using provider = openaiBatch({ baseURL: sim.url, fill: 1, poll: 1 });
  await callWith(provider, { api: "chat" });
  assertEquals(bodies.length, 1);
  assertEquals(hasLone(bodies), false);
  assert(JSON.stringify(bodies).includes(FIXED));
});
