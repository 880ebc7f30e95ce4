import { AgentError, batch, type Result, RunError } from "@shoal/agents";
import { simulator } from "@shoal/agents/testing";
import { type WorkerOptions, workers } from "@shoal/agents/workers";
import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { delay } from "@std/async/delay";
import { loadPrices } from "../../src/pricing/prices.ts";
import { Blocks, Dies, DiesPaid, Echo, type End, Limited, Slow } from "./dying.ts";
import { moduleFor, named } from "./server.ts";
import { runtime } from "../runtime.ts";

await loadPrices("any", undefined);

const open = (options: Partial<WorkerOptions> = {}) =>
  workers({ module: moduleFor("dying.ts"), size: 2, ...options });

const REASONS: Partial<Record<End, string>> = {
  exit: "it exited with the code 7",
  close: "it exited",
  process: "it exited with the code 8",
  throw: "nobody catches this",
  reject: "nobody hears of this",
  memory: "JS heap out of memory",
};

for (const [end, reason] of Object.entries(REASONS)) {
  const name = `replaces a worker that ends by itself (${end}), and fails its only call`;
  // Threads of Node and Bun have no `close`, and Bun cannot limit their memory.
  const ignore = end === "close" && runtime !== "deno" || end === "memory" && runtime === "bun";
  Deno.test({ name, ignore }, async () => {
    await using pool = open({ perWorker: 1, ...(runtime !== "bun" && { memory: 100 }) });
    const results = await batch([
      [Slow, { ms: 10 }],
      [Dies, { end: end as End }],
      [Slow, { ms: 10 }],
      [Slow, { ms: 10 }],
    ], { mode: pool, concurrency: 2 }) as Result[];
    assertEquals(results.map(({ error }) => error?.code), [
      undefined,
      "tool",
      undefined,
      undefined,
    ]);
    const { error } = results[1]!;
    assertInstanceOf(error, AgentError);
    assert(
      error.message.includes(`its worker`) || error.message.includes("ended: "),
      error.message,
    );
    assert(error.message.includes(reason!), error.message);
    assertInstanceOf(error.cause, Error);
    assertEquals(pool.stats().restarts, 1);
    if (end === "throw") {
      assertInstanceOf(error.cause, RangeError);
      assertEquals(error.cause.cause, "a cause");
    }
  });
}

Deno.test("repeats the other calls of a worker that a call has ended", async () => {
  await using pool = open({ size: 1, perWorker: 10 });
  const results = await batch([
    [Slow, { ms: 300 }],
    [Dies, { end: "exit", after: 100 }],
    [Slow, { ms: 300 }],
  ], { mode: pool, concurrency: 3 }) as Result[];
  // Each call runs alone the second time, so only the culprit fails.
  assertEquals(results.map(({ error }) => error?.code), [undefined, "tool", undefined]);
  assertEquals(pool.stats().restarts, 2);
});

Deno.test("repeats each call alone, so that it cannot end a worker with other calls", async () => {
  await using sim = simulator({ respond: ({ text }) => text, latency: 150 });
  await using _server = named(sim.url);
  await using pool = open({ size: 1, perWorker: 2 });
  const results = await batch([
    [Slow, { ms: 300 }],
    [Dies, { end: "exit", after: 100 }],
    ...Array.from({ length: 6 }, (_, i) => [Echo, { text: `${i}` }] as const),
  ], { mode: pool, concurrency: 8 }) as Result[];
  assertEquals(results.map(({ error }) => error?.code), [undefined, "tool", ...Array(6)]);
  assertEquals([sim.stats.requests, pool.stats().restarts], [6, 2]);
});

Deno.test("does not repeat a call that was billed, and reports its usage", async () => {
  await using sim = simulator({ respond: ({ text }) => text });
  await using _server = named(sim.url);
  await using pool = open({ size: 1, perWorker: 10 });
  const [paid, slow] = await batch([[DiesPaid, { text: "one two three" }], [Slow, { ms: 500 }]], {
    mode: pool,
  });
  assertEquals([paid.error?.code, slow.ok], ["tool", true]);
  assertEquals(sim.stats.requests, 1);
  assertEquals(paid.attempts.map(({ model, error }) => [model, error]), [[
    "gpt-5-mini",
    undefined,
  ]]);
  assertEquals(paid.usage.inputTokens, sim.stats.inputTokens);
  assertEquals(paid.usage.outputTokens, sim.stats.outputTokens);
  assert(paid.cost!.total > 0);
  assertEquals(paid.error!.usage, paid.usage);
});

