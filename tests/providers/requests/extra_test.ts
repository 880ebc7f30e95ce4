/** `extra` replaces what the providers write, and `null` removes it. */
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { defineAgent, defineTool, type ModelSettings, type Provider } from "@shoal/agents";
import { aiSdk } from "@shoal/agents/ai-sdk";
import { openai } from "@shoal/agents/openai";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { errorOf } from "../../helpers.ts";
import { type Body, recordingServer, textAnswer } from "./helpers.ts";

type Extra = NonNullable<ModelSettings["extra"]>;

interface Options {
  readonly api?: "chat" | "responses" | "aiSdk";
  readonly settings?: Omit<ModelSettings, "extra">;
  readonly output?: boolean;
  readonly tools?: boolean;
  readonly streamed?: boolean;
  readonly model?: string;
}

const OUTPUT = { type: "object", properties: { a: { type: "number" } } } as const;
const lookUp = defineTool({ name: "look_up", input: { type: "object" }, run: () => 1 });

/** Returns the body that is sent. */
async function sentBody(extra: Extra | undefined, options: Options = {}): Promise<Body> {
  const { api = "chat", settings, output, tools, streamed, model = "m" } = options;
  await using server = recordingServer((body) => textAnswer(body, output ? '{"a":1}' : "ok"));
  const provider: Provider = api === "aiSdk"
    ? aiSdk(createOpenAICompatible({
      name: "local",
      baseURL: server.url,
      includeUsage: true,
      supportsStructuredOutputs: true,
    }))
    : openai({ baseURL: server.url, api });
  const A = defineAgent({
    name: "a",
    model,
    prompt: "x",
    provider,
    ...settings,
    ...(extra !== undefined && { extra }),
    ...(output && { output: OUTPUT }),
    ...(tools && { tools: [lookUp] }),
  });
  await A.call({}, streamed ? { onDelta() {} } : {});
  assertEquals(server.bodies.length, 1);
  return server.bodies[0]!;
}

const ALL: Omit<ModelSettings, "extra"> = {
  temperature: 0.5,
  maxTokens: 9,
  topP: 0.9,
  reasoningEffort: "low",
};

/** The fields that each API sends for these settings, and values of a user. */
const FIELDS: Readonly<Record<NonNullable<Options["api"]>, Extra>> = {
  chat: {
    temperature: 1,
    max_tokens: 3,
    top_p: 0.1,
    reasoning_effort: "high",
    stop: ["x"],
    response_format: { type: "json_object" },
    tool_choice: "none",
    parallel_tool_calls: false,
    logprobs: true,
    model: "other",
  },
  responses: {
    temperature: 1,
    max_output_tokens: 3,
    top_p: 0.1,
    reasoning: { effort: "high" },
    store: true,
    tool_choice: "none",
    parallel_tool_calls: false,
    model: "other",
  },
  aiSdk: {},
};

for (const api of ["chat", "responses"] as const) {
  for (const streamed of [false, true]) {
    const title = `${api}, ${streamed ? "streamed" : "complete"}`;
    const options = { api, settings: ALL, output: true, tools: true, streamed };

    Deno.test(`extra: replaces every field (${title})`, async () => {
      const body = await sentBody(FIELDS[api], options);
      for (const [name, value] of Object.entries(FIELDS[api])) {
        assertEquals(body[name], value, name);
      }
    });

    Deno.test(`extra: null removes any field, and undefined none (${title})`, async () => {
      const whole = await sentBody(undefined, options);
      for (const name of Object.keys(whole)) {
        if (["model", "messages", "input", "stream"].includes(name)) continue;
        const { [name]: _, ...others } = whole;
        assertEquals(await sentBody({ [name]: null }, options), others, name);
        assertEquals(await sentBody({ [name]: undefined }, options), whole, name);
      }
    });

    Deno.test(`extra: rejects stream by name (${title})`, async () => {
      await using provider = openai({ baseURL: "http://127.0.0.1:1/v1", api });
      const A = defineAgent({ name: "a", model: "m", prompt: "x", provider });
      for (const stream of [true, false, null]) {
        const extra = { stream };
        const error = await errorOf(A.call({}, { extra, ...(streamed && { onDelta() {} }) }));
        assertEquals([error.code, error.attempts.length], ["invalid_params", 1]);
        assertStringIncludes(error.message, '"stream"');
      }
    });
  }
}

