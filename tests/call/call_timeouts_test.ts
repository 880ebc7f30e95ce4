import {
  batch,
  defineAgent,
  defineParallel,
  definePipeline,
  defineRouter,
  type ModelChunk,
  type Provider,
} from "@shoal/agents";
import { scripted } from "@shoal/agents/testing";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { busy, configured, errorOf, fakeTime, handmade, never, reply } from "../helpers.ts";

const base = { name: "a", model: "m", prompt: "x" };

/** A provider that never answers and does not listen to its signal; it keeps the signals. */
function deaf(): Provider & { signals: AbortSignal[] } {
  const signals: AbortSignal[] = [];
  const generate: Provider["generate"] = (_, { signal }) => {
    signals.push(signal);
    return never();
  };
  return Object.assign(handmade({ generate }), { signals });
}

/** Yields these deltas, each after its delay in milliseconds. */
function paced(...pieces: [ms: number, text: string | undefined][]): Provider {
  return handmade({
    async *stream(): AsyncGenerator<ModelChunk> {
      for (const [ms, text] of pieces) {
        await new Promise((resolve) => setTimeout(resolve, ms));
        yield text === undefined ? { type: "reply", reply: reply("all") } : { type: "delta", text };
      }
    },
  });
}
const onDelta = () => {};

Deno.test("timeout: attempt limits each attempt, even if the provider does not listen", async () => {
  using time = fakeTime();
  const provider = deaf();
  const retries = { max: 1, base: 100, jitter: 0 };
  const call = errorOf(
    defineAgent({ ...base, provider, timeout: { attempt: 1000 }, retries }).call({}),
  );
  await time.tick(999);
  assertEquals(provider.signals.map((s) => s.aborted), [false]);
  await time.tick(1);
  assertEquals(provider.signals.map((s) => s.aborted), [true]);
  assertEquals(provider.signals[0]!.reason.name, "TimeoutError");
  await time.tick(1100);
  const error = await call;
  assertEquals(error.code, "timeout");
  assertEquals(error.attempts.map((a) => [a.error!.code, a.durationMs]), [
    ["timeout", 1000],
    ["timeout", 1000],
  ]);
  assertEquals(
    error.message,
    'Cannot finish the call of "a" as timeout.attempt passed: there was no answer within 1000 ms',
  );
});

Deno.test("timeout: an attempt that times out is repeated, each with its own time", async () => {
  using time = fakeTime();
  const provider = scripted(["late", "in time"], { latency: () => provider.calls > 1 ? 5 : 500 });
  const retries = { max: 1, base: 0 };
  const call = defineAgent({ ...base, provider, timeout: { attempt: 100 }, retries }).call({});
  await time.tick(200);
  assertEquals((await call).content, "in time");
});

Deno.test("timeout: total limits attempts and waits together, and ends both at once", async () => {
  using time = fakeTime();
  const provider = scripted(busy({ retryAfterMs: 400 }), { latency: 100 });
  const A = defineAgent({ ...base, provider, timeout: { total: 1000 }, retries: 100 });
  const call = errorOf(A.call({}));
  await time.tick(999);
  const { calls } = provider;
  assertEquals(calls, 2);
  await time.tick(1);
  const error = await call;
  assertEquals([error.code, error.retryable], ["timeout", false]);
  assertEquals(
    error.message,
    'Cannot finish the call of "a" as timeout.total passed: it was not finished within 1000 ms',
  );
  await time.tick(100_000);
  assertEquals(provider.calls, calls);
});

Deno.test("timeout: total ends an attempt in the middle, whatever the provider does", async () => {
  using time = fakeTime();
  const provider = deaf();
  const call = errorOf(defineAgent({ ...base, provider, timeout: { total: 50 } }).call({}));
  await time.tick(50);
  assertEquals((await call).code, "timeout");
  assert(provider.signals[0]!.aborted);
});

Deno.test("timeout: total counts the making of the prompt", async () => {
  using time = fakeTime();
  const A = defineAgent({ ...base, prompt: never, provider: handmade({}), timeout: { total: 50 } });
  const call = errorOf(A.call({}));
  await time.tick(50);
  assertEquals([(await call).code, (await call).attempts.length], ["timeout", 0]);
});

