import { defineAgent } from "@shoal/agents";
import { openai } from "@shoal/agents/openai";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { configured } from "../../helpers.ts";
import { chunk, DONE, neverAborts, read, request, serve, startPair, streamOf } from "./helpers.ts";

const usage = { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 };

Deno.test("stream: gives the same reply as a complete response", async () => {
  await using pair = startPair({
    respond: () => ({
      content: "one two three four five six",
      usage: { inputTokens: 9, outputTokens: 7 },
    }),
    chunkSize: 1,
  });
  const complete = await pair.generate();
  const { deltas, text, reply } = await pair.stream();
  assertEquals(reply, complete);
  assertEquals(text, complete.text);
  assert(deltas.length > 3 && deltas.every((delta) => delta !== ""), `${deltas.length}`);
});

Deno.test("stream: reads usage from an event of its own, the last, or each", async () => {
  const last = chunk("", "stop") as Record<string, unknown>;
  const shapes = [
    [chunk("ab"), last, { choices: [], usage }, DONE],
    [chunk("ab"), { ...last, usage }, DONE],
    [{ choices: [], usage: null }, chunk("ab"), last, { usage }, DONE],
    [
      { ...(chunk("ab") as object), usage: { prompt_tokens: 7, completion_tokens: 1 } },
      { ...last, usage },
      DONE,
    ],
  ];
  for (const events of shapes) {
    await using pair = streamOf(...events);
    const { text, reply } = await pair.stream();
    assertEquals([text, reply.finishReason], ["ab", "stop"]);
    assertEquals([reply.usage?.inputTokens, reply.usage?.outputTokens], [7, 3]);
  }
});

Deno.test("stream: reads cached and reasoning tokens", async () => {
  const details = {
    prompt_tokens_details: { cached_tokens: 5 },
    completion_tokens_details: { reasoning_tokens: 2 },
  };
  await using pair = streamOf(
    chunk("a", "stop"),
    { choices: [], usage: { ...usage, ...details } },
    DONE,
  );
  const { reply } = await pair.stream();
  assertEquals([reply.usage?.cachedInputTokens, reply.usage?.reasoningTokens], [5, 2]);
});

Deno.test("stream: has no usage and no price if the server reports none", async () => {
  await using pair = streamOf(chunk("a", "stop"), DONE);
  assertEquals((await pair.stream()).reply.usage, undefined);
  using _ = configured({ prices: { m: { input: 1, output: 1 } } });
  const { provider } = pair;
  const A = defineAgent({ name: "a", model: "m", prompt: "x", provider });
  const result = await A.call({}, { onDelta() {} });
  assertEquals([result.content, result.usage.totalTokens, result.cost], ["a", 0, undefined]);
});

Deno.test("stream: needs no [DONE] after a finish reason", async () => {
  await using pair = streamOf(chunk("a"), chunk(null, "length"));
  const { text, reply } = await pair.stream();
  assertEquals([text, reply.text, reply.finishReason], ["a", "a", "length"]);
});

Deno.test("stream: reads events in odd shapes", async () => {
  await using pair = streamOf(
    ": a comment\n\n",
    "event: ping\ndata: {}\n\n",
    "data: null\n\n",
    { choices: null },
    { choices: [{}] },
    { choices: [{ index: 0, delta: null }] },
    chunk(""),
    chunk(null),
    chunk("a"),
    chunk([{ type: "thinking", thinking: [] }, { type: "text", text: "b" }]),
    'id: 5\r\nretry: 10\r\ndata: {"choices":[{"delta":\r\ndata: {"content":"c"}}]}\r\n\r\n',
    chunk(undefined, "stop"),
    DONE,
  );
  const { deltas, reply } = await pair.stream();
  assertEquals([deltas, reply.text], [["a", "b", "c"], "abc"]);
});

Deno.test("stream: reads an empty reply", async () => {
  await using pair = startPair({ respond: () => ({ content: "" }) });
  const { deltas, reply } = await pair.stream();
  assertEquals([deltas, reply.text, reply.finishReason], [[], "", "stop"]);
});

Deno.test("stream: reads refusal, length and content filter", async () => {
  await using pair = startPair({
    script: ["refusal", "length", "contentFilter"],
    respond: () => "12345678",
  });
  const refused = (await pair.stream()).reply;
  assertStringIncludes(refused.refusal!, "can't help");
  assertEquals(refused.text, "");
  const cut = (await pair.stream()).reply;
  assertEquals([cut.text, cut.finishReason, cut.refusal], ["1234", "length", undefined]);
  assertEquals((await pair.stream()).reply.finishReason, "content_filter");
});

Deno.test("stream: decodes text whose bytes arrive one by one", async () => {
  const text = "Grüße 🐟🐠 naïve 你好 👩‍👩‍👧";
  const bytes = new TextEncoder().encode(
    [...text].map((c) => `data: ${JSON.stringify(chunk(c))}\n\n`).join("") +
      `data: ${JSON.stringify(chunk("", "stop"))}\n\n${DONE}`,
  );
  await using server = serve(() => {
    let at = 0;
    const body = new ReadableStream({
      pull(controller) {
        if (at === bytes.length) return controller.close();
        controller.enqueue(bytes.subarray(at, ++at));
      },
    });
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  });
  await using provider = openai({ baseURL: server.url });
  const streamed = await read(provider.stream(request(), { signal: neverAborts() }));
  assertEquals([streamed.text, streamed.reply.text], [text, text]);
  assertEquals(streamed.deltas, [...text]);
});

Deno.test("stream: decodes a surrogate pair in two deltas", async () => {
  await using pair = streamOf(
    'data: {"choices":[{"delta":{"content":"a\\ud83d"}}]}\n\n',
    'data: {"choices":[{"delta":{"content":"\\ude00b"},"finish_reason":"stop"}]}\n\n',
    DONE,
  );
  assertEquals((await pair.stream()).text, "a😀b");
});

Deno.test("stream: does not wait for the connection to close after [DONE]", async () => {
  let cancelled = false;
  await using server = serve(() => {
    const body = new ReadableStream({
      start(controller) {
        const events = `data: ${JSON.stringify(chunk("a", "stop"))}\n\n${DONE}`;
        controller.enqueue(new TextEncoder().encode(events));
      },
      cancel() {
        cancelled = true;
      },
    });
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  });
  await using provider = openai({ baseURL: server.url });
  const { text } = await read(provider.stream(request(), { signal: neverAborts() }));
  assertEquals(text, "a");
  // Then the client closes it.
  for (let i = 0; i < 500 && !cancelled; i++) await new Promise((done) => setTimeout(done, 10));
  assert(cancelled);
});

Deno.test("stream: sends nothing before it is read", async () => {
  await using pair = startPair();
  const chunks = pair.provider.stream(request(), { signal: neverAborts() });
  await pair.generate();
  assertEquals(pair.sim.stats.requests, 1);
  assertEquals((await read(chunks)).reply.finishReason, "stop");
  assertEquals(pair.sim.stats.requests, 2);
});
