import {
  AgentError,
  defineAgent,
  type ModelChunk,
  type Provider,
  type StreamEvent,
} from "@shoal/agents";
import { scripted } from "@shoal/agents/testing";
import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { z } from "zod";
import { busy, errorOf, handmade, never, reply, settled, used } from "../helpers.ts";

const base = { name: "a", model: "m", prompt: "x" };

/** Creates a provider whose Nth stream yields these chunks. An error among them is thrown. */
function streamingProvider(
  ...all: (ModelChunk | Error)[][]
): Provider & { signals: AbortSignal[] } {
  const signals: AbortSignal[] = [];
  const provider = handmade({
    async *stream(_, { signal }) {
      const chunks = all[Math.min(signals.push(signal), all.length) - 1]!;
      for (const chunk of chunks) {
        if (chunk instanceof Error) throw chunk;
        yield await Promise.resolve(chunk);
      }
    },
  });
  return Object.assign(provider, { signals });
}
const delta = (text: string): ModelChunk => ({ type: "delta", text });
const end = (text: string): ModelChunk => ({
  type: "reply",
  reply: reply(text, { usage: used(1, 2) }),
});

async function read(events: AsyncIterable<StreamEvent<unknown>>) {
  const all: StreamEvent<unknown>[] = [];
  for await (const event of events) all.push(event);
  return all;
}

Deno.test("stream: yields deltas as they arrive, and the result at the end", async () => {
  const A = defineAgent({ ...base, provider: scripted("one two  three\n") });
  const stream = A.stream({}, { metadata: 1 });
  const events = await read(stream);
  const last = events.pop();
  assertEquals(events.map((e) => e.type === "delta" && e.text), ["one", " two", "  three", "\n"]);
  assert(last?.type === "result");
  assertEquals([last.result.content, last.result.metadata], ["one two  three\n", 1]);
  assertEquals(typeof last.result.timing.firstTokenMs, "number");
  assertStrictEquals(await stream.result, last.result);
  assertEquals(await stream.next(), { done: true, value: undefined });
});

Deno.test("stream: sends nothing before the first read", async () => {
  const provider = scripted("never");
  defineAgent({ ...base, provider }).stream({});
  await settled();
  assertEquals(provider.calls, 0);
});

Deno.test("stream: result resolves without reading any event", async () => {
  const A = defineAgent({ ...base, provider: scripted("one two") });
  assertEquals((await A.stream({}).result).content, "one two");
  await using stream = A.stream({});
  const { result } = stream;
  assertStrictEquals(stream.result, result);
  assertEquals((await result).ok, true);
  assertEquals(await read(stream), []);
});

Deno.test("stream: result does not wait for the reader to take the last event", async () => {
  const A = defineAgent({ ...base, provider: scripted("one") });
  const stream = A.stream({});
  assertEquals((await stream.next()).value, { type: "delta", text: "one" });
  const result = await stream.result;
  assertEquals((await stream.next()).value, { type: "result", result });
  assertEquals((await stream.next()).done, true);
});

Deno.test("stream: events and result can be read at the same time", async () => {
  const A = defineAgent({ ...base, provider: scripted("one two") });
  const stream = A.stream({});
  const [result, events] = await Promise.all([stream.result, read(stream)]);
  assertEquals([result.content, events.length], ["one two", 3]);
});

Deno.test("stream: break aborts the request and the provider's signal", async () => {
  let signal: AbortSignal | undefined;
  let closed = false;
  const provider = handmade({
    async *stream(_, options) {
      signal = options.signal;
      try {
        yield delta("a");
        yield delta("b");
        await new Promise((_, reject) =>
          signal!.addEventListener("abort", () => reject(signal!.reason))
        );
      } finally {
        closed = true;
      }
    },
  });
  const stream = defineAgent({ ...base, provider }).stream({});
  for await (const event of stream) if (event.type === "delta" && event.text === "b") break;
  assert(signal!.aborted);
  await settled();
  assert(closed);
  assertEquals((await errorOf(stream.result)).code, "aborted");
  assertEquals(await stream.next(), { done: true, value: undefined });
});

Deno.test("stream: break ends the call even if the provider ignores its signal", async () => {
  const provider = handmade({
    async *stream() {
      yield delta("a");
      await never();
    },
  });
  for await (const _ of defineAgent({ ...base, provider }).stream({})) break;
  await using stream = defineAgent({ ...base, provider }).stream({});
  await stream.next();
});

Deno.test("stream: a failure is thrown to the reader once, and rejects the result", async () => {
  const provider = streamingProvider([delta("a"), busy({ usage: used(3, 0) })]);
  const stream = defineAgent({ ...base, provider }).stream({});
  assertEquals((await stream.next()).value, delta("a"));
  const error = await assertRejects(() => stream.next(), AgentError);
  assertEquals([error.code, error.usage], ["rate_limited", used(3, 0)]);
  assertStrictEquals(await errorOf(stream.result), error);
  const unread = defineAgent({ ...base, provider }).stream({});
  await assertRejects(() => unread.result, AgentError);
});