Deno.test("timeout: limits of call, agent and configure are merged one by one", async () => {
  using time = fakeTime();
  using _ = configured({ timeout: { total: 500 } });
  const A = defineAgent({ ...base, provider: deaf(), timeout: { attempt: 200 }, retries: 0 });
  const cases: [timeout: Parameters<typeof A.call>[1], ms: number, message: string][] = [
    [{}, 200, "no answer within 200 ms"],
    [{ timeout: 100 }, 100, "not finished within 100 ms"],
    [{ timeout: 900 }, 200, "no answer within 200 ms"],
    [{ timeout: { attempt: 900 } }, 500, "not finished within 500 ms"],
    [{ timeout: { attempt: undefined } }, 200, "no answer within 200 ms"],
  ];
  for (const [options, ms, message] of cases) {
    let ended = false;
    const call = A.settle({}, options).finally(() => ended = true);
    await time.tick(ms - 1);
    assertEquals(ended, false);
    await time.tick(1);
    const { error } = await call;
    assert(error!.message.endsWith(message), error!.message);
  }
});

Deno.test("timeout: where nothing is said an attempt ends after five minutes", async () => {
  using time = fakeTime();
  const call = errorOf(defineAgent({ ...base, provider: deaf(), retries: 0 }).call({}));
  await time.tick(300_000);
  assertEquals((await call).code, "timeout");
});

Deno.test("timeout: firstToken and idle limit the silence of a stream", async () => {
  using time = fakeTime();
  const cases: [provider: Provider, timeout: object, ms: number][] = [
    [paced([500, "a"], [1, undefined]), { firstToken: 100 }, 100],
    [paced([500, "a"], [1, undefined]), { idle: 100 }, 100],
    [paced([50, "a"], [500, "b"]), { idle: 100 }, 150],
    [paced([90, "a"], [90, "b"], [500, undefined]), { idle: 100 }, 280],
    // Empty pieces are no tokens, so they keep nothing alive.
    [paced([60, ""], [60, ""], [60, "a"]), { firstToken: 100 }, 100],
    [paced([60, "a"], [60, ""], [60, ""]), { idle: 100 }, 160],
  ];
  for (const [provider, timeout, ms] of cases) {
    const A = defineAgent({ ...base, provider, timeout, retries: 0 });
    let ended = false;
    const call = A.settle({}, { onDelta }).finally(() => ended = true);
    await time.tick(ms - 1);
    assertEquals(ended, false);
    await time.tick(1);
    const { error } = await call;
    assertEquals(error!.code, "timeout");
    assert(/there was no token within 100 ms$/.test(error!.message), error!.message);
    await time.tick(2000);
  }
});

Deno.test("timeout: firstToken holds only for the first token, idle only between tokens", async () => {
  using time = fakeTime();
  const one = defineAgent({ ...base, provider: paced([50, "a"], [500, "b"], [500, undefined]) })
    .call({}, { onDelta, timeout: { firstToken: 100 } });
  const two = defineAgent({ ...base, provider: paced([400, "a"], [50, "b"], [50, undefined]) })
    .call({}, { onDelta, timeout: { firstToken: 500, idle: 100 } });
  await time.tick(1100);
  assertEquals([(await one).content, (await two).content], ["all", "all"]);
});

Deno.test("timeout: a slow reader is not a stalled stream", async () => {
  using time = fakeTime();
  const A = defineAgent({ ...base, provider: paced([1, "a"], [1, "b"], [1, undefined]) });
  const slow = () => new Promise<void>((resolve) => setTimeout(resolve, 1000));
  const call = A.call({}, { onDelta: slow, timeout: { idle: 100 } });
  await time.tick(2100);
  assertEquals((await call).content, "all");
});

Deno.test("timeout: a stream that ignores its signal ends with the attempt", async () => {
  using time = fakeTime();
  const stream = async function* (): AsyncGenerator<ModelChunk> {
    yield { type: "delta", text: "a" };
    await never();
  };
  const A = defineAgent({ ...base, provider: handmade({ stream }), timeout: 100 });
  const call = errorOf(A.call({}, { onDelta }));
  await time.tick(100);
  const error = await call;
  assertEquals([error.code, error.attempts.length], ["timeout", 1]);
});

