import { ProviderError } from "@shoal/agents";
import type { LanguageModelV4StreamPart } from "@ai-sdk/provider";
import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { MockLanguageModelV4 } from "ai/test";
import { aiSdk } from "../../../src/providers/ai_sdk/ai_sdk.ts";
import { finish, request, result } from "./helpers.ts";
import { read } from "../openai/helpers.ts";

const REASON = new Error("enough");
const thrown = (work: Promise<unknown>) =>
  work.then(() => assert(false, "it must reject"), (error) => error);
const settled = () => new Promise((resolve) => setTimeout(resolve, 0));
const delta = { type: "text-delta", id: "1", delta: "word " } as const;

/** A stream that emits one part, then stalls, and reports when it is cancelled. */
function stalled(...parts: LanguageModelV4StreamPart[]) {
  const state: { cancelled?: unknown } = {};
  const stream = new ReadableStream<LanguageModelV4StreamPart>({
    start(controller) {
      for (const part of parts) controller.enqueue(part);
    },
    cancel(reason) {
      state.cancelled = reason ?? "no reason";
    },
  });
  return { state, stream };
}

Deno.test("ai-sdk abort: rejects at once although the model ignores the signal", async () => {
  const never = () => new Promise<never>(() => {});
  const provider = aiSdk(new MockLanguageModelV4({ doGenerate: never, doStream: never }));
  for (
    const send of [
      (signal: AbortSignal) => provider.generate(request(), { signal }),
      (signal: AbortSignal) => read(provider.stream(request(), { signal })),
    ]
  ) {
    const controller = new AbortController();
    const work = thrown(send(controller.signal));
    await settled();
    controller.abort(REASON);
    assertStrictEquals(await work, REASON);
  }
});

Deno.test("ai-sdk abort: does not call the model if the signal has aborted before", async () => {
  const model = new MockLanguageModelV4();
  const provider = aiSdk(model);
  const signal = AbortSignal.abort(REASON);
  assertStrictEquals(await thrown(provider.generate(request(), { signal })), REASON);
  assertStrictEquals(await thrown(read(provider.stream(request(), { signal }))), REASON);
  assertEquals(model.doGenerateCalls.length + model.doStreamCalls.length, 0);
});

Deno.test("ai-sdk abort: cancels a stream that opens after the abort", async () => {
  const { state, stream } = stalled(delta);
  const opening = Promise.withResolvers<{ stream: typeof stream }>();
  const provider = aiSdk(new MockLanguageModelV4({ doStream: () => opening.promise }));
  const controller = new AbortController();
  const work = thrown(read(provider.stream(request(), { signal: controller.signal })));
  await settled();
  controller.abort(REASON);
  assertStrictEquals(await work, REASON);
  opening.resolve({ stream });
  await settled();
  assert("cancelled" in state);
});

Deno.test("ai-sdk abort: rejects with the reason and cancels a stalled stream", async () => {
  const { state, stream } = stalled(delta);
  const model = new MockLanguageModelV4({ doStream: { stream } });
  const controller = new AbortController();
  const work = thrown(read(aiSdk(model).stream(request(), { signal: controller.signal })));
  await settled();
  controller.abort(REASON);
  assertStrictEquals(await work, REASON);
  assertStrictEquals(state.cancelled, REASON);
  assertStrictEquals(model.doStreamCalls[0]!.abortSignal!.reason, REASON);
});

Deno.test("ai-sdk abort: cancels the stream and the request when the consumer leaves", async () => {
  const { state, stream } = stalled(delta);
  const model = new MockLanguageModelV4({ doStream: { stream } });
  const controller = new AbortController();
  for await (const _ of aiSdk(model).stream(request(), { signal: controller.signal })) break;
  assert("cancelled" in state);
  assert(model.doStreamCalls[0]!.abortSignal!.aborted);
});

Deno.test("ai-sdk abort: cancels the stream after an error part", async () => {
  const { state, stream } = stalled(delta, { type: "error", error: "Overloaded" });
  const model = new MockLanguageModelV4({ doStream: { stream } });
  const { signal } = new AbortController();
  await assertRejects(() => read(aiSdk(model).stream(request(), { signal })), ProviderError);
  assert("cancelled" in state);
});

Deno.test("ai-sdk abort: ends at the finish part, although the stream stays open", async () => {
  const { state, stream } = stalled(delta, finish());
  const model = new MockLanguageModelV4({ doStream: { stream } });
  const { signal } = new AbortController();
  const { reply } = await read(aiSdk(model).stream(request(), { signal }));
  assertEquals(reply.text, "word ");
  await settled();
  assert("cancelled" in state);
  // A complete stream is not aborted, so that its connection can be reused.
  assertEquals(model.doStreamCalls[0]!.abortSignal!.aborted, false);
});

Deno.test("ai-sdk abort: ignores a stream that cannot be cancelled", async () => {
  const stream = new ReadableStream<LanguageModelV4StreamPart>({
    start: (controller) => controller.enqueue(delta),
    cancel: () => Promise.reject(new Error("it cannot")),
  });
  const model = new MockLanguageModelV4({ doStream: { stream } });
  const controller = new AbortController();
  for await (const _ of aiSdk(model).stream(request(), { signal: controller.signal })) break;
  await settled();
});

Deno.test("ai-sdk abort: leaves no listener on a long-lived signal", async () => {
  const { signal } = new AbortController();
  let listeners = 0;
  const { addEventListener, removeEventListener } = signal;
  signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
    listeners++;
    return addEventListener.apply(signal, args);
  };
  signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
    listeners--;
    return removeEventListener.apply(signal, args);
  };
  const provider = aiSdk(
    new MockLanguageModelV4({
      doGenerate: result(),
      doStream: () => Promise.resolve(stalled(delta, finish())),
    }),
  );
  for (let i = 0; i < 100; i++) {
    await provider.generate(request(), { signal });
    await read(provider.stream(request(), { signal }));
    for await (const _ of provider.stream(request(), { signal })) break;
  }
  assertEquals(listeners, 0);
});

Deno.test("ai-sdk abort: calls onResponse once per stream", async () => {
  let state = 0;
  const provider = aiSdk(
    new MockLanguageModelV4({
      doGenerate: result(),
      doStream: () => Promise.resolve(stalled(delta, finish())),
    }),
  );
  const { signal } = new AbortController();
  const onResponse = () => state++;
  await read(provider.stream(request(), { signal, onResponse }));
  assertEquals(state, 1);
  // For a complete response, the SDK does not report when it begins.
  await provider.generate(request(), { signal, onResponse });
  assertEquals(state, 1);
});
