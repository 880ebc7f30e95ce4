/**
 * Tests the fields of requests: what is accepted, what is passed on, and what is rejected by name.
 */
import { defineAgent } from "@shoal/agents";
import { scripted } from "@shoal/agents/testing";
import { assert, assertEquals } from "@std/assert";
import { z } from "zod";
import { echo, request, routes } from "../helpers.ts";

const CHAT = "/v1/chat/completions";
const RESPONSES = "/v1/responses";

const REQUESTS = {
  [CHAT]: { model: "echo", messages: [{ role: "user", content: "x" }] },
  [RESPONSES]: { model: "echo", input: "x" },
} as const;

type Path = keyof typeof REQUESTS;

const TOOL = { type: "function", name: "f", function: { name: "f", parameters: {} } };

/** Fields without effect, or with values without effect. */
const ACCEPTED: Record<Path, object[]> = {
  [CHAT]: [
    { n: 1 },
    { logprobs: false, top_logprobs: null },
    { modalities: ["text"] },
    { store: false },
    { audio: null, web_search_options: null, prediction: { type: "content", content: "x" } },
    { logit_bias: {}, frequency_penalty: 0, presence_penalty: 0, verbosity: "medium" },
    { tools: [], functions: [], tool_choice: "auto", function_call: "auto" },
    { tools: [TOOL], tool_choice: "none" },
    { functions: [TOOL], function_call: "none" },
    { response_format: { type: "text" } },
    { stream_options: { include_usage: true } },
  ],
  [RESPONSES]: [
    { store: true },
    { store: false, include: ["reasoning.encrypted_content"] },
    { previous_response_id: null, conversation: null, background: false, prompt: null },
    { truncation: "disabled", max_tool_calls: null, context_management: [] },
    { tools: [], tool_choice: "auto", include: [] },
    { tools: [TOOL], tool_choice: "none" },
    { text: { format: { type: "text" }, verbosity: "medium" } },
    { reasoning: { summary: "auto" }, top_logprobs: 0 },
    { instructions: null },
  ],
};

/** Fields without effect in both APIs. */
const ACCEPTED_BY_BOTH = [
  { metadata: { a: "b" }, user: "u", safety_identifier: "s", prompt_cache_key: "k" },
  { service_tier: "auto" },
  { service_tier: "default", prompt_cache_retention: "24h" },
  { parallel_tool_calls: true },
  { parallel_tool_calls: false, tool_choice: "none" },
  { stream: false, temperature: null, top_p: null },
];

/** Fields for features that agents do not have, and the parameter that the error names. */
const REFUSED: Record<Path, [fields: object, param: string][]> = {
  [CHAT]: [
    [{ n: 2 }, "n"],
    [{ n: 0 }, "n"],
    [{ logprobs: true }, "logprobs"],
    [{ modalities: ["text", "audio"] }, "modalities"],
    [{ audio: { voice: "alloy", format: "wav" } }, "audio"],
    [{ tools: [TOOL] }, "tools"],
    [{ functions: [{ name: "f" }] }, "functions"],
    [{ function_call: { name: "f" } }, "function_call"],
    [{ response_format: { type: "json_object" } }, "response_format"],
    [{ web_search_options: {} }, "web_search_options"],
    [{ logit_bias: { 50256: -100 } }, "logit_bias"],
    [{ store: true }, "store"],
    [
      { messages: [{ role: "user", content: [{ type: "input_audio", input_audio: {} }] }] },
      "messages.0.content",
    ],
    [
      {
        messages: [{ role: "assistant", audio: { id: "a" } }, { role: "user", content: "x" }],
      },
      "messages.0.audio",
    ],
  ],
  [RESPONSES]: [
    [{ previous_response_id: "resp_1" }, "previous_response_id"],
    [{ conversation: "conv_1" }, "conversation"],
    [{ background: true }, "background"],
    [{ prompt: { id: "p" } }, "prompt"],
    [{ truncation: "auto" }, "truncation"],
    [{ max_tool_calls: 3 }, "max_tool_calls"],
    [{ include: ["message.output_text.logprobs"] }, "include"],
    [{ tools: [{ type: "web_search" }] }, "tools"],
    [{ text: { format: { type: "json_schema", name: "x", schema: {} } } }, "text.format"],
    [{ context_management: [{ type: "compaction" }] }, "context_management"],
    [{ input: [{ type: "item_reference", id: "msg_1" }] }, "input.0"],
    [{ input: [{ type: "computer_call" }] }, "input.0.type"],
    [{ input: [{ role: "user", content: [{ type: "input_audio" }] }] }, "input.0.content.0"],
    [
      { input: [{ role: "user", content: [{ type: "input_file", file_id: "f" }] }] },
      "input.0.content.0",
    ],
  ],
};

