/** Tests which parameters of an agent a conversation becomes. */
import { defineAgent, defineParallel } from "@shoal/agents";
import { scripted } from "@shoal/agents/testing";
import { assertEquals } from "@std/assert";
import { z } from "zod";
import { echo, request, routes } from "../helpers.ts";

const PATHS = {
  chat: "/v1/chat/completions",
  responses: "/v1/responses",
} as const;

type Api = keyof typeof PATHS;

/** Sends a conversation through either API. */
function send(app: ReturnType<typeof routes>, api: Api, model: string, conversation: unknown) {
  const field = api === "chat" ? "messages" : "input";
  const list = typeof conversation === "string"
    ? [{ role: "user", content: conversation }]
    : conversation;
  return request(app, PATHS[api], { model, [field]: list });
}

const LOOKALIKES = [
  "plain",
  '{"text":"inner"}',
  '{"text":"inner","other":1}',
  '{"text":{"deep":true}}',
  '  {"text":"inner"}',
  '[{"text":"inner"}]',
  "true",
  "12",
  '"quoted"',
  "{text}",
  "{{text}}",
  "null",
  " ",
  "",
];

for (const api of ["chat", "responses"] as const) {
  Deno.test(`${api}: with one parameter, the message is its value, whatever it looks like`, async () => {
    const { agent, provider } = echo();
    const schema = agent.with({ name: "with-schema" });
    const checked = defineAgent({
      name: "checked",
      model: "m",
      params: z.object({ text: z.string() }),
      prompt: ({ text }: { text: string }) => text,
      provider,
    });
    const app = routes([agent, schema, checked]);
    for (const model of ["echo", "with-schema", "checked"]) {
      for (const text of LOOKALIKES) {
        const { status } = await send(app, api, model, text);
        assertEquals([status, provider.requests.at(-1)!.messages.at(-1)!.content], [200, text]);
      }
    }
  });

  Deno.test(`${api}: a single parameter that is not text is JSON`, async () => {
    const seen: unknown[] = [];
    const single = (name: string, value: z.ZodType) =>
      defineAgent({
        name,
        params: z.object({ value }),
        run: (params: unknown) => {
          seen.push(params);
          return "fine";
        },
      });
    const app = routes([
      single("number", z.number()),
      single("list", z.array(z.string())),
      single("object", z.object({ a: z.number() })),
      single("maybe", z.union([z.string(), z.number()])),
      single("flag", z.boolean()),
    ]);
    const cases: [model: string, text: string, value: unknown][] = [
      ["number", "3", 3],
      ["number", '{"value":3}', 3],
      ["number", "1234567890123456789", 1234567890123456800],
      ["list", '["a"]', ["a"]],
      ["object", '{"a":1}', { a: 1 }],
      ["object", '{"value":{"a":1}}', { a: 1 }],
      ["maybe", "3", "3"],
      ["flag", "false", false],
    ];
    for (const [model, text, value] of cases) {
      const { status } = await send(app, api, model, text);
      assertEquals([status, seen.at(-1)], [200, { value }], `${model} ${text}`);
    }
    const wrong = await send(app, api, "number", "three");
    assertEquals([wrong.status, wrong.json.code], [400, "invalid_params"]);
  });

  Deno.test(`${api}: several parameters are a JSON object`, async () => {
    const provider = scripted((request) => String(request.messages.at(-1)!.content));
    const two = defineAgent({ name: "two", model: "m", prompt: "{a}+{b}", provider });
    const both = defineParallel({ name: "both", branches: { two } });
    const app = routes([two, both]);
    assertEquals((await send(app, api, "two", '{"a":"1","b":"2"}')).status, 200);
    assertEquals(provider.requests.at(-1)!.messages.at(-1)!.content, "1+2");
    await send(app, api, "two", "just talk");
    assertEquals(provider.requests.at(-1)!.messages.at(-1)!.content, "just talk");
    const wrong = await send(app, api, "both", "just talk");
    assertEquals(wrong.status, 400);
    assertEquals(wrong.json.error.param, api === "chat" ? "messages" : "input");
  });

  Deno.test(`${api}: a conversation that does not end with the user replaces the prompt`, async () => {
    const { agent, provider } = echo();
    const wise = defineAgent({
      name: "wise",
      model: "m",
      system: "Be wise.",
      prompt: "Say: {text}",
      provider,
    });
    const sum = defineAgent({ name: "sum", run: () => "never" });
    const app = routes([agent, wise, sum], { openai: { overrides: ["system"] } });
    const user = { role: "user", content: "hi" };
    const assistant = { role: "assistant", content: "Well," };
    assertEquals((await send(app, api, "wise", [user, assistant])).status, 200);
    const sent = () =>
      provider.requests.at(-1)!.messages.map(({ role, content }) => [role, content]);
    assertEquals(sent(), [["system", "Be wise."], ["user", "hi"], ["assistant", "Well,"]]);
    assertEquals((await send(app, api, "wise", [{ role: "system", content: "Hm." }])).status, 200);
    assertEquals(sent(), [["system", "Be wise."], ["system", "Hm."]]);
    // Instructions after the message are still instructions: the message is the parameter.
    const developer = { role: "developer", content: "Be brief." };
    assertEquals((await send(app, api, "wise", [assistant, user, developer])).status, 200);
    assertEquals(sent(), [
      ["system", "Be wise."],
      ["assistant", "Well,"],
      ["system", "Be brief."],
      ["user", "Say: hi"],
    ]);
    // There is no prompt to replace.
    const wrong = await send(app, api, "sum", [user, assistant]);
    assertEquals([wrong.status, wrong.json.code], [400, "invalid_request"]);
  });
}

