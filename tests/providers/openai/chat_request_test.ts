import { defineAgent, type ModelRequest } from "@shoal/agents";
import { assert, assertEquals } from "@std/assert";
import { buildChatRequest } from "../../../src/providers/openai/chat_request.ts";
import { request, startPair } from "./helpers.ts";

const plain = (more: Partial<ModelRequest>) => buildChatRequest(request("x", more), "max_tokens");

Deno.test("chat request: holds a model, messages, and nothing that is not set", () => {
  assertEquals(plain({}) as unknown, {
    model: "m",
    messages: [{ role: "user", content: "x" }],
  });
});

Deno.test("chat request: converts system message, conversation and parts", () => {
  const { messages } = plain({
    messages: [
      { role: "system", content: "Be brief." },
      { role: "user", content: [{ type: "text", text: "What is it?" }] },
      { role: "assistant", content: "Show me." },
      {
        role: "user",
        content: [
          { type: "image", url: "data:image/png;base64,AA==" },
          { type: "image", url: "https://example.com/a.png" },
          { type: "text", text: "This." },
        ],
      },
    ],
  });
  assertEquals(messages as unknown, [
    { role: "system", content: "Be brief." },
    { role: "user", content: [{ type: "text", text: "What is it?" }] },
    { role: "assistant", content: "Show me." },
    {
      role: "user",
      content: [
        { type: "image_url", image_url: { url: "data:image/png;base64,AA==" } },
        { type: "image_url", image_url: { url: "https://example.com/a.png" } },
        { type: "text", text: "This." },
      ],
    },
  ]);
});

Deno.test("chat request: sends every setting by its name, zero included", () => {
  const settings = { temperature: 0, maxTokens: 5, topP: 0.5, stop: ["a", "b"], seed: 0 };
  const { model: _, messages: __, ...rest } = plain({ settings });
  assertEquals(rest as unknown, {
    temperature: 0,
    max_tokens: 5,
    top_p: 0.5,
    stop: ["a", "b"],
    seed: 0,
  });
  assertEquals(plain({ settings: { stop: "end" } }).stop, "end");
});

Deno.test("chat request: names the token limit as the server does", () => {
  const limited = request("x", { settings: { maxTokens: 7 } });
  const old = buildChatRequest(limited, "max_tokens");
  assertEquals([old.max_tokens, "max_completion_tokens" in old], [7, false]);
  const recent = buildChatRequest(limited, "max_completion_tokens");
  assertEquals([recent.max_completion_tokens, "max_tokens" in recent], [7, false]);
});

Deno.test("chat request: lets extra override everything", () => {
  const body = plain({
    settings: { temperature: 1, extra: { temperature: 0.1, reasoning_effort: "low", nested: [1] } },
  });
  assertEquals(body as unknown, {
    model: "m",
    messages: [{ role: "user", content: "x" }],
    temperature: 0.1,
    reasoning_effort: "low",
    nested: [1],
  });
});

Deno.test("chat request: converts an output schema to a response format", () => {
  const schema = { type: "object", properties: { label: { type: "string" } } };
  const { response_format } = plain({ output: { name: "label", schema } });
  assertEquals(response_format as unknown, {
    type: "json_schema",
    json_schema: { name: "label", schema },
  });
});

Deno.test("chat request: does not change its input", () => {
  const stop = Object.freeze(["a"]);
  const frozen = Object.freeze(request("x", { settings: Object.freeze({ stop }) }));
  assert(buildChatRequest(frozen, "max_tokens").stop !== stop);
});

Deno.test("chat request: is sent as built, complete and streamed", async () => {
  const bodies: unknown[] = [];
  await using pair = startPair({
    respond({ body }) {
      bodies.push(body);
      return '{"label":"good"}';
    },
  });
  const Label = defineAgent({
    name: "label",
    model: "gpt-5-mini",
    system: "Label it.",
    prompt: "It: {text}",
    temperature: 0,
    maxTokens: 20,
    extra: { user: "u1" },
    output: { type: "object", properties: { label: { type: "string" } } },
    provider: pair.provider,
  });
  await Label.call({ text: "ok" });
  await Label.call({ text: "ok" }, { onDelta() {} });
  const [complete, streamed] = bodies as Record<string, unknown>[];
  assertEquals([complete!.model, complete!.messages], ["gpt-5-mini", [
    { role: "system", content: "Label it." },
    { role: "user", content: "It: ok" },
  ]]);
  const { temperature, max_completion_tokens, user } = complete!;
  assertEquals([temperature, max_completion_tokens, user], [0, 20, "u1"]);
  assert(!("max_tokens" in complete!) && !("stream" in complete!));
  assertEquals(
    (complete!.response_format as { json_schema: { schema: unknown } }).json_schema.schema,
    { type: "object", properties: { label: { type: "string" } } },
  );
  assertEquals(streamed, { ...complete, stream: true, stream_options: { include_usage: true } });
});

Deno.test("chat request: rejects what is not JSON before anything is sent", async () => {
  await using pair = startPair();
  const loop: Record<string, unknown> = {};
  loop.loop = loop;
  for (const extra of [loop, { big: 1n }]) {
    for (const send of [pair.error, pair.streamError]) {
      const error = await send(request("x", { settings: { extra } }));
      assertEquals([error.code, error.retryable], ["invalid_params", false]);
      assert(error.cause instanceof TypeError);
    }
  }
  assertEquals(pair.sim.stats.requests, 0);
});