Deno.test("prices a call whose worker died by what its server reported", async () => {
  const body = {
    choices: [{ message: { role: "assistant", content: "hi" }, finish_reason: "stop" }],
    usage: { prompt_tokens: 3, completion_tokens: 1, total_tokens: 4, cost: 0.25 },
    service_tier: "priority",
  };
  await using sim = simulator({ script: () => ({ type: "status", status: 200, body }) });
  await using _server = named(sim.url);
  await using pool = open({ size: 1, perWorker: 10 });
  const [paid] = await batch([[DiesPaid, { text: "one" }]], { mode: pool });
  assertEquals([paid.error?.code, paid.cost?.total, paid.cost?.source], ["tool", 0.25, "server"]);
});

Deno.test("reports an attempt whose worker ends, and releases its permit", async () => {
  await using sim = simulator({ respond: ({ text }) => text, latency: 400 });
  await using _server = named(sim.url);
  await using pool = open({ size: 1, perWorker: 10 });
  const run = batch([[Echo, { text: "a" }], [Dies, { end: "exit", after: 250 }]], {
    mode: pool,
    concurrency: 2,
    limits: { requestsPerMinute: 100 },
  });
  const [echo, dies] = await run;
  assertEquals([echo.error?.code, dies.error?.code], ["tool", "tool"]);
  assertEquals(echo.attempts.map(({ error }) => error?.code), ["tool"]);
  const [again] = await batch([[Echo, { text: "b" }]], { mode: pool, concurrency: 1 });
  assertEquals(again.content, "b");
});

Deno.test("ends an endless loop after its timeout, and repeats the other calls", async () => {
  await using pool = open({ size: 1, perWorker: 10, grace: 200 });
  await pool.ready();
  const began = performance.now();
  const ended: number[] = [];
  const results = await batch([
    [Limited, { end: "loop" }],
    [Slow, { ms: 20 }],
  ], {
    mode: pool,
    onResult: (_, index) => void (ended[index] = performance.now() - began),
  }) as Result[];
  assertEquals(results.map(({ error }) => error?.code), ["timeout", undefined]);
  assert(results[0]!.error!.message.includes("it was not finished within 300 ms"));
  assert(ended[0]! >= 300);
  assertEquals(pool.stats().restarts, 1);
});

Deno.test("aborting a call in an endless loop does not wait for its worker", async () => {
  await using pool = open({ size: 1, perWorker: 1, grace: 400 });
  await pool.ready();
  const controller = new AbortController();
  const run = batch([[Dies, { end: "loop" }]], { mode: pool, signal: controller.signal });
  await delay(100);
  const began = performance.now();
  controller.abort();
  await assertRejects(() => run, RunError);
  assert(performance.now() - began < 300, "at once");
  const [next] = await batch([[Slow, { ms: 1 }]], { mode: pool });
  assert(next.ok && next.content === 1, "in a new worker");
  assertEquals(pool.stats().restarts, 1);
});

Deno.test("a worker that is busy for less than the grace keeps its other calls", async () => {
  await using pool = open({ size: 1, perWorker: 10, grace: 20_000 });
  await pool.ready();
  const [aborted, slow] = await Promise.all([
    batch([[Blocks, { ms: 300 }, { signal: AbortSignal.timeout(50) }]], { mode: pool }),
    batch([[Slow, { ms: 500 }]], { mode: pool }),
  ]);
  assertEquals(aborted[0].error?.code, "timeout");
  assertEquals([slow[0].content, pool.stats().restarts], [1, 0]);
});

Deno.test("closes a pool within an endless loop", async () => {
  const pool = open({ size: 1 });
  await pool.ready();
  const run = batch([[Dies, { end: "loop" }]], { mode: pool });
  await delay(100);
  await pool.close();
  const [result] = await run;
  assertEquals(result.error?.code, "aborted");
});

Deno.test("replaces a worker that ends while it is idle, as soon as it is needed", async () => {
  await using pool = open({ size: 1, perWorker: 10 });
  const [first] = await batch([[Slow, { ms: 1 }]], { mode: pool });
  const [dies] = await batch([[Dies, { end: "throw" }]], { mode: pool });
  const [second] = await batch([[Slow, { ms: 1 }]], { mode: pool });
  assertEquals([first.content, dies.error?.code, second.content], [1, "tool", 1]);
});