Deno.test("timeout: a number is the total, the same for an agent, a run and workflows", async () => {
  using time = fakeTime();
  const provider = deaf();
  const Model = defineAgent({ ...base, provider, retries: { max: 10, base: 0 } });
  const Run = defineAgent({ name: "run", run: () => never() });
  const Flow = defineParallel({ name: "flow", branches: { one: Model } });
  const Steps = definePipeline({ name: "steps", steps: [Model] });
  const Choice = defineRouter({ name: "choice", by: Model, routes: { a: Model } });
  const options = { timeout: 100 };
  const run = batch([Model, Run, Flow, Steps, Choice].map((one) => [one, {}, options] as const));
  await time.tick(100);
  for (const { agent, error, durationMs } of await run) {
    assertEquals([agent, error?.code, durationMs], [agent, "timeout", 100]);
    assert(error!.message.includes("timeout.total passed: it was not finished within 100 ms"));
  }
});

Deno.test("timeout: a number is the total wherever it is set", async () => {
  using time = fakeTime();
  const provider = deaf();
  const retries = { max: 10, base: 0 };
  const Model = defineAgent({ ...base, provider, retries });
  const Inner = defineAgent({ name: "inner", run: () => never() });
  const timeout = 50;
  const calls: (() => Promise<unknown>)[] = [
    () => defineAgent({ ...base, provider, retries, timeout }).call({}),
    () => Model.with({ timeout }).call({}),
    () => defineAgent({ name: "run", run: () => never(), timeout }).call({}),
    () => Inner.with({ timeout }).call({}),
    () => defineParallel({ name: "f", branches: { one: Inner }, timeout }).call({}),
    () => definePipeline({ name: "p", steps: [Inner], timeout: { total: timeout } }).call({}),
  ];
  for (const call of calls) {
    const ended = errorOf(call());
    await time.tick(50);
    assertEquals((await ended).code, "timeout");
  }
  using _ = configured({ timeout });
  for (const agent of [Model, Inner, defineParallel({ name: "f", branches: { one: Inner } })]) {
    const ended = agent.settle({});
    await time.tick(50);
    const { error, durationMs } = await ended;
    assertEquals([error?.code, durationMs], ["timeout", 50], agent.name);
  }
});

Deno.test("timeout: a call's number keeps the agent's limit on attempts", async () => {
  using time = fakeTime();
  const A = defineAgent({
    ...base,
    provider: deaf(),
    timeout: { attempt: 1000 },
    retries: { max: 10, base: 0 },
  });
  const call = errorOf(A.call({}, { timeout: 2500 }));
  await time.tick(2500);
  const { message, attempts } = await call;
  assert(message.includes("timeout.total passed"), message);
  assertEquals(attempts.slice(0, 2).map(({ durationMs }) => durationMs), [1000, 1000]);
  assertEquals(attempts.length, 3);
});

Deno.test("timeout: a long total is not cut off by the default of an attempt", async () => {
  using time = fakeTime();
  const provider = scripted("slow", { latency: 400_000 });
  const call = defineAgent({ ...base, provider }).call({}, { timeout: 600_000 });
  await time.tick(400_000);
  assertEquals((await call).attempts.length, 1);
});

Deno.test("timeout: a workflow passes limits on attempts on, a run agent ignores them in a call", async () => {
  using time = fakeTime();
  const provider = deaf();
  const Model = defineAgent({ ...base, provider, retries: 0 });
  const Flow = defineParallel({ name: "flow", branches: { one: Model } });
  const call = Flow.settle({}, { timeout: { attempt: 20, total: 100 } });
  await time.tick(20);
  const { branches, durationMs } = await call;
  assert(branches.one.error!.message.includes("timeout.attempt passed"));
  assertEquals(durationMs, 20);
  const Run = defineAgent({ name: "run", run: () => "done" });
  assertEquals((await Run.call({}, { timeout: { attempt: 1 } })).content, "done");
});

Deno.test("timeout: limits on attempts are refused where no attempts are made", () => {
  const words = "timeout.attempt limits requests, and it sends none itself";
  const timeout = { attempt: 5 } as never;
  const Model = defineAgent({ ...base, provider: deaf() });
  const run = () => 1;
  assertThrows(() => defineAgent({ name: "r", run, timeout }), TypeError, words);
  assertThrows(() => defineAgent({ name: "r", run }).with({ timeout }), TypeError, words);
  const branches = { one: Model };
  assertThrows(() => defineParallel({ name: "w", branches, timeout }), TypeError, words);
  assertThrows(() => definePipeline({ name: "p", steps: [Model], timeout }), TypeError, words);
});
