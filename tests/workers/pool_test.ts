import { batch, configure, RunError } from "@shoal/agents";
import { simulator } from "@shoal/agents/testing";
import { type WorkerOptions, workers } from "@shoal/agents/workers";
import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { delay } from "@std/async/delay";
import { loadPrices } from "../../src/pricing/prices.ts";
import { Echo, Identity, Twice, Waits } from "./agents.ts";
import { moduleFor, named } from "./server.ts";
import { until } from "./until.ts";
import { startCode } from "../child.ts";

await loadPrices("any", undefined);

const open = (options: Partial<WorkerOptions> = {}) =>
  workers({ module: moduleFor("agents.ts"), size: 2, ...options });

Deno.test("starts workers on demand, and no more than are needed", async () => {
  await using pool = open({ size: 3 });
  const idle = { size: 3, busy: 0, inFlight: 0, waiting: 0, restarts: 0, startMs: undefined };
  assertEquals(pool.stats(), idle);
  const run = batch([[Waits, { ms: 400 }]], { mode: pool });
  await until(() => pool.stats().inFlight > 0, "a call is made");
  assertEquals(pool.stats().busy, 1);
  await run;
  assertEquals([pool.stats().inFlight, pool.stats().busy], [0, 0]);
  assert(pool.stats().startMs! > 0);
});

Deno.test("no worker has more than perWorker calls at any concurrency", async () => {
  await using pool = open({ size: 2, perWorker: 2 });
  await pool.ready();
  let most = 0;
  const calls = Array.from({ length: 12 }, () => [Waits, { ms: 40 }] as const);
  const results = await batch(calls, {
    mode: pool,
    concurrency: 12,
    onResult: () => void (most = Math.max(most, pool.stats().inFlight)),
  });
  assertEquals(results.filter(({ ok }) => ok).length, 12);
  assert(most <= 4 && most > 1, `${most}`);
  // Waiting for a worker counts as queued.
  assert(results.at(-1)!.timing.queuedMs >= 40);
  assert(results.at(-1)!.durationMs >= 80);
});

Deno.test("spreads calls over the workers while some are still starting", async () => {
  await using pool = open({ size: 2, perWorker: 100 });
  let busy = 0;
  const timer = setInterval(() => busy = Math.max(busy, pool.stats().busy), 5);
  const calls = Array.from({ length: 10 }, () => [Waits, { ms: 2_000 }] as const);
  const results = await batch(calls, { mode: pool, concurrency: 10 });
  clearInterval(timer);
  assertEquals([busy, results.filter(({ ok }) => ok).length], [2, 10]);
});

Deno.test("a waiting call is aborted at once, and never runs", async () => {
  await using sim = simulator({ respond: ({ text }) => text });
  await using _server = named(sim.url);
  await using pool = open({ size: 1, perWorker: 1 });
  const controller = new AbortController();
  const run = batch([
    [Waits, { ms: 300 }],
    [Echo, { text: "x" }, { signal: controller.signal }],
  ], { mode: pool });
  await until(() => pool.stats().inFlight > 0, "a call is made");
  assertEquals(pool.stats().waiting, 1);
  controller.abort();
  await delay(0);
  assertEquals(pool.stats().waiting, 0);
  const [waits, echo] = await run;
  assertEquals([waits.ok, echo.error?.code, echo.attempts.length], [true, "aborted", 0]);
  assertEquals(sim.stats.requests, 0);
});

Deno.test("runs calls with a higher priority first", async () => {
  await using pool = open({ size: 1, perWorker: 1 });
  const order: number[] = [];
  await batch([
    [Waits, { ms: 100 }],
    [Identity, 1],
    [Identity, 2, { priority: 5 }],
    [Identity, 3],
  ], { mode: pool, concurrency: 4, onResult: (_, index) => void order.push(index) });
  assertEquals(order.slice(0, 2), [0, 2]);
});

