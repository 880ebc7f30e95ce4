/** Tests the Responses API as the AI SDK, the OpenAI Agents SDK and LangChain.js use it. */
import { createOpenAI } from "@ai-sdk/openai";
import { defineAgent } from "@shoal/agents";
import { scripted } from "@shoal/agents/testing";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { APICallError, generateText, type ModelMessage, Output, streamText } from "ai";
import { z } from "zod";
import {
  echo,
  failingMidStream,
  request,
  routes,
  serve,
  streaming,
  type TestServer,
  TOKEN,
} from "../helpers.ts";

const Label = z.object({ label: z.enum(["positive", "negative"]) });

const typed = defineAgent({
  name: "typed",
  model: "m",
  prompt: "{text}",
  output: Label,
  provider: scripted('{"label":"positive"}'),
});

/** The AI SDK's provider, which uses the Responses API by default. */
function models({ url }: TestServer) {
  return createOpenAI({ baseURL: `${url}/v1`, apiKey: TOKEN });
}

Deno.test("AI SDK: generates text, with a system prompt, an image and the usage", async () => {
  const { agent, provider } = echo();
  await using served = serve(routes([agent]));
  const { text, usage, finishReason } = await generateText({
    model: models(served)("echo"),
    instructions: "Be brief.",
    maxOutputTokens: 50,
    messages: [{
      role: "user",
      content: [
        { type: "text", text: "look" },
        { type: "file", data: new URL("https://example.com/a.png"), mediaType: "image/png" },
      ],
    }],
  });
  assert(text.includes("object"));
  assertEquals(finishReason, "stop");
  assert(usage.totalTokens! > 0);
  const { messages, settings } = provider.requests[0]!;
  assertEquals(messages[0], { role: "system", content: "Be brief." });
  assertEquals(messages[1]!.content, [
    { type: "text", text: "look" },
    { type: "image", url: "https://example.com/a.png" },
  ]);
  assertEquals(settings, { maxTokens: 50 });
});

Deno.test("AI SDK: streams text", async () => {
  await using served = serve(routes([streaming("streaming", 4)]));
  const { textStream, finishReason, usage } = streamText({
    model: models(served)("streaming"),
    prompt: "x",
  });
  const pieces = [];
  for await (const piece of textStream) pieces.push(piece);
  assertEquals(pieces, ["x ", "x ", "x ", "x "]);
  assertEquals(await finishReason, "stop");
  assertEquals(typeof (await usage).inputTokens, "number");
});

Deno.test("AI SDK: generates objects", async () => {
  await using served = serve(routes([typed]));
  const { output } = await generateText({
    model: models(served)("typed"),
    output: Output.object({ schema: Label }),
    prompt: "I love it",
  });
  assertEquals(output, { label: "positive" });
});

Deno.test("AI SDK: continues a conversation that is not stored", async () => {
  const { agent, provider } = echo();
  await using served = serve(routes([agent]));
  const model = models(served)("echo");
  const first = await generateText({ model, prompt: "one" });
  const messages: ModelMessage[] = [
    { role: "user", content: "one" },
    ...first.response.messages,
    { role: "user", content: "two" },
  ];
  const providerOptions = { openai: { store: false } };
  assertEquals((await generateText({ model, messages, providerOptions })).text, "two");
  const texts = provider.requests[1]!.messages.map(({ content }) =>
    typeof content === "string" ? content : content.map((part) => "text" in part && part.text)
  );
  assertEquals(texts.flat(), ["one", "one", "two"]);
  // By default it refers to a stored answer. The error names the option.
  await assertRejects(
    () => generateText({ model, messages }),
    APICallError,
    "clients do with `store: false`",
  );
});

Deno.test("AI SDK: reports an error in the middle of a stream", async () => {
  await using served = serve(routes([failingMidStream()]));
  const errors: unknown[] = [];
  const { textStream, finishReason } = streamText({
    model: models(served)("failing"),
    prompt: "x",
    onError: ({ error }) => void errors.push(error),
  });
  let text = "";
  for await (const piece of textStream) text += piece;
  assertEquals([text, await finishReason], ["so far", "error"]);
  assertEquals(errors.length, 1);
});

/** Requests that clients send, as they were recorded. */
const RECORDED: readonly (readonly [client: string, body: object, roles: string[]])[] = [
  [
    "OpenAI Agents SDK 0.20",
    {
      model: "echo",
      instructions: "Be brief.",
      input: [{ role: "user", content: "hello" }],
      include: [],
      tools: [],
      stream: false,
    },
    ["system", "user"],
  ],
  [
    "OpenAI Agents SDK 0.20, second turn",
    {
      model: "echo",
      input: [
        { role: "user", content: "hello" },
        {
          type: "message",
          id: "msg_b593b92c4f17458bbc55fc6b2f5430a3",
          role: "assistant",
          content: [{ type: "output_text", text: "hello", annotations: [], logprobs: [] }],
          status: "completed",
        },
        { role: "user", content: "again" },
      ],
      include: [],
      tools: [],
      stream: true,
    },
    ["user", "assistant", "user"],
  ],
  [
    "LangChain.js 1.6",
    {
      model: "echo",
      input: [
        { type: "message", role: "user", content: "hi" },
        {
          id: "msg_a27890cad7294e7d8eee1807495856bd",
          type: "message",
          status: "completed",
          role: "assistant",
          content: [{ type: "output_text", annotations: [], logprobs: [], text: "hi" }],
        },
        { type: "message", role: "user", content: "again" },
      ],
      stream: true,
      text: {},
    },
    ["user", "assistant", "user"],
  ],
];

for (const [client, body, roles] of RECORDED) {
  Deno.test(`${client}: its request is answered`, async () => {
    const { agent, provider } = echo();
    const { status, text } = await request(routes([agent]), "/v1/responses", body);
    assertEquals(status, 200, text);
    assertEquals(provider.requests[0]!.messages.map(({ role }) => role), roles);
  });
}

Deno.test("OpenAI Agents SDK 0.20: a typed answer is JSON", async () => {
  const schema = {
    $schema: "http://json-schema.org/draft-07/schema#",
    type: "object",
    properties: { label: { type: "string" } },
    required: ["label"],
    additionalProperties: false,
  };
  const { json } = await request(routes([typed]), "/v1/responses", {
    model: "typed",
    input: [{ role: "user", content: "hello" }],
    include: [],
    tools: [],
    stream: false,
    text: { format: { type: "json_schema", name: "output", strict: true, schema } },
  });
  assertEquals(json.output[0].content[0].text, '{"label":"positive"}');
});
