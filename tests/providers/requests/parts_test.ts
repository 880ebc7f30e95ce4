/** Messages, parts and tool calls: all that is in them is sent, or rejected by name. */
import { defineAgent, type Message, type PromptMessage, type Provider } from "@shoal/agents";
import { openai } from "@shoal/agents/openai";
import { scripted } from "@shoal/agents/testing";
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { errorOf } from "../../helpers.ts";
import { callOptionsFor, request } from "../ai_sdk/helpers.ts";
import { type Body, recordingServer, textAnswer } from "./helpers.ts";

const cached = { cache_control: { type: "ephemeral" } };
const WAV = "data:audio/wav;base64,AQL/";
const PNG = "https://host/a.png";

const agent = { name: "a", model: "m", prompt: "{q}" } as const;

/** Returns the messages or the input items that are sent. */
async function sent(
  messages: readonly PromptMessage[],
  api: "chat" | "responses" = "chat",
): Promise<Body[]> {
  await using server = recordingServer((body) => textAnswer(body, "ok"));
  await using provider = openai({ baseURL: server.url, api });
  await defineAgent({ ...agent, prompt: (_: object) => messages, provider }).call({});
  return server.bodies[0]![api === "chat" ? "messages" : "input"];
}

Deno.test("parts: Chat sends details, recordings, roles and extra fields", async () => {
  const call = { id: "1", name: "f", args: "{}", extra: { extra_content: { a: 1 } } };
  const messages = await sent([
    { role: "developer", content: "Be brief." },
    {
      role: "user",
      extra: { name: "ann" },
      content: [
        { type: "text", text: "Look.", extra: cached },
        { type: "image", url: PNG, detail: "low", extra: cached },
        {
          type: "image",
          data: new Uint8Array([1, 2, 255]),
          mediaType: "image/png",
          detail: "high",
        },
        { type: "audio", url: WAV },
        { type: "audio", data: new Uint8Array([1, 2, 255]), mediaType: "audio/mpeg" },
        {
          type: "text",
          text: "",
          extra: { type: "video_url", video_url: { url: "x" }, text: null },
        },
      ],
    },
    { role: "assistant", content: "", toolCalls: [call], extra: { refusal: "no" } },
    { role: "tool", toolCallId: "1", content: "3", extra: { name: "f" } },
  ]);
  assertEquals(messages, [
    { role: "developer", content: "Be brief." },
    {
      role: "user",
      name: "ann",
      content: [
        { type: "text", text: "Look.", ...cached },
        { type: "image_url", image_url: { url: PNG, detail: "low" }, ...cached },
        { type: "image_url", image_url: { url: "data:image/png;base64,AQL/", detail: "high" } },
        { type: "input_audio", input_audio: { data: "AQL/", format: "wav" } },
        { type: "input_audio", input_audio: { data: "AQL/", format: "mp3" } },
        { type: "video_url", video_url: { url: "x" } },
      ],
    },
    {
      role: "assistant",
      content: null,
      refusal: "no",
      tool_calls: [{
        id: "1",
        type: "function",
        function: { name: "f", arguments: "{}" },
        extra_content: { a: 1 },
      }],
    },
    { role: "tool", tool_call_id: "1", content: "3", name: "f" },
  ]);
});

Deno.test("parts: Responses sends details, recordings, roles and extra fields", async () => {
  const items = await sent([
    { role: "developer", content: "Be brief." },
    {
      role: "user",
      extra: { id: "msg_1" },
      content: [
        { type: "text", text: "Look.", extra: cached },
        { type: "image", url: PNG, detail: "low" },
        { type: "image", url: PNG },
        { type: "audio", url: WAV },
      ],
    },
    { role: "assistant", content: [{ type: "text", text: "Yes.", extra: cached }] },
    {
      role: "assistant",
      content: "",
      toolCalls: [{ id: "1", name: "f", args: "{}", extra: { status: "completed" } }],
    },
    { role: "tool", toolCallId: "1", content: "3", extra: { status: "completed" } },
  ], "responses");
  assertEquals(items, [
    { role: "developer", content: "Be brief." },
    {
      role: "user",
      id: "msg_1",
      content: [
        { type: "input_text", text: "Look.", ...cached },
        { type: "input_image", image_url: PNG, detail: "low" },
        { type: "input_image", image_url: PNG, detail: "auto" },
        { type: "input_audio", input_audio: { data: "AQL/", format: "wav" } },
      ],
    },
    {
      role: "assistant",
      content: [{ type: "output_text", text: "Yes.", annotations: [], ...cached }],
    },
    { type: "function_call", call_id: "1", name: "f", arguments: "{}", status: "completed" },
    { type: "function_call_output", call_id: "1", output: "3", status: "completed" },
  ]);
});