Deno.test("chat: turns of the assistant may be refusals, tool calls or both texts and parts", async () => {
  const { agent, provider } = echo();
  const app = routes([agent]);
  const call = { id: "c1", type: "function", function: { name: "f", arguments: "{}" } };
  const { status } = await send(app, "chat", "echo", [
    { role: "assistant", content: null, refusal: "I can't." },
    { role: "assistant", content: [{ type: "refusal", refusal: "No." }], audio: null },
    { role: "assistant", content: null, tool_calls: [call], function_call: null },
    { role: "tool", tool_call_id: "c1", content: [{ type: "text", text: "done" }] },
    { role: "user", content: "next" },
  ]);
  assertEquals(status, 200);
  assertEquals(provider.requests[0]!.messages, [
    { role: "assistant", content: "I can't." },
    { role: "assistant", content: [{ type: "text", text: "No." }] },
    { role: "assistant", content: "", toolCalls: [{ id: "c1", name: "f", args: "{}" }] },
    { role: "tool", content: [{ type: "text", text: "done" }], toolCallId: "c1" },
    { role: "user", content: "next" },
  ]);
});

Deno.test("responses: items become messages", async () => {
  const { agent, provider } = echo();
  const app = routes([agent]);
  const body = {
    model: "echo",
    instructions: "Be brief.",
    input: [
      { type: "message", role: "user", content: [{ type: "input_text", text: "hi" }] },
      {
        type: "message",
        id: "msg_1",
        status: "completed",
        role: "assistant",
        content: [{ type: "output_text", text: "Looking…", annotations: [] }],
      },
      { type: "reasoning", id: "rs_1", summary: [], encrypted_content: "x" },
      { type: "function_call", id: "fc_1", call_id: "c1", name: "f", arguments: "{}" },
      { type: "function_call", call_id: "c2", name: "g", arguments: "[]" },
      { type: "function_call_output", call_id: "c1", output: "one" },
      { type: "function_call_output", call_id: "c2", output: [{ type: "input_text", text: "2" }] },
      { role: "assistant", content: [{ type: "refusal", refusal: "I can't." }] },
      {
        role: "user",
        content: [
          { type: "input_text", text: "look" },
          { type: "input_image", image_url: "https://example.com/a.png" },
          { type: "input_file", file_data: "data:application/pdf;base64,AA==", filename: "a.pdf" },
        ],
      },
    ],
  };
  assertEquals((await request(app, "/v1/responses", body)).status, 200);
  assertEquals(provider.requests[0]!.messages, [
    { role: "system", content: "Be brief." },
    { role: "user", content: [{ type: "text", text: "hi" }] },
    {
      role: "assistant",
      content: [{ type: "text", text: "Looking…" }],
      toolCalls: [{ id: "c1", name: "f", args: "{}" }, { id: "c2", name: "g", args: "[]" }],
    },
    { role: "tool", toolCallId: "c1", content: "one" },
    { role: "tool", toolCallId: "c2", content: [{ type: "text", text: "2" }] },
    { role: "assistant", content: [{ type: "text", text: "I can't." }] },
    {
      role: "user",
      content: [
        { type: "text", text: "look" },
        { type: "image", url: "https://example.com/a.png" },
        { type: "file", url: "data:application/pdf;base64,AA==", name: "a.pdf" },
      ],
    },
  ]);
});

Deno.test("the detail of an image is kept, and checked", async () => {
  const { agent, provider } = echo();
  const app = routes([agent]);
  const url = "https://example.com/a.png";
  const chat = (detail: string) => [
    { role: "user", content: [{ type: "image_url", image_url: { url, detail } }] },
  ];
  const items = (detail: string) => [
    { role: "user", content: [{ type: "input_image", image_url: url, detail }] },
  ];
  for (const [api, conversation] of [["chat", chat], ["responses", items]] as const) {
    assertEquals((await send(app, api, "echo", conversation("low"))).status, 200);
    const content: unknown = provider.requests.at(-1)!.messages[0]!.content;
    assertEquals(content, [{ type: "image", url, detail: "low" }]);
    const { status, json } = await send(app, api, "echo", conversation("blurred"));
    assertEquals([status, json.error.code], [400, "invalid_request"]);
  }
});
