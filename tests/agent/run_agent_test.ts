import { causeMessage } from "../../src/model/cause_message.ts";
import { AgentError, batch, defineAgent, defineParallel, scope } from "@shoal/agents";
import { scripted } from "@shoal/agents/testing";
import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { z } from "zod";
import { busy, configured, errorOf, fakeTime, handmade, never, reply, used } from "../helpers.ts";

const base = { model: "m", prompt: "{x}" };
const provider = scripted((_, n) => reply(`answer ${n}`, { usage: used(1e6, 0) }));
const Leaf = defineAgent({ ...base, name: "leaf", provider });

Deno.test("run: returns the value of the function, falsy or not, sync or async", async () => {
  for (const value of [undefined, null, 0, "", false, { deep: [1] }]) {
    for (const run of [() => value, () => Promise.resolve(value)]) {
      const result = await defineAgent({ name: "r", run }).call({});
      assertStrictEquals(result.content, value);
      assertEquals([result.ok, result.finishReason, result.model], [true, "stop", undefined]);
      assertEquals([result.attempts, result.toolCalls], [[], []]);
      assertEquals(result.cost, { input: 0, output: 0, total: 0, source: "prices" });
    }
  }
});

Deno.test("run: passes parameters and metadata to the function unchanged", async () => {
  const [params, metadata] = [{ a: 1 }, { b: 2 }];
  const R = defineAgent({ name: "r", run: (p: unknown, ctx) => [p, ctx.metadata] });
  const result = await R.call(params, { metadata });
  assertStrictEquals((result.content as unknown[])[0], params);
  assertStrictEquals((result.content as unknown[])[1], metadata);
  assertStrictEquals(result.metadata, metadata);
});

Deno.test("run: sums usage, cost and attempts over all nested calls", async () => {
  using _ = configured({ prices: { m: { input: 1, output: 1 } } });
  const Both = defineParallel({ name: "both", branches: { one: Leaf, two: Leaf } });
  const Inner = defineAgent({ name: "inner", run: () => Leaf.call({ x: 1 }) });
  const Flaky = defineAgent({
    ...base,
    name: "flaky",
    provider: scripted([busy({ usage: used(5e6, 0) }), reply("ok", { usage: used(5e6, 0) })]),
  });
  const R = defineAgent({
    name: "r",
    run: async (_: unknown, ctx) => {
      await Leaf.call({ x: 1 }); // 1
      await ctx.call(Leaf, { x: 1 }); // 1
      await batch([[Leaf, { x: 1 }], [Leaf, { x: 1 }]]); // 2
      await Both.call({ x: 1 }); // 2
      await Inner.call({}); // 1
      await scope({ concurrency: 1 }, () => Leaf.settle({ x: 1 })); // 1
      await Leaf.stream({ x: 1 }).result; // 1
      await Flaky.call({ x: 1 }); // 10
    },
  });
  const result = await R.call({});
  assertEquals(result.usage, used(19e6, 0));
  assertEquals(result.attempts.length, 11);
  assertEquals(result.cost, { input: 19, output: 0, total: 19, source: "prices" });
});

Deno.test("run: sums the durations of nested calls by kind", async () => {
  using time = fakeTime();
  const provider = scripted([busy({ retryAfterMs: undefined }), "ok"], { latency: 100 });
  const retries = { base: 1000, jitter: 0 };
  const A = defineAgent({ ...base, name: "a", provider, retries });
  const R = defineAgent({
    name: "r",
    run: () => scope({ concurrency: 1 }, () => Promise.all([A.call({ x: 1 }), A.call({ x: 2 })])),
  });
  const call = R.call({});
  await time.tick(2000);
  const { timing, durationMs } = await call;
  assertEquals([timing.queuedMs, timing.backoffMs, timing.modelMs], [100, 1000, 300]);
  assertEquals(durationMs, 1200);
});

Deno.test("run: leaves the total cost undefined if one nested cost is unknown", async () => {
  using _ = configured({ prices: { m: { input: 1, output: 1 } } });
  const R = defineAgent({
    name: "r",
    run: async () => {
      await Leaf.call({ x: 1 });
      await Leaf.call({ x: 1 }, { model: "unknown-model" });
    },
  });
  const result = await R.call({});
  assertEquals([result.cost, result.usage.inputTokens], [undefined, 2e6]);
});

Deno.test("run: fails with the code and the details of the nested call", async () => {
  const Bad = defineAgent({
    ...base,
    name: "bad",
    retries: 0,
    provider: scripted(busy({ retryAfterMs: 7, usage: used(3, 0) })),
  });
  const R = defineAgent({ name: "r", run: () => Bad.call({ x: 1 }) });
  const error = await errorOf(R.call({}));
  assertEquals([error.code, error.agent, error.status], ["rate_limited", "r", 429]);
  assertEquals([error.retryAfterMs, error.retryable], [7, true]);
  assertEquals([error.attempts.length, error.usage], [1, used(3, 0)]);
  assert(error.cause instanceof AgentError && error.cause.agent === "bad");
  assert(error.message.startsWith('Cannot finish the call of "r" as a nested call failed: Cannot'));

  const Picky = defineAgent({ ...base, name: "p", output: z.number(), provider: scripted("no") });
  const picky = await errorOf(defineAgent({ name: "r", run: () => Picky.call({ x: 1 }) }).call({}));
  assertEquals([picky.code, picky.text, picky.issues?.length], ["invalid_output", "no", 1]);
});