Deno.test("closing fails unfinished calls, and rejects new ones", async () => {
  await using sim = simulator({ respond: ({ text }) => text, latency: 5_000 });
  await using _server = named(sim.url);
  const pool = open({ size: 2, perWorker: 1 });
  const calls = [[Identity, 1], ...Array.from({ length: 5 }, () => [Echo, { text: "x" }] as const)];
  const run = batch(calls as [typeof Identity, unknown][], { mode: pool, concurrency: 6 });
  await until(() => sim.stats.inFlight >= 2, "2 requests are in flight");
  await Promise.all([pool.close(), pool[Symbol.asyncDispose]()]);
  assertEquals(pool.isOpen, false);
  const results = await run;
  assertEquals(results.map(({ error }) => error?.code), [undefined, ...Array(5).fill("aborted")]);
  // Requests in flight were sent, and may be billed.
  assertEquals(results.filter(({ attempts }) => attempts.length === 1).length, 2);
  assertEquals(pool.stats(), { ...pool.stats(), busy: 0, inFlight: 0, waiting: 0 });
  const error = await assertRejects(() => batch([[Identity, 1]], { mode: pool }), RunError);
  assertInstanceOf(error.cause, TypeError);
  assert((error.cause as Error).message.includes("the pool of workers was closed"));
  await assertRejects(() => pool.ready(), TypeError, "closed");
});

Deno.test("closes a pool that was never used", async () => {
  const pool = open();
  await pool.close();
  await pool.close();
});

Deno.test("closing while the workers start rejects ready()", async () => {
  const pool = open();
  const ready = assertRejects(() => pool.ready(), TypeError, "closed");
  const run = batch([[Identity, 1]], { mode: pool })
    .then(([{ error }]) => error?.code, (error) => (error as Error).name);
  await pool.close();
  await ready;
  const result = await run;
  assert(["aborted", "RunError"].includes(result!), result);
});

Deno.test("runs share a pool, and each keeps its own limits", async () => {
  await using sim = simulator({ respond: ({ text }) => text, latency: 20 });
  await using _server = named(sim.url);
  await using pool = open();
  await pool.ready();
  const calls = (name: string) =>
    Array.from({ length: 8 }, (_, i) => [Twice, { text: `${name} ${i}` }] as const);
  const [a, b] = await Promise.all([
    batch(calls("a"), { mode: pool, concurrency: 1 }),
    batch(calls("b"), { mode: pool, concurrency: 2 }),
  ]);
  assertEquals(a.map(({ content }) => content), calls("a").map(([, { text }]) => `${text} again`));
  assertEquals(b.filter(({ ok }) => ok).length, 8);
  assert(sim.stats.peakInFlight <= 3);
});

Deno.test("the limits of the process hold over all workers", async () => {
  await using sim = simulator({ respond: ({ text }) => text, latency: 20 });
  await using _server = named(sim.url);
  await using pool = open();
  await pool.ready();
  configure({ limits: { concurrency: 2 } });
  try {
    const calls = Array.from({ length: 10 }, (_, i) => [Echo, { text: `${i}` }] as const);
    const results = await batch(calls, { mode: pool, concurrency: 10 });
    assertEquals(results.filter(({ ok }) => ok).length, 10);
    assert(sim.stats.peakInFlight <= 2);
  } finally {
    configure({ limits: undefined });
  }
});

Deno.test("a pool that was not closed does not keep the process alive", async () => {
  const code = `
    import { batch } from "@shoal/agents";
    import { workers } from "@shoal/agents/workers";
    import { Identity } from ${JSON.stringify(new URL("./agents.ts", import.meta.url).href)};
    const pool = workers({ module: ${
    JSON.stringify(new URL("./agents.ts", import.meta.url).href)
  }, size: 1 });
    const [result] = await batch([[Identity, 5]], { mode: pool });
    console.log(result.content);`;
  await using child = startCode(code);
  const timer = setTimeout(child.kill, 60_000);
  const { success, stdout, stderr } = await child.output;
  clearTimeout(timer);
  assertEquals(stderr, "");
  assertEquals([success, stdout.trim()], [true, "5"]);
});
