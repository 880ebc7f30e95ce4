/** Errors that come with a usage: the request is billed, so the call counts it. */
import { defineAgent, type Provider } from "@shoal/agents";
import { aiSdk } from "@shoal/agents/ai-sdk";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { assertEquals } from "@std/assert";
import { errorOf } from "../helpers.ts";
import { chunk, DONE, type Pair, respondWith, streamOf } from "../providers/openai/helpers.ts";

const usage = {
  prompt_tokens: 40,
  completion_tokens: 2,
  total_tokens: 62,
  cost: 0.5,
  is_byok: false,
};
const error = { code: 502, message: "Provider disconnected unexpectedly" };
/** OpenRouter's last event of a stream that broke. */
const errorEvent = {
  id: "gen-1",
  object: "chat.completion.chunk",
  model: "m",
  service_tier: "flex",
  provider: "Somewhere",
  error,
  choices: [{ index: 0, delta: { content: "" }, finish_reason: "error" }],
  usage,
};
const responsesUsage = { input_tokens: 40, output_tokens: 2, total_tokens: 62, cost: 0.5 };
const failed = {
  object: "response",
  status: "failed",
  error: { code: "server_error", message: "It broke" },
  service_tier: "flex",
  output: [],
  usage: responsesUsage,
};

/** Checks what a failed call counts, with a complete or a streamed answer. */
async function check(
  provider: Provider,
  { stream, tier }: { readonly stream: boolean; readonly tier?: string },
): Promise<void> {
  const A = defineAgent({ name: "a", model: "m", prompt: "x", provider, retries: 0 });
  const { result, usage } = await errorOf(A.call({}, stream ? { onDelta() {} } : {}));
  assertEquals([usage.inputTokens, usage.outputTokens], [40, 22]);
  assertEquals([result!.cost?.total, result!.cost?.source], [0.5, "server"]);
  assertEquals(result!.attempts.map(({ serviceTier }) => serviceTier), [tier]);
}

const events = (...list: unknown[]) =>
  list.map((event) => `data: ${JSON.stringify(event)}\n\n`).join("");
const headers = { "content-type": "text/event-stream" };

Deno.test("billed errors: an event with an error and a usage", async () => {
  await using pair = streamOf(chunk("half"), errorEvent, DONE);
  await check(pair.provider, { stream: true, tier: "flex" });
});

Deno.test("billed errors: a usage in an event before the error", async () => {
  await using pair = streamOf(
    { ...chunk("half") as object, usage },
    { error },
    DONE,
  );
  await check(pair.provider, { stream: true });
});

Deno.test("billed errors: an event named error", async () => {
  const body = events(chunk("half")) +
    `event: error\ndata: ${JSON.stringify({ message: "broke", status_code: 500, usage })}\n\n`;
  await using pair = respondWith(body, { headers });
  await check(pair.provider, { stream: true });
});

Deno.test("billed errors: a stream that is cut off, or that is not JSON, after a usage", async () => {
  for (const rest of ["", "data: {]\n\n"]) {
    await using pair = streamOf({ ...chunk("half") as object, usage }, rest);
    await check(pair.provider, { stream: true });
  }
});

Deno.test("billed errors: a whole answer with status 200 that is an error", async () => {
  await using pair = respondWith({ error, usage, service_tier: "flex" });
  await check(pair.provider, { stream: false, tier: "flex" });
});

Deno.test("billed errors: a response with an error status", async () => {
  await using pair = respondWith({ error, usage }, { status: 500 });
  await check(pair.provider, { stream: false });
  await check(pair.provider, { stream: true });
});

Deno.test("billed errors: a whole answer without a choice", async () => {
  await using pair = respondWith({ choices: [], usage });
  await check(pair.provider, { stream: false });
});

Deno.test("billed errors: a failed response of the Responses API", async () => {
  await using whole = respondWith(failed, {}, { api: "responses" });
  await check(whole.provider, { stream: false, tier: "flex" });
  const delta = { type: "response.output_text.delta", delta: "half" };
  const body = events(delta, { type: "response.failed", response: failed });
  await using pair = respondWith(body, { headers }, { api: "responses" });
  await check(pair.provider, { stream: true, tier: "flex" });
});

Deno.test("billed errors: an error event of the Responses API", async () => {
  for (const place of [{ usage: responsesUsage }, { response: { usage: responsesUsage } }]) {
    const body = events({ type: "error", code: "server_error", message: "broke", ...place });
    await using pair = respondWith(body, { headers }, { api: "responses" });
    await check(pair.provider, { stream: true });
  }
});

Deno.test("billed errors: through the AI SDK", async () => {
  const providerOf = ({ sim: { url: baseURL } }: Pair) =>
    aiSdk(createOpenAICompatible({ name: "server", baseURL, includeUsage: true }));
  await using event = streamOf(chunk("half"), errorEvent, DONE);
  await check(providerOf(event), { stream: true, tier: "flex" });
  await using before = streamOf({ ...chunk("half") as object, usage }, { error }, DONE);
  await check(providerOf(before), { stream: true });
  await using whole = respondWith({ error, usage, service_tier: "flex" });
  await check(providerOf(whole), { stream: false, tier: "flex" });
  await using status = respondWith({ error, usage }, { status: 500 });
  await check(providerOf(status), { stream: false });
});