Deno.test("run: counts the usage of a nested failure that was caught", async () => {
  const Bad = defineAgent({
    ...base,
    name: "bad",
    retries: 0,
    provider: scripted(busy({ usage: used(3, 0) })),
  });
  const R = defineAgent({
    name: "r",
    run: async () => (await Bad.settle({ x: 1 })).error?.code,
  });
  const result = await R.call({});
  assertEquals([result.content, result.usage], ["rate_limited", used(3, 0)]);
});

Deno.test("run: fails with the code tool if the function throws", async () => {
  for (const cause of [new Error("mine"), "a text", { some: "thing" }]) {
    for (
      const run of [() => {
        throw cause;
      }, () => Promise.reject(cause)]
    ) {
      const error = await errorOf(defineAgent({ name: "r", run }).call({}));
      assertEquals([error.code, error.message], [
        "tool",
        `Cannot finish the call of "r" as its run function threw: ${causeMessage(cause)}`,
      ]);
      assertStrictEquals(error.cause, cause);
    }
  }
});

Deno.test("run: has its own timeout, and the timeout of the call takes precedence", async () => {
  using time = fakeTime();
  const signals: AbortSignal[] = [];
  const run = (_: unknown, ctx: { signal: AbortSignal }) => (signals.push(ctx.signal), never());
  const R = defineAgent({ name: "r", run, timeout: { total: 100 } });
  const calls = [R.settle({}), R.settle({}, { timeout: 50 }), R.with({ timeout: 70 }).settle({})];
  const ended: (string | undefined)[] = [];
  for (const [i, call] of calls.entries()) call.then((r) => ended[i] = r.error?.code);
  await time.tick(50);
  assertEquals(ended, [, "timeout"]);
  await time.tick(20);
  assertEquals(ended, [, "timeout", "timeout"]);
  await time.tick(30);
  assertEquals(ended, ["timeout", "timeout", "timeout"]);
  assert(signals.every((s) => s.aborted));
});

Deno.test("run: counts the usage of nested calls after an abort", async () => {
  const controller = new AbortController();
  const Stuck = defineAgent({
    ...base,
    name: "stuck",
    provider: scripted(busy({ usage: used(3, 0), retryAfterMs: 60_000 })),
  });
  const Slow = defineAgent({ ...base, name: "slow", provider: handmade({ generate: never }) });
  const R = defineAgent({
    name: "r",
    run: () => {
      setTimeout(() => controller.abort(), 5);
      return Promise.all([Stuck.call({ x: 1 }), Slow.call({ x: 1 }), Stuck.settle({ x: 1 })]);
    },
  });
  const result = await R.settle({}, { signal: controller.signal });
  assertEquals(result.error!.code, "aborted");
  assertEquals([result.usage, result.error!.usage], [used(6, 0), used(6, 0)]);
  assertEquals(result.attempts.length, 3);
});

Deno.test("run: a failure aborts the calls that it started and counts their usage", async () => {
  let seen: AbortSignal | undefined;
  const generate = (_: unknown, { signal }: { signal: AbortSignal }) => (seen = signal, never());
  const Slow = defineAgent({ ...base, name: "slow", provider: handmade({ generate }) });
  const Bad = defineAgent({
    ...base,
    name: "bad",
    retries: 0,
    provider: scripted(busy({ usage: used(3, 0) })),
  });
  const R = defineAgent({
    name: "r",
    run: () => Promise.all([Slow.call({ x: 1 }), Bad.call({ x: 1 })]),
  });
  const error = await errorOf(R.call({}));
  assertEquals([error.code, error.attempts.length, error.usage], ["rate_limited", 2, used(3, 0)]);
  assert(seen!.aborted);
});

Deno.test("run: waits for calls that the function did not await, and counts them", async () => {
  const Late = defineAgent({
    ...base,
    name: "late",
    provider: scripted(reply("ok", { usage: used(4, 0) }), { latency: 5 }),
  });
  const R = defineAgent({ name: "r", run: () => void Late.call({ x: 1 }) });
  const result = await R.call({});
  assertEquals([result.usage, result.attempts.length], [used(4, 0), 1]);
});

Deno.test("run: ask rejects an agent without a prompt", async () => {
  const R = defineAgent({ name: "r", run: () => 1 });
  await assertRejects(() => R.ask("x"), TypeError, 'Cannot ask "r" as it has no prompt: use call');
});

Deno.test("run: nested calls share one permit without a deadlock", async () => {
  const Inner = defineAgent({ name: "inner", run: () => Leaf.call({ x: 1 }) });
  const R = defineAgent({
    name: "r",
    run: async () => (await Promise.all([Inner.call({}), Leaf.call({ x: 1 })])).length,
  });
  const results = await batch(Array.from({ length: 5 }, () => [R, {}] as const), {
    concurrency: 1,
  });
  assertEquals(results.map((r) => r.content), [2, 2, 2, 2, 2]);
});
