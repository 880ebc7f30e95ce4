import { defineAgent, ProviderError, type Result, scope } from "@shoal/agents";
import { scripted } from "@shoal/agents/testing";
import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertGreaterOrEqual,
  assertInstanceOf,
  assertLessOrEqual,
  assertRejects,
  assertStrictEquals,
  assertStringIncludes,
} from "@std/assert";
import { busy, configured, errorOf, fakeTime, reply, used } from "../helpers.ts";

const base = { name: "a", model: "m", prompt: "x" };

Deno.test("result: a success has all its fields", async () => {
  using time = fakeTime();
  const provider = scripted(reply("hi", { usage: used(10, 2, 4), finishReason: "length" }), {
    latency: 100,
  });
  const metadata = { row: 7 };
  const began = Date.now();
  const call = defineAgent({ ...base, provider }).call({}, { metadata });
  await time.tick(100);
  const result = await call;
  assertEquals(result.ok, true);
  assertEquals(result.content, "hi");
  assertEquals(result.finishReason, "length");
  assertEquals(result.toolCalls, []);
  assertEquals(result.error, undefined);
  assertEquals(result.agent, "a");
  assertEquals(result.model, "m");
  assertEquals(result.usage, used(10, 2, 4));
  assertEquals(result.startedAt, began);
  assertEquals(result.durationMs, 100);
  assertEquals(result.cached, false);
  assertEquals(result.replayed, false);
  assertStrictEquals(result.metadata, metadata);
  assertEquals({ ...result.timing }, {
    queuedMs: 0,
    limitedMs: 0,
    limitedBy: undefined,
    backoffMs: 0,
    modelMs: 100,
    toolsMs: 0,
    connectMs: undefined,
    firstTokenMs: undefined,
    generationMs: undefined,
  });
  assertEquals(result.attempts.map((a) => ({ ...a })), [{
    model: "m",
    startedAt: began,
    durationMs: 100,
    status: undefined,
    error: undefined,
    retryAfterMs: undefined,
    concurrency: undefined,
    usage: used(10, 2, 4),
  }]);
});

Deno.test("result: a failure has all its fields", async () => {
  using time = fakeTime();
  const thrown = busy({ retryAfterMs: 1000, usage: used(5, 0) });
  const began = Date.now();
  const provider = scripted([thrown, busy({ code: "provider", status: 503 })], { latency: 10 });
  const A = defineAgent({ ...base, provider, retries: { max: 1, on: (_, n) => n === 1 } });
  const call = A.settle({}, { metadata: 0 });
  await time.tick(2000);
  const result = await call;
  assert(!result.ok);
  const { error } = result;
  assertEquals(result.content, undefined);
  assertEquals([result.agent, result.model, result.metadata], ["a", "m", 0]);
  assertEquals(result.usage, used(5, 0));
  assertEquals([error.code, error.agent, error.model], ["provider", "a", "m"]);
  assertEquals([error.status, error.retryAfterMs, error.retryable], [503, 1, true]);
  assertInstanceOf(error.cause, ProviderError);
  assertEquals(error.usage, result.usage);
  assertEquals(error.attempts, result.attempts);
  assertEquals(error.message, 'Cannot finish the call of "a" as the server is busy');
  const [first, second] = result.attempts;
  assertEquals([first!.status, first!.error!.code], [429, "rate_limited"]);
  assertEquals([first!.retryAfterMs, first!.usage], [1000, used(5, 0)]);
  assertEquals(first!.error!.message, 'Cannot finish the call of "a" as the server is busy');
  assertEquals([first!.startedAt, first!.durationMs], [began, 10]);
  assertEquals([second!.status, second!.error!.code, second!.usage], [503, "provider", undefined]);
  assertEquals(result.timing.modelMs, 20);
  assertGreaterOrEqual(result.timing.backoffMs, 1000);
  assertLessOrEqual(result.timing.backoffMs, 1101);
  assertAlmostEquals(result.durationMs, 20 + result.timing.backoffMs, 2);
});

Deno.test("result: reports the time in the queue, even if no permit was acquired", async () => {
  using time = fakeTime();
  const A = defineAgent({ ...base, provider: scripted("ok", { latency: 100 }) });
  const controller = new AbortController();
  const all = scope(
    { concurrency: 1 },
    () => Promise.all([A.call({}), A.call({}), A.settle({}, { signal: controller.signal })]),
  );
  await time.tick(50);
  controller.abort();
  await time.tick(150);
  const timings = (await all).map(({ timing }) => [timing.queuedMs, timing.modelMs]);
  assertEquals(timings, [[0, 100], [100, 100], [50, 0]]);
});

Deno.test("result: call throws the error that settle returns", async () => {
  const provider = scripted(
    new ProviderError("no", { code: "provider", status: 400, retryable: false }),
  );
  const A = defineAgent({ ...base, provider });
  const result = await A.settle({});
  const error = await errorOf(A.call({}));
  assertEquals([error.code, error.status], [result.error!.code, result.error!.status]);
});