const REFUSED_BY_BOTH: [fields: object, param: string][] = [
  [{ top_logprobs: 3 }, "top_logprobs"],
  [{ service_tier: "flex" }, "service_tier"],
  [{ service_tier: "priority" }, "service_tier"],
  [{ tool_choice: "required" }, "tool_choice"],
  [{ tool_choice: { type: "function", name: "f" } }, "tool_choice"],
  [{ moderation: {} }, "moderation"],
];

const INVALID: Record<Path, [fields: object, param: string][]> = {
  [CHAT]: [
    [{ messages: "x" }, "messages"],
    [{ max_completion_tokens: -1 }, "max_completion_tokens"],
    [{ stop: 1 }, "stop"],
    [{ reasoning_effort: "huge" }, "reasoning_effort"],
    [{ response_format: { type: "xml" } }, "response_format"],
    [{ verbosity: "loud" }, "verbosity"],
    [{ frequency_penalty: "x" }, "frequency_penalty"],
    [{ messages: [{ role: "assistant", content: null }] }, "messages.0.content"],
  ],
  [RESPONSES]: [
    [{ input: [] }, "input"],
    [{ input: undefined }, "input"],
    [{ input: 1 }, "input"],
    [{ input: [{ role: "robot", content: "x" }] }, "input.0.role"],
    [{ input: [{ role: "user" }] }, "input.0.content"],
    [{ input: [{ role: "user", content: [{ type: "input_text" }] }] }, "input.0.content.0"],
    [{ input: [{ type: "function_call", name: "f" }] }, "input.0"],
    [{ input: [{ type: "function_call_output", output: "x" }] }, "input.0.call_id"],
    [{ max_output_tokens: 1.5 }, "max_output_tokens"],
    [{ reasoning: { effort: "huge" } }, "reasoning.effort"],
    [{ reasoning: "high" }, "reasoning"],
    [{ text: { verbosity: "loud" } }, "text.verbosity"],
    [{ text: { format: { type: "xml" } } }, "text.format"],
    [{ instructions: 3 }, "instructions"],
    [{ store: "yes" }, "store"],
  ],
};

const INVALID_FOR_BOTH: [fields: object, param: string][] = [
  [{ model: 1 }, "model"],
  [{ stream: "yes" }, "stream"],
  [{ metadata: "x" }, "metadata"],
  [{ stream_options: true }, "stream_options"],
  [{ temperature: "hot" }, "temperature"],
  [{ top_p: [] }, "top_p"],
  [{ parallel_tool_calls: "yes" }, "parallel_tool_calls"],
];

for (const path of [CHAT, RESPONSES] as const) {
  const send = (app: ReturnType<typeof routes>, fields: object) =>
    request(app, path, { ...REQUESTS[path], ...fields });

  Deno.test(`${path} accepts fields without effect`, async () => {
    const { agent, provider } = echo();
    const app = routes([agent]);
    for (const fields of [...ACCEPTED[path], ...ACCEPTED_BY_BOTH]) {
      const { status, text } = await send(app, fields);
      assertEquals(status, 200, `${JSON.stringify(fields)} ${text}`);
      assertEquals(provider.requests.at(-1)!.settings, {}, JSON.stringify(fields));
    }
  });

  Deno.test(`${path} rejects unsupported fields by name, before anything is sent`, async () => {
    const { agent, provider } = echo();
    const app = routes([agent]);
    const all = [...REFUSED[path], ...REFUSED_BY_BOTH];
    for (const [fields, param] of all) {
      for (const stream of [false, true]) {
        const { status, json } = await send(app, { ...fields, stream });
        assertEquals(
          [status, json.error.type, json.error.code, json.error.param],
          [400, "invalid_request_error", "unsupported_parameter", param],
        );
        assert(json.error.message.includes(param), json.error.message);
      }
    }
    assertEquals(provider.calls, 0);
  });

  Deno.test(`${path} rejects invalid values and unknown fields by name`, async () => {
    const { agent, provider } = echo();
    const app = routes([agent]);
    for (const [fields, param] of [...INVALID[path], ...INVALID_FOR_BOTH]) {
      const { status, json } = await send(app, fields);
      assertEquals([status, json.error.code, json.error.param], [400, "invalid_request", param]);
    }
    for (const name of ["max_token", "top_k", "__proto", "constructor", "toString"]) {
      const { status, json } = await send(app, { [name]: 1 });
      assertEquals([status, json.error.code, json.error.param], [400, "unknown_parameter", name]);
    }
    assertEquals(provider.calls, 0);
  });
}

