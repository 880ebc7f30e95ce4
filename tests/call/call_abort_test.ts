import {
  type CallOptions,
  defineAgent,
  type ModelChunk,
  type Result,
  RunError,
  scope,
} from "@shoal/agents";
import { scripted } from "@shoal/agents/testing";
import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { z } from "zod";
import { busy, errorOf, fakeTime, handmade, never, reply, settled } from "../helpers.ts";
import process from "node:process";

const base = { name: "a", model: "m", prompt: "x" };

/** Aborts a call and returns its error, which must arrive before any time passes. */
async function abortCall(start: (options: CallOptions) => Promise<Result>, early = false) {
  using time = fakeTime();
  const controller = new AbortController();
  const reason = new Error("changed my mind");
  if (early) controller.abort(reason);
  let result: Result | undefined;
  const call = start({ signal: controller.signal }).then((r) => result = r);
  await time.tick(50);
  if (!early) {
    assertEquals(result, undefined);
    controller.abort(reason);
  }
  await time.tick(0);
  assert(result !== undefined, "it did not end at once");
  await call;
  const error = result.error!;
  assertEquals(error.code, "aborted");
  assertStrictEquals(error.cause, reason);
  assertEquals([error.retryable, error.agent], [false, "a"]);
  assertEquals(error.message, 'Cannot finish the call of "a" as it was aborted');
  return error;
}

Deno.test("abort: sends nothing if the signal aborted before the start", async () => {
  const provider = scripted("never");
  const error = await abortCall((o) => defineAgent({ ...base, provider }).settle({}, o), true);
  assertEquals([provider.calls, error.attempts.length], [0, 0]);
});

Deno.test("abort: ends the call while the prompt is rendered", async () => {
  const A = defineAgent({ ...base, prompt: never, provider: handmade({}) });
  await abortCall((options) => A.settle({}, options));
});

Deno.test("abort: sends nothing if the signal aborts between prompt and request", async () => {
  const controller = new AbortController();
  const prompt = () => {
    queueMicrotask(() => controller.abort());
    return Promise.resolve("x");
  };
  const A = defineAgent({ ...base, prompt, provider: handmade({}) });
  const error = await errorOf(A.call({}, { signal: controller.signal }));
  assertEquals([error.code, error.attempts.length], ["aborted", 0]);
});

Deno.test("abort: ends the call while it waits for a permit", async () => {
  const A = defineAgent({ ...base, provider: handmade({ generate: never }) });
  const stop = new AbortController();
  const inside = scope({ concurrency: 1, signal: stop.signal }, async () => {
    void A.settle({});
    const error = await abortCall((options) => A.settle({}, options));
    assertEquals([error.attempts.length, error.usage.totalTokens], [0, 0]);
    stop.abort();
    return "the assertions held";
  });
  await assertRejects(() => inside, RunError);
});

Deno.test("abort: ends the call during backoff", async () => {
  const provider = scripted(busy({ retryAfterMs: 60_000 }));
  const error = await abortCall((o) => defineAgent({ ...base, provider }).settle({}, o));
  assertEquals([provider.calls, error.attempts.length], [1, 1]);
});

Deno.test("abort: ends a request even if the provider ignores its signal", async () => {
  let seen: AbortSignal | undefined;
  const generate = (_: unknown, { signal }: { signal: AbortSignal }) => (seen = signal, never());
  const A = defineAgent({ ...base, provider: handmade({ generate }) });
  const error = await abortCall((options) => A.settle({}, options));
  assert(seen!.aborted);
  assertEquals(error.attempts.map((a) => a.error!.code), ["aborted"]);
});

Deno.test("abort: ends a stream that waits for the provider or for the reader", async () => {
  const stream = async function* (): AsyncGenerator<ModelChunk> {
    yield { type: "delta", text: "a" };
    await never();
  };
  const A = defineAgent({ ...base, provider: handmade({ stream }) });
  await abortCall((options) => A.settle({}, { ...options, onDelta: () => {} }));
  await abortCall((options) => A.settle({}, { ...options, onDelta: never }));
});

Deno.test("abort: ends the call while a schema validates the answer", async () => {
  const output = z.string().refine(never);
  const A = defineAgent({ ...base, output, provider: scripted('{"value":"x"}') });
  const error = await abortCall((options) => A.settle({}, options));
  assertEquals(error.usage.totalTokens > 0, true);
});

Deno.test("abort: ends a call inside nested agents at any depth", async () => {
  const A = defineAgent({ ...base, name: "leaf", provider: handmade({ generate: never }) });
  const B = defineAgent({ name: "b", run: () => A.call({}) });
  const C = defineAgent({ name: "a", run: () => B.call({}) });
  const error = await abortCall((options) => C.settle({}, options));
  assertEquals(error.attempts.length, 1);
  const Hanging = defineAgent({ name: "a", run: never });
  await abortCall((options) => Hanging.settle({}, options));
});

Deno.test("abort: a TimeoutError as the reason is reported as a timeout", async () => {
  const A = defineAgent({ ...base, provider: handmade({ generate: never }) });
  const error = await errorOf(A.call({}, { signal: AbortSignal.timeout(5) }));
  assertEquals(error.code, "timeout");
  assert(error.message.startsWith('Cannot finish the call of "a" as '));
});

Deno.test("abort: accepts a reason that is not an error, or no reason", async () => {
  const A = defineAgent({ ...base, provider: scripted("never") });
  for (const reason of ["bye", 0, null, undefined]) {
    const error = await errorOf(A.call({}, { signal: AbortSignal.abort(reason) }));
    assertEquals(error.code, "aborted");
  }
});

Deno.test("abort: changes nothing after the end of the call", async () => {
  const controller = new AbortController();
  const A = defineAgent({ ...base, provider: scripted("ok") });
  const result = await A.call({}, { signal: controller.signal });
  controller.abort();
  await settled();
  assertEquals(result.content, "ok");
});

Deno.test("abort: a signal shared by 20,000 calls keeps no listener and no memory", async () => {
  const { signal } = new AbortController();
  let [now, most] = [0, 0];
  const { addEventListener: add, removeEventListener: remove } = signal;
  signal.addEventListener = function (...args: Parameters<typeof add>) {
    most = Math.max(most, ++now);
    return add.apply(this, args);
  };
  signal.removeEventListener = function (...args: Parameters<typeof remove>) {
    now--;
    return remove.apply(this, args);
  };
  const provider = scripted((_, n) => n % 10 === 0 ? busy() : reply("ok"), { keep: 0 });
  const A = defineAgent({ ...base, provider, timeout: { total: 60_000 } });
  const heap: number[] = [];
  for (let round = 0; round < 200; round++) {
    await Promise.all(Array.from({ length: 100 }, () => A.settle({}, { signal })));
    if (round % 50 === 49) heap.push(process.memoryUsage().heapUsed);
  }
  assert(provider.calls > 20_000);
  assertEquals([now, most], [0, 1]);
  const grown = Math.min(...heap.slice(2)) - Math.min(...heap.slice(0, 2));
  assert(grown < 40e6, `the heap grew by ${Math.round(grown / 1e6)} MB`);
});