Deno.test("usage and cost: count failed attempts that were billed", async () => {
  using _ = configured({ prices: { m: { input: 1, output: 10 } } });
  const provider = scripted([
    busy({ usage: used(1_000_000, 0) }),
    busy(),
    reply("ok", { usage: used(2_000_000, 100_000) }),
  ]);
  const result = await defineAgent({ ...base, provider }).call({});
  assertEquals(result.attempts.length, 3);
  assertEquals(result.usage, used(3_000_000, 100_000));
  assertEquals(result.cost, { input: 3, output: 1, total: 4, source: "prices" });
});

Deno.test("usage and cost: count an answer that cannot be used", async () => {
  using _ = configured({ prices: { m: { input: 1, output: 1 } } });
  const provider = scripted(reply("no", { usage: used(1e6, 1e6), refusal: "I cannot" }));
  const result = await defineAgent({ ...base, provider, retries: 0 }).settle({});
  assertEquals(result.error!.code, "filtered");
  assertEquals(result.usage.totalTokens, 2e6);
  assertEquals(result.cost!.total, 2);
  assertEquals(result.error!.usage, result.usage);
});

Deno.test("cost: is absent if the price or the usage is unknown", async () => {
  const priced = { prices: { m: { input: 1, output: 1 } } };
  const cases: [options: Parameters<typeof configured>[0], usage: boolean, known: boolean][] = [
    [{}, true, false],
    [priced, false, false],
    [priced, true, true],
    [{ prices: () => undefined }, true, false],
  ];
  for (const [options, usage, known] of cases) {
    using _ = configured(options);
    const provider = scripted(reply("ok", usage ? {} : { usage: undefined }));
    const result = await defineAgent({ ...base, provider }).call({});
    assertEquals(result.cost !== undefined, known);
    if (!usage) assertEquals(result.usage.totalTokens, 0);
  }
});

Deno.test("cost: is absent if the price of any attempt is unknown", async () => {
  using _ = configured({
    prices: (_, usage) => usage.inputTokens === 1 ? undefined : { input: 1, output: 1, total: 2 },
  });
  const provider = scripted([busy({ usage: used(1, 0) }), reply("ok", { usage: used(2, 2) })]);
  const result = await defineAgent({ ...base, provider }).call({});
  assertEquals(result.cost, undefined);
});

Deno.test("cost: is 0 if nothing was sent", async () => {
  const A = defineAgent({ name: "a", model: "m", prompt: "{x}", provider: scripted("ok") });
  const result: Result = await A.settle({} as never);
  assertEquals(result.cost, { input: 0, output: 0, total: 0, source: "prices" });
});

Deno.test("cost: prices of the agent take precedence over the public list", async () => {
  const provider = scripted(reply("ok", { usage: used(1e6, 1e6) }));
  const A = defineAgent({ name: "a", model: "gpt-4o-mini", prompt: "x", provider });
  using _ = configured({ prices: { other: { input: 1, output: 1 } } });
  const listed = (await A.call({})).cost!;
  assert(listed.total > 0 && listed.total === listed.input + listed.output);
  using __ = configured({ prices: { "gpt-4o-mini": { input: 1000, output: 0 } } });
  assertEquals((await A.call({})).cost, { input: 1000, output: 0, total: 1000, source: "prices" });
});

Deno.test("cost: a prices function that throws fails the call with a clear error", async () => {
  const cause = new Error("no price today");
  using _ = configured({
    prices: () => {
      throw cause;
    },
  });
  const error = await errorOf(defineAgent({ ...base, provider: scripted("ok") }).call({}));
  assertEquals(error.code, "tool");
  assertStrictEquals(error.cause, cause);
  // The earlier failure stays the error of the call.
  const failing = defineAgent({
    ...base,
    provider: scripted(busy({ usage: used(1, 1) })),
    retries: 0,
  });
  const result = await failing.settle({});
  assertEquals([result.error!.code, result.cost], ["rate_limited", undefined]);
});

Deno.test("cost: a prices function that returns no cost fails the call with a clear error", async () => {
  const wrong = [NaN, -1, Infinity, "1", undefined];
  for (const total of wrong) {
    using _ = configured({ prices: (() => ({ input: 0, output: 0, total })) as never });
    const agent = defineAgent({ ...base, provider: scripted("ok") });
    const must = "the prices function of configure must return undefined";
    const error = await errorOf(agent.call({}));
    assertEquals(error.code, "tool");
    assertStringIncludes(error.message, must);
    await assertRejects(() => agent.call({}, { budget: { cost: 1 } }), TypeError, must);
  }
});

Deno.test("call: an answer that was cut off before its text is truncated, and not empty", async () => {
  const agent = (text: string) =>
    defineAgent({
      name: "a",
      model: "m",
      prompt: "x",
      provider: scripted(reply(text, { finishReason: "length" })),
    });
  const { error } = await agent("").settle({});
  assertEquals([error?.code, error?.retryable], ["truncated", false]);
  assertEquals((await agent("half").call({})).finishReason, "length");
});
