import { type AgentError, type AgentOverrides, defineAgent } from "@shoal/agents";
import { openai } from "@shoal/agents/openai";
import type { SimulatorFault } from "@shoal/agents/testing";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { errorOf, fakeTime } from "../../helpers.ts";
import { chunk, DONE, first, type Pair, request, startPair, streamOf, until } from "./helpers.ts";
import { print } from "../../print.ts";

const TEXT = "one two three four five six seven eight nine ten";
const respond = () => TEXT;
const agentOf = ({ provider }: Pair, more: AgentOverrides = {}) =>
  defineAgent({ name: "a", model: "m", prompt: "x", provider, retries: { max: 3, base: 1 } })
    .with(more);

/** Returns the deltas before the error, and the error. */
async function failing(
  pair: Pair,
  more: AgentOverrides = {},
): Promise<{ text: string; error: AgentError }> {
  let text = "";
  const error = await errorOf(
    agentOf(pair, more).call({}, { onDelta: (delta) => void (text += delta) }),
  );
  return { text, error };
}

const FAULTS: [SimulatorFault, AgentError["code"]][] = [
  ["truncate", "truncated"],
  ["malformed", "provider"],
  ["streamError", "provider"],
  ["resetBody", "network"],
];

for (const [fault, code] of FAULTS) {
  const type = fault as "truncate";
  Deno.test(`stream: retries ${type} before the first delta`, async () => {
    await using pair = startPair({ respond, script: [{ type, afterChunks: 0 }, "ok"] });
    let text = "";
    const result = await agentOf(pair).call({}, { onDelta: (delta) => void (text += delta) });
    assertEquals(result.attempts.map((a) => a.error?.code), [code, undefined]);
    assertEquals([result.content, text], [TEXT, TEXT]);
  });

  Deno.test(`stream: does not retry ${type} after a delta`, async () => {
    // Slowly, so that the deltas arrive before the fault.
    await using pair = startPair({ respond, script: [type], tokensPerSecond: 200 });
    const { text, error } = await failing(pair);
    assertEquals([error.code, error.attempts.length], [code, 1]);
    assert(text.length > 0 && text.length < TEXT.length && TEXT.startsWith(text), text);
    assertEquals(pair.sim.stats.requests, 1);
  });
}

Deno.test("stream: keeps text and usage of a truncated reply, not enumerable", async () => {
  const usage = { prompt_tokens: 4, completion_tokens: 2 };
  await using pair = streamOf({ ...(chunk("half an ans") as object), usage });
  const thrown = await pair.streamError();
  assertEquals([thrown.code, thrown.text, thrown.retryable], ["truncated", "half an ans", true]);
  const { error } = await failing(pair, { retries: 0 });
  assertEquals([error.code, error.text, error.usage.totalTokens], ["truncated", "half an ans", 6]);
  assert(!print(error).includes("half an"));
});

Deno.test("stream: does not take an empty finish reason for the end", async () => {
  await using pair = streamOf(chunk("a", ""), chunk("b", ""));
  assertEquals((await pair.streamError()).code, "truncated");
  await using complete = streamOf(chunk("a", ""), chunk("b", "stop"), DONE);
  assertEquals((await complete.stream()).reply.finishReason, "stop");
});

Deno.test("stream: counts [DONE] as the end if there is a text or a complete tool call", async () => {
  const call = (args: string) => ({
    choices: [{ delta: { tool_calls: [{ id: "a", function: { name: "f", arguments: args } }] } }],
  });
  for (const done of [DONE, "data: [DONE] \n\n", "data:[DONE]\n\n"]) {
    await using text = streamOf(chunk("a"), chunk("b"), done);
    const { reply } = await text.stream();
    assertEquals([reply.text, reply.finishReason], ["ab", "stop"]);
    await using tool = streamOf(call('{"a":1}'), done);
    assertEquals((await tool.stream()).reply.finishReason, "tool_calls");
    for (const events of [[], [chunk("")], [call('{"a":')]]) {
      await using cut = streamOf(...events, done);
      assertEquals((await cut.streamError()).code, "truncated");
    }
  }
});

Deno.test("stream: retries a reset before the headers", async () => {
  await using pair = startPair({ respond, script: ["reset", "ok"], keepAlive: false });
  const result = await agentOf(pair).call({}, { onDelta() {} });
  assertEquals(result.attempts.map((a) => a.error?.code), ["network", undefined]);
});

