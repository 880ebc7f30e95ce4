/** Tests the API compatible with OpenAI's through the AI SDK. */
import { defineAgent } from "@shoal/agents";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { scripted } from "@shoal/agents/testing";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { APICallError, generateText, Output, streamText } from "ai";
import { z } from "zod";
import { echo, routes, serve, streaming, type TestServer, TOKEN } from "./helpers.ts";

function models({ url }: TestServer, apiKey = TOKEN) {
  return createOpenAICompatible({
    name: "agents",
    baseURL: `${url}/v1`,
    apiKey,
    supportsStructuredOutputs: true,
  });
}

Deno.test("generateText calls an agent", async () => {
  await using served = serve(routes([echo().agent]));
  const { text, usage, finishReason } = await generateText({
    model: models(served)("echo"),
    prompt: "hello",
  });
  assertEquals([text, finishReason], ["hello", "stop"]);
  assert(usage.totalTokens! > 0);
});

Deno.test("streamText receives the deltas of an agent", async () => {
  await using served = serve(routes([streaming("streaming", 4)]));
  const { textStream } = streamText({ model: models(served)("streaming"), prompt: "x" });
  const pieces = [];
  for await (const piece of textStream) pieces.push(piece);
  assertEquals(pieces, ["x ", "x ", "x ", "x "]);
});

Deno.test("an agent with an output schema returns an object", async () => {
  const schema = z.object({ label: z.enum(["positive", "negative"]) });
  const agent = defineAgent({
    name: "typed",
    model: "m",
    prompt: "{text}",
    output: schema,
    provider: scripted('{"label":"positive"}'),
  });
  await using served = serve(routes([agent]));
  const { output } = await generateText({
    model: models(served)("typed"),
    output: Output.object({ schema }),
    prompt: "I love it",
  });
  assertEquals(output, { label: "positive" });
});

Deno.test("errors carry the status and a message with the cause", async () => {
  await using served = serve(routes([echo().agent]));
  const generate = (name: string, key?: string) =>
    generateText({ model: models(served, key)(name), prompt: "x", maxRetries: 0 });
  const missing = await assertRejects(
    () => generate("nobody"),
    APICallError,
    "no agent with that name",
  );
  assertEquals([missing.statusCode, missing.isRetryable], [404, false]);
  const wrong = await assertRejects(() => generate("echo", "wrong"), APICallError);
  assertEquals(wrong.statusCode, 401);
});