Deno.test("stream: a failure without a read of result is not an unhandled rejection", async () => {
  const A = defineAgent({ ...base, prompt: "{x}", provider: scripted("never") });
  await assertRejects(() => read(A.stream({} as never)), AgentError, 'parameter "x" is missing');
});

Deno.test("stream: an end without a reply is truncated, and retried before any delta", async () => {
  const provider = streamingProvider([], [delta("")], [delta("a"), end("a")]);
  const events = await read(
    defineAgent({ ...base, provider, retries: { base: 0 } }).stream({}),
  );
  assertEquals(events.map((e) => e.type), ["retry", "retry", "delta", "result"]);
  const [retry] = events;
  assert(retry?.type === "retry");
  assertEquals([retry.attempt, retry.error.code, retry.delayMs], [1, "truncated", 0]);
  assertEquals(provider.signals.length, 3);
});

Deno.test("stream: does not retry after the first delta", async () => {
  for (const broken of [[delta("a")], [delta("a"), busy()]]) {
    const provider = streamingProvider(broken, [delta("b"), end("b")]);
    const seen: string[] = [];
    const A = defineAgent({ ...base, provider, retries: { base: 0, on: () => true } });
    const result = await A.settle({}, { onDelta: (text) => void seen.push(text) });
    assertEquals(result.error!.code, broken.length === 1 ? "truncated" : "rate_limited");
    assertEquals([seen, provider.signals.length], [["a"], 1]);
  }
});

Deno.test("onDelta: receives every delta, and the call returns the whole text", async () => {
  const seen: string[] = [];
  const A = defineAgent({ ...base, provider: scripted("one two") });
  const result = await A.call({}, { onDelta: (text) => void seen.push(text) });
  assertEquals([seen, result.content], [["one", " two"], "one two"]);
  const both: string[] = [];
  const events = await read(A.stream({}, { onDelta: (text) => void both.push(text) }));
  assertEquals([both, events.length], [["one", " two"], 3]);
});

Deno.test("onDelta: a callback that throws or rejects fails its call with code tool", async () => {
  const cause = new Error("disk full");
  const A = defineAgent({ ...base, provider: scripted("one two") });
  const throws = () => {
    throw cause;
  };
  for (const onDelta of [throws, () => Promise.reject(cause)]) {
    const [bad, good, streamed] = await Promise.all([
      A.settle({}, { onDelta }),
      A.settle({}, { onDelta: () => {} }),
      errorOf(read(A.stream({}, { onDelta }))),
    ]);
    for (const error of [bad.error!, streamed]) {
      assertEquals(error.code, "tool");
      assertStrictEquals(error.cause, cause);
      assertEquals(error.message, 'Cannot finish the call of "a" as its onDelta threw: disk full');
    }
    assertEquals(good.ok, true);
  }
});

Deno.test("onDelta: a callback that throws aborts the provider's request", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  let signal: AbortSignal | undefined;
  const provider = handmade({
    async *stream(_, options) {
      signal = options.signal;
      signal.addEventListener("abort", () => resolve());
      yield delta("a");
      await never();
    },
  });
  const onDelta = () => Promise.reject(new Error("mine"));
  await defineAgent({ ...base, provider }).settle({}, { onDelta });
  await promise;
  assert(signal!.aborted);
});

Deno.test("stream: parses a typed answer at the end, and emits partial values before", async () => {
  const provider = streamingProvider([delta('{"n":'), delta("1}"), end('{"n":1}')]);
  const A = defineAgent({ ...base, provider, output: z.object({ n: z.number() }) });
  const events = await read(A.stream({}));
  assertEquals(events.map((e) => e.type === "partial" ? e.content : e.type), [
    "delta",
    {},
    "delta",
    { n: 1 },
    "result",
  ]);
  assertEquals((await A.stream({}).result).content, { n: 1 });
});

Deno.test("stream: an agent with a run emits only its result", async () => {
  const A = defineAgent({ ...base, provider: scripted("one two") });
  const events = await read(defineAgent({ name: "r", run: () => A.call({}) }).stream({}));
  assertEquals(events.map((e) => e.type), ["result"]);
});

Deno.test("stream: ends at once when the caller's signal aborts", async () => {
  const controller = new AbortController();
  const provider = handmade({
    async *stream() {
      yield delta("a");
      await never();
    },
  });
  const stream = defineAgent({ ...base, provider }).stream({}, { signal: controller.signal });
  await stream.next();
  const next = stream.next();
  controller.abort();
  assertEquals((await errorOf(next)).code, "aborted");
});