Deno.test("parts: the AI SDK gets recordings, and extra as provider options", async () => {
  const extra = { anthropic: { cacheControl: { type: "ephemeral" } } };
  const options = { providerOptions: extra };
  const call = { id: "1", name: "f", args: "{}", extra };
  const messages: Message[] = [
    { role: "developer", content: "Be brief.", extra },
    {
      role: "system",
      content: [{ type: "text", text: "One." }, { type: "text", text: "2", extra }],
    },
    { role: "user", content: [{ type: "audio", url: WAV }, { type: "text", text: "x", extra }] },
    { role: "assistant", content: "Yes.", toolCalls: [call] },
    { role: "tool", toolCallId: "1", content: "3", extra },
  ];
  const { prompt } = await callOptionsFor(request("x", { messages }));
  assertEquals<unknown>(prompt, [
    { role: "system", content: "Be brief.", ...options },
    { role: "system", content: "One." },
    { role: "system", content: "2", ...options },
    {
      role: "user",
      content: [
        { type: "file", mediaType: "audio/wav", data: { type: "data", data: "AQL/" } },
        { type: "text", text: "x", ...options },
      ],
    },
    {
      role: "assistant",
      content: [
        { type: "text", text: "Yes." },
        { type: "tool-call", toolCallId: "1", toolName: "f", input: {}, ...options },
      ],
    },
    {
      role: "tool",
      content: [{
        type: "tool-result",
        toolCallId: "1",
        toolName: "f",
        output: { type: "text", value: "3" },
        ...options,
      }],
    },
  ]);
});

Deno.test("parts: rejects by name what an API cannot express", async () => {
  const refused: [() => Promise<unknown>, string][] = [
    [() => callOptionsFor(request([{ type: "image", url: PNG, detail: "low" }])), "detail"],
    [
      () => callOptionsFor(request([{ type: "text", text: "x", extra: cached }])),
      '"cache_control"',
    ],
    [() => callOptionsFor(request("x", { settings: { extra: { logprobs: true } } })), '"logprobs"'],
  ];
  for (const [call, name] of refused) await assertRejects(call, Error, name);

  await using server = recordingServer((body) => textAnswer(body, "never"));
  const call = (api: "chat" | "responses", messages: readonly Message[]) =>
    defineAgent({
      ...agent,
      prompt: (_: object) => messages,
      provider: openai({ baseURL: server.url, api }),
    }).call({});
  for (const api of ["chat", "responses"] as const) {
    const recording = { type: "audio", url: "https://host/a.wav" } as const;
    const error = await errorOf(call(api, [{ role: "user", content: [recording] }]));
    assertEquals(error.code, "invalid_params");
    assertStringIncludes(error.message, "recording");
  }
  const toolCalls = [{ id: "1", name: "f", args: "{}" }];
  const calls = { role: "assistant", content: "", toolCalls, extra: { id: "x" } } as const;
  assertStringIncludes((await errorOf(call("responses", [calls]))).message, "extra");
  assertEquals(server.bodies.length, 0);
});

Deno.test("messages: rejects unknown fields and parts by name", async () => {
  const provider: Provider = scripted("never");
  const wrong: [message: Body, named: string][] = [
    [{ role: "user", content: "x", name: "ann" }, 'message 0 must not have "name"'],
    [{ role: "user", content: "x", cache_control: {} }, '"cache_control"'],
    [{ role: "tool", toolCallId: "1", content: "x", tool_call_id: "1" }, '"tool_call_id"'],
    [
      { role: "user", content: [{ type: "text", text: "x", cache_control: {} }] },
      "part 0 must not",
    ],
    [{ role: "user", content: [{ type: "image_url", image_url: { url: PNG } }] }, '"image_url"'],
    [{ role: "user", content: [{ type: "video", url: PNG }] }, '"video"'],
    [{ role: "user", content: [{ type: "image", url: PNG, detail: "best" }] }, "detail"],
    [{ role: "user", content: [{ type: "image", url: PNG, name: "a" }] }, '"name"'],
    [{ role: "user", content: [{ type: "file", url: "f", detail: "low" }] }, '"detail"'],
    [{ role: "user", content: [{ type: "image", url: PNG, data: new Uint8Array() }] }, "both"],
    [{ role: "user", content: [{ type: "image", url: PNG, mediaType: "image/png" }] }, "mediaType"],
    [{ role: "user", content: [{ type: "text", text: "x", extra: "y" }] }, "extra"],
    [{ role: "user", content: "x", extra: [] }, "extra"],
    [{ role: "user", content: "x", providerData: {} }, "providerData"],
    [{ role: "user", content: "x", toolCallId: "1" }, "toolCallId"],
    [{
      role: "assistant",
      content: "",
      toolCalls: [{ id: "1", name: "f", args: "{}", extra_content: {} }],
    }, '"extra_content"'],
    [{ role: "Developer", content: "x" }, '"developer"'],
  ];
  for (const [message, named] of wrong) {
    const messages = [message] as never;
    const A = defineAgent({ ...agent, provider });
    await assertRejects(() => A.call({ q: "x" }, { messages }), TypeError, named);
    const B = defineAgent({ ...agent, prompt: (_: object) => messages, provider });
    const error = await errorOf(B.call({}));
    // The mistake is in the agent's own code, and not in the parameters.
    assertEquals(error.code, "tool");
    assertStringIncludes(error.message, named);
  }
  // What is `undefined` counts as absent.
  const fine = [{
    role: "user",
    content: [{ type: "text", text: "x", extra: undefined }],
    name: undefined,
  }];
  const ok = defineAgent({ ...agent, provider: scripted("ok") });
  assertEquals((await ok.call({ q: "x" }, { messages: fine as never })).content, "ok");
});
