import { type Message, type ModelRequest, ProviderError } from "@shoal/agents";
import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { buildResponsesRequest } from "../../../src/providers/openai/responses_request.ts";
import { request, startPair } from "./helpers.ts";

const SERVER = "openai https://example.com/v1";
const plain = (
  more: Partial<ModelRequest>,
  mode: Parameters<typeof buildResponsesRequest>[1] = "json_schema",
) => buildResponsesRequest(request("x", more), mode, SERVER) as unknown as Record<string, unknown>;
const tool = { name: "f", parameters: { type: "object", properties: {} } };

Deno.test("responses request: holds a model, the input, store: false, and nothing else", () => {
  assertEquals(plain({}), { model: "m", input: [{ role: "user", content: "x" }], store: false });
});

Deno.test("responses request: sends every setting by its name, zero included", () => {
  const settings = { temperature: 0, maxTokens: 16, topP: 0.5, reasoningEffort: "low" } as const;
  const { model: _, input: __, store: ___, ...rest } = plain({ settings });
  assertEquals(rest, {
    temperature: 0,
    max_output_tokens: 16,
    top_p: 0.5,
    reasoning: { effort: "low" },
  });
});

Deno.test("responses request: lets extra override everything", () => {
  const { store, reasoning } = plain({
    settings: { reasoningEffort: "low", extra: { store: true, reasoning: { summary: "auto" } } },
  });
  assertEquals([store, reasoning], [true, { summary: "auto" }]);
});

Deno.test("responses request: rejects unsupported settings before anything is sent", async () => {
  for (const settings of [{ stop: "x" }, { stop: ["x"] }, { seed: 0 }]) {
    const error = assertThrows(() => plain({ settings }), ProviderError);
    assertEquals([error.code, error.retryable], ["invalid_params", false]);
    assertStringIncludes(error.message, `"${Object.keys(settings)[0]}"`);
    assertStringIncludes(error.message, 'api: "chat"');
    await using pair = startPair({}, { api: "responses" });
    const params = request("x", { settings });
    for (const thrown of [await pair.error(params), await pair.streamError(params)]) {
      assertEquals(thrown.code, "invalid_params");
    }
    assertEquals(pair.sim.stats.requests, 0);
  }
});

Deno.test("responses request: converts messages, parts, files and tool rounds to items", () => {
  const data = "data:application/pdf;base64,AA==";
  const messages: Message[] = [
    { role: "system", content: "Be brief." },
    {
      role: "user",
      content: [
        { type: "text", text: "What is it?" },
        { type: "image", url: "https://example.com/a.png" },
        { type: "file", url: data, name: "a.pdf" },
        { type: "file", url: data },
        { type: "file", url: "https://example.com/a.pdf" },
        { type: "file", url: "file-123" },
      ],
    },
    {
      role: "assistant",
      content: [{ type: "text", text: "Let me " }, { type: "text", text: "see." }],
    },
    { role: "user", content: "Well?" },
    { role: "assistant", content: "", toolCalls: [{ id: "a", name: "f", args: "{}" }] },
    { role: "tool", toolCallId: "a", content: "1" },
    { role: "assistant", content: "More.", toolCalls: [{ id: "b", name: "f", args: "{}" }] },
    { role: "tool", toolCallId: "b", content: [{ type: "text", text: "2" }] },
    { role: "assistant", content: "" },
  ];
  const call = (call_id: string) => ({
    type: "function_call",
    call_id,
    name: "f",
    arguments: "{}",
  });
  assertEquals(plain({ messages }).input as unknown, [
    { role: "system", content: "Be brief." },
    {
      role: "user",
      content: [
        { type: "input_text", text: "What is it?" },
        { type: "input_image", image_url: "https://example.com/a.png", detail: "auto" },
        { type: "input_file", file_data: data, filename: "a.pdf" },
        { type: "input_file", file_data: data, filename: "file.pdf" },
        { type: "input_file", file_url: "https://example.com/a.pdf" },
        { type: "input_file", file_id: "file-123" },
      ],
    },
    { role: "assistant", content: "Let me see." },
    { role: "user", content: "Well?" },
    call("a"),
    { type: "function_call_output", call_id: "a", output: "1" },
    { role: "assistant", content: "More." },
    call("b"),
    { type: "function_call_output", call_id: "b", output: [{ type: "input_text", text: "2" }] },
    { role: "assistant", content: "" },
  ]);
});