for (const fault of ["stall", "stallKeepAlive"] as const) {
  Deno.test(`stream: ends ${fault} in the middle by the idle timeout`, async () => {
    await using pair = startPair({
      respond,
      script: [{ type: fault, afterChunks: 2, everyMs: 20 }],
    });
    const { text, error } = await failing(pair, { timeout: { attempt: 60_000, idle: 300 } });
    assertEquals([error.code, error.attempts.length], ["timeout", 1]);
    assertEquals(text, TEXT.slice(0, 32));
    await until(() => pair.sim.stats.aborted === 1, "the stalled request is aborted");
  });

  Deno.test(`stream: ends ${fault} before the first token by its timeout`, async () => {
    await using pair = startPair({ respond, script: [{ type: fault, everyMs: 20 }, "ok"] });
    const timeout = { attempt: 60_000, firstToken: 300, idle: 30_000 };
    const result = await agentOf(pair, { timeout }).call({}, { onDelta() {} });
    assertEquals(result.attempts.map((a) => a.error?.code), ["timeout", undefined]);
    await until(() => pair.sim.stats.aborted === 1, "the stalled request is aborted");
  });
}

Deno.test("stream: aborts the request on break", async () => {
  await using pair = startPair({ respond, tokensPerSecond: 20 });
  for await (const event of agentOf(pair).stream({})) {
    assertEquals(event.type, "delta");
    break;
  }
  await until(() => pair.sim.stats.aborted === 1, "the request is aborted");
  assertEquals([pair.sim.stats.inFlight, pair.sim.stats.requests], [0, 1]);
});

Deno.test("stream: aborts the request when the provider's stream is abandoned", async () => {
  await using pair = startPair({ respond, tokensPerSecond: 20 });
  const controller = new AbortController();
  assert(TEXT.startsWith(await first(pair.provider, controller.signal)));
  await until(() => pair.sim.stats.aborted === 1, "the request is aborted");
  // The caller's signal may abort later, and has no listener left.
  controller.abort();
});

Deno.test("stream: rejects with the reason on abort in the middle", async () => {
  await using pair = startPair({ respond, tokensPerSecond: 20 });
  const controller = new AbortController();
  const reason = new Error("enough");
  let deltas = 0;
  const thrown = await assertRejects(async () => {
    for await (const _ of pair.provider.stream(request(), controller)) {
      if (++deltas === 1) controller.abort(reason);
    }
  });
  assertEquals([thrown, deltas], [reason, 1]);
  await until(() => pair.sim.stats.aborted === 1, "the request is aborted");
});

Deno.test("stream: rejects with the reason on abort while it stalls", async () => {
  for (const type of ["stall", "stallKeepAlive"] as const) {
    await using pair = startPair({ respond, script: [{ type, afterChunks: 1, everyMs: 20 }] });
    const controller = new AbortController();
    const chunks = pair.provider.stream(request(), controller)[Symbol.asyncIterator]();
    assertEquals((await chunks.next()).value.type, "delta");
    const next = chunks.next();
    const reason = new Error("enough");
    setTimeout(() => controller.abort(reason), 20);
    assertEquals(await assertRejects(() => next), reason);
    await until(() => pair.sim.stats.aborted === 1, "the request is aborted");
  }
});

Deno.test("stream: closes 50 streams, each abandoned after its first delta", async () => {
  await using pair = startPair({ respond, tokensPerSecond: 20 });
  const { signal } = new AbortController();
  await Promise.all(Array.from({ length: 50 }, () => first(pair.provider, signal)));
  await until(() => pair.sim.stats.inFlight === 0, "all requests are gone");
  assertEquals(pair.sim.stats.aborted, 50);
});

Deno.test("stream: reads the wait from the words of a rate limit in the stream", async () => {
  const error = {
    message: "Rate limit reached for m. Please try again in 1.5s.",
    type: "tokens",
    code: "rate_limit_exceeded",
  };
  await using pair = streamOf({ error });
  const thrown = await pair.streamError();
  assertEquals([thrown.code, thrown.retryAfterMs, thrown.retryable], ["rate_limited", 1500, true]);
});

Deno.test("stream: an answer is complete although the server keeps the connection open", async () => {
  using time = fakeTime();
  const usage = { prompt_tokens: 7, completion_tokens: 1 };
  const events = [chunk("yes", "stop"), { choices: [], usage }];
  const text = events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join("");
  let requests = 0;
  const provider = openai({
    baseURL: "http://127.0.0.1:1/v1",
    fetch: () => {
      requests++;
      const start = (controller: ReadableStreamDefaultController<Uint8Array>) =>
        controller.enqueue(new TextEncoder().encode(text));
      return Promise.resolve(new Response(new ReadableStream({ start })));
    },
  });
  const agent = defineAgent({ name: "a", model: "m", prompt: "x", provider });
  const call = agent.call({}, { onDelta: () => {} });
  await time.tick(1_000);
  await time.tick(2_000);
  const result = await call;
  assertEquals([result.content, result.usage.inputTokens, requests], ["yes", 7, 1]);
});