Deno.test("settings reach the model", async () => {
  const { agent, provider } = echo();
  const app = routes([agent]);
  const chat = {
    temperature: 0.3,
    top_p: 0.5,
    seed: 7,
    max_tokens: 50,
    stop: ["END"],
    reasoning_effort: "low",
    frequency_penalty: 0.5,
    presence_penalty: -1,
    verbosity: "low",
  };
  assertEquals((await request(app, CHAT, { ...REQUESTS[CHAT], ...chat })).status, 200);
  assertEquals(provider.requests[0]!.settings, {
    temperature: 0.3,
    topP: 0.5,
    seed: 7,
    maxTokens: 50,
    stop: ["END"],
    reasoningEffort: "low",
    extra: { frequency_penalty: 0.5, presence_penalty: -1, verbosity: "low" },
  });
  const response = {
    temperature: 0.3,
    top_p: 0.5,
    max_output_tokens: 50,
    reasoning: { effort: "high" },
    text: { verbosity: "high" },
  };
  assertEquals(
    (await request(app, RESPONSES, { ...REQUESTS[RESPONSES], ...response })).status,
    200,
  );
  assertEquals(provider.requests[1]!.settings, {
    temperature: 0.3,
    topP: 0.5,
    maxTokens: 50,
    reasoningEffort: "high",
    extra: { verbosity: "high" },
  });
});

Deno.test("an agent with an output schema answers in JSON, with any schema of the client", async () => {
  const agent = defineAgent({
    name: "echo",
    model: "m",
    prompt: "{text}",
    output: z.object({ a: z.number() }),
    provider: scripted('{"a":1}'),
  });
  const app = routes([agent]);
  const format = { type: "json_schema", name: "other", schema: { type: "object" } };
  const chat = { ...REQUESTS[CHAT], response_format: { type: "json_schema", json_schema: format } };
  assertEquals((await request(app, CHAT, chat)).json.choices[0].message.content, '{"a":1}');
  const response = { ...REQUESTS[RESPONSES], text: { format } };
  const { json } = await request(app, RESPONSES, response);
  assertEquals([json.output[0].content[0].text, json.text.format], ['{"a":1}', format]);
});

Deno.test("an unknown model is a 404 with its code, everywhere", async () => {
  const app = routes([echo().agent]);
  for (const path of [CHAT, RESPONSES] as const) {
    for (const stream of [false, true]) {
      const { status, json } = await request(app, path, {
        ...REQUESTS[path],
        model: "gpt-9",
        stream,
      });
      assertEquals([status, json.error.code, json.error.param], [404, "model_not_found", "model"]);
      assertEquals([json.error.type, json.code], ["invalid_request_error", "unknown_agent"]);
    }
  }
  const one = await request(app, "/v1/models/gpt-9");
  assertEquals([one.status, one.json.error.code], [404, "model_not_found"]);
  assertEquals((await request(app, "/v1/models/echo")).json.id, "echo");
});

Deno.test("stored responses are a 404 for every method", async () => {
  const app = routes([echo().agent]);
  const { json } = await request(app, RESPONSES, REQUESTS[RESPONSES]);
  for (
    const [method, path] of [
      ["GET", ""],
      ["DELETE", ""],
      ["POST", "/cancel"],
      ["GET", "/input_items"],
    ] as const
  ) {
    const response = await app.request(`${RESPONSES}/${json.id}${path}`, {
      method,
      headers: { authorization: "Bearer s3cret" },
    });
    assertEquals(response.status, 404, `${method} ${path}`);
    assertEquals((await response.json()).error.type, "invalid_request_error");
  }
  assertEquals((await app.request(`${RESPONSES}/${json.id}`)).status, 401);
});