Deno.test("responses request: sends tools, strict only if it was set", () => {
  const described = { ...tool, name: "g", description: "Does g", strict: true };
  assertEquals(plain({ tools: [tool, described] }).tools, [
    { type: "function", name: "f", parameters: tool.parameters, strict: false },
    {
      type: "function",
      name: "g",
      description: "Does g",
      parameters: tool.parameters,
      strict: true,
    },
  ]);
  assertEquals(plain({ tools: [] }), plain({}));
});

Deno.test("responses request: sends a schema in each of the three ways", () => {
  const schema = { type: "object", properties: { label: { type: "string" } } };
  const output = { name: "label", schema };
  assertEquals(plain({ output }).text, { format: { type: "json_schema", ...output } });
  assertEquals(plain({ output: { ...output, strict: true } as never }).text, {
    format: { type: "json_schema", ...output, strict: true },
  });
  for (const mode of ["json_object", "prompt"] as const) {
    const { text, input } = plain({ output }, mode);
    assertEquals(text, mode === "prompt" ? undefined : { format: { type: "json_object" } });
    const [system] = input as { role: string; content: string }[];
    assertEquals(system!.role, "system");
    assertStringIncludes(system!.content, JSON.stringify(schema));
  }
});

Deno.test("responses request: asks for reasoning if there may be another round", () => {
  const include = (model: string, more: Partial<ModelRequest> = {}) =>
    plain({ model, tools: [tool], ...more }).include;
  const params = ["reasoning.encrypted_content"];
  const unknown = ["grok-4", "codex-mini-latest", "my-deployment", "gpt-oss-120b", "m"];
  for (const model of ["gpt-5-mini", "gpt-5.4", "o3", "openai/gpt-5", "ft:o4-mini:x", ...unknown]) {
    assertEquals(include(model), params, model);
  }
  const plainModels = [
    "gpt-4o-mini",
    "gpt-4.1",
    "ft:gpt-4o:x",
    "openai/gpt-35-turbo",
    "gpt-3.5-turbo",
  ];
  for (const model of [...plainModels, "chatgpt-4o-latest", "gpt-5-chat-latest"]) {
    assertEquals(include(model), undefined, model);
  }
  assertEquals(include("gpt-5-mini", { tools: [] }), undefined);
  assertEquals(include("gpt-5-mini", { settings: { reasoningEffort: "none" } }), undefined);
  assertEquals(include("gpt-4o", { settings: { reasoningEffort: "low" } }), params);
});

Deno.test("responses request: sends reasoning back unchanged, to its source only", () => {
  const items = [
    { type: "reasoning", id: "rs_1", encrypted_content: "x", summary: [] },
    { type: "function_call", id: "fc_1", call_id: "a", name: "f", arguments: "{}" },
  ];
  const toolCalls = [{ id: "a", name: "f", args: "{}" }];
  const input = (providerData: unknown) => {
    const messages: Message[] = [
      { role: "assistant", content: "", toolCalls, providerData },
      { role: "tool", toolCallId: "a", content: "1" },
    ];
    return plain({ messages }).input as unknown[];
  };
  const output = { type: "function_call_output", call_id: "a", output: "1" };
  assertEquals(input({ server: SERVER, model: "m", items }), [...items, output]);
  const plainly = [{ type: "function_call", call_id: "a", name: "f", arguments: "{}" }, output];
  for (
    const other of [
      undefined,
      null,
      "x",
      { server: SERVER, model: "n", items },
      { server: "other", model: "m", items },
      { server: SERVER, model: "m", items: "x" },
    ]
  ) assertEquals(input(other), plainly);
});