Deno.test("extra: replaces and removes stream_options, and merges their members", async () => {
  const streamed = async (stream_options: unknown) =>
    (await sentBody({ stream_options }, { streamed: true })).stream_options;
  assertEquals(await streamed(undefined), { include_usage: true });
  assertEquals(await streamed(null), undefined);
  assertEquals(await streamed({ include_usage: false }), { include_usage: false });
  assertEquals(await streamed({ include_obfuscation: false }), {
    include_usage: true,
    include_obfuscation: false,
  });
  assertEquals(await streamed({ include_usage: null }), {});
});

Deno.test("extra: both names of the maximum number of tokens are one field", async () => {
  const limits = async (extra: Extra, model = "m") => {
    const body = await sentBody(extra, { settings: { maxTokens: 9 }, model });
    return [body.max_tokens, body.max_completion_tokens];
  };
  assertEquals(await limits({ max_completion_tokens: 5 }), [undefined, 5]);
  assertEquals(await limits({ max_tokens: 5 }, "gpt-5"), [5, undefined]);
  assertEquals(await limits({ max_tokens: null }, "gpt-5"), [undefined, undefined]);
  assertEquals(await limits({ max_tokens: null, max_completion_tokens: 7 }), [undefined, 7]);
});

Deno.test("extra: tools and include are appended, and the members of text merged", async () => {
  const search = { type: "web_search" };
  const chat = await sentBody({ tools: [search] }, { tools: true });
  assertEquals(chat.tools.map(({ type }: Body) => type), ["function", "web_search"]);
  const include = ["message.output_text.logprobs", "reasoning.encrypted_content"];
  const text = { verbosity: "low" };
  const body = await sentBody({ tools: [search], include, text }, {
    api: "responses",
    tools: true,
    output: true,
    settings: { reasoningEffort: "low" },
  });
  assertEquals(body.tools.map(({ type }: Body) => type), ["function", "web_search"]);
  assertEquals(body.include, ["reasoning.encrypted_content", "message.output_text.logprobs"]);
  assertEquals([body.text.verbosity, body.text.format.type], ["low", "json_schema"]);
});

Deno.test("extra: of a call replaces that of the agent, and undefined does not", async () => {
  await using server = recordingServer((body) => textAnswer(body, "ok"));
  await using provider = openai({ baseURL: server.url });
  const extra = { user: "u", top_k: 5, seed: 1 };
  const A = defineAgent({ name: "a", model: "m", prompt: "x", provider, extra, temperature: 0 });
  await A.call({}, { extra: { user: undefined, top_k: null, temperature: null } });
  const { user, seed, ...others } = server.bodies[0]!;
  assertEquals([user, seed, Object.keys(others).sort()], ["u", 1, ["messages", "model"]]);
});

Deno.test("extra: replaces and removes the options of AI SDK models", async () => {
  for (const streamed of [false, true]) {
    const options = { api: "aiSdk", settings: ALL, output: true, tools: true, streamed } as const;
    const whole = await sentBody(undefined, options);
    const names = { temperature: "temperature", maxOutputTokens: "max_tokens", topP: "top_p" };
    for (const [option, field] of Object.entries(names)) {
      assert(field in whole, field);
      assertEquals((await sentBody({ [option]: 1 }, options))[field], 1);
      assertEquals(field in await sentBody({ [option]: null }, options), false, option);
    }
    assert("response_format" in whole);
    assertEquals("response_format" in await sentBody({ responseFormat: null }, options), false);
    const body = await sentBody({ local: { user: "u1" }, other: null }, options);
    assertEquals(body.user, "u1");
    const nested = await sentBody({ providerOptions: { local: { user: "u2" } } }, options);
    assertEquals(nested.user, "u2");
  }
});

Deno.test("extra: rejects by name what AI SDK models would ignore", async () => {
  await using server = recordingServer((body) => textAnswer(body, "never"));
  const provider = aiSdk(createOpenAICompatible({ name: "local", baseURL: server.url }));
  const A = defineAgent({ name: "a", model: "m", prompt: "x", provider });
  for (const name of ["logprobs", "max_tokens", "parallel_tool_calls"]) {
    const error = await errorOf(A.call({}, { extra: { [name]: 5 } }));
    assertEquals(error.code, "invalid_params");
    assertStringIncludes(error.message, `"${name}"`);
  }
  assertEquals(server.bodies.length, 0);
});

Deno.test('reasoningEffort: "max" is sent by both APIs and the AI SDK', async () => {
  const settings = { reasoningEffort: "max" } as const;
  assertEquals((await sentBody(undefined, { settings })).reasoning_effort, "max");
  const responses = await sentBody(undefined, { settings, api: "responses" });
  assertEquals(responses.reasoning, { effort: "max" });
  const sdk = await sentBody(undefined, { settings, api: "aiSdk" });
  assertEquals(sdk.reasoning_effort, "max");
});
