/** Tests of the limits that a server reports, and of the pause of a model after a 429. */
import { batch, defineAgent, type Provider, stream } from "@shoal/agents";
import { openai } from "@shoal/agents/openai";
import { scripted, simulator, virtualProvider, virtualTime } from "@shoal/agents/testing";
import { assert, assertEquals } from "@std/assert";
import { readRateHeaders } from "../../src/providers/http/rate_headers.ts";
import { busy, configured, errorOf, fakeTime, handmade, reply } from "../helpers.ts";

const base = { name: "a", prompt: "{x}", model: "m" };
const many = (n: number) => Array.from({ length: n }, (_, i) => i);
const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Rejects the first request of the model "m", and records the times of all requests. */
function rejectingProvider(retryAfterMs: number | undefined) {
  const came: [model: string, at: number][] = [];
  const began = performance.now();
  const provider = handmade({
    generate: ({ model }) => {
      came.push([model, performance.now() - began]);
      if (came.length === 1) throw busy({ retryAfterMs });
      return Promise.resolve(reply("ok"));
    },
  });
  return { came, provider };
}

Deno.test("429: every call of that model, and no other, waits for Retry-After", async () => {
  using time = fakeTime();
  const { came, provider } = rejectingProvider(1_000);
  const A = defineAgent({ ...base, provider });
  const first = A.call({ x: 1 });
  await time.tick(1);
  const waiting = [A.call({ x: 2 }), A.call({ x: 3 })];
  const others = [
    A.call({ x: 4 }, { model: "n" }),
    A.with({ provider: scripted("b") }).call({ x: 5 }),
  ];
  await time.tick(1);
  assertEquals((await Promise.all(others)).map(({ content }) => content), ["ok", "b"]);
  await time.tick(997);
  assertEquals(came.length, 2);
  await time.tick(200);
  const [result] = await Promise.all(waiting);
  await first;
  assertEquals(result!.timing.limitedBy, "pause");
  assert(result!.timing.limitedMs >= 998 && result!.timing.limitedMs <= 1_000);
  assert(came.slice(2).every(([, at]) => at >= 1_000));
});

Deno.test("429: requests sent before the pause do not lengthen it", async () => {
  using time = fakeTime();
  let n = 0;
  const provider = handmade({
    generate: async () => {
      const mine = n++;
      await new Promise((resolve) => setTimeout(resolve, 10 * (mine + 1)));
      if (mine < 3) throw busy({ retryAfterMs: 1_000 });
      return reply("ok");
    },
  });
  const A = defineAgent({ ...base, provider, retries: 0 });
  const rejected = [1, 2, 3].map((x) => A.settle({ x }));
  await time.tick(30);
  await Promise.all(rejected);
  const next = A.call({ x: 4 });
  // The first 429 arrived after 10 ms.
  await time.tick(979);
  assertEquals(n, 3);
  await time.tick(1 + 40);
  assertEquals((await next).content, "ok");
});

Deno.test("429: a single rejection without a wait pauses nothing", async () => {
  using time = fakeTime();
  for (const retryAfterMs of [undefined, 0, Infinity, NaN]) {
    const { provider, came } = rejectingProvider(retryAfterMs);
    const A = defineAgent({ ...base, provider, retries: 0 });
    assertEquals((await errorOf(A.call({ x: 1 }))).code, "rate_limited");
    assertEquals((await A.call({ x: 2 })).content, "ok", `${retryAfterMs}`);
    assertEquals(came.length, 2);
    await time.tick(1);
  }
});

Deno.test("429: an abort ends the wait for the end of the pause at once", async () => {
  using time = fakeTime();
  const { provider, came } = rejectingProvider(50_000);
  const A = defineAgent({ ...base, provider, retries: 0 });
  await A.settle({ x: 1 });
  const abort = new AbortController();
  const call = A.settle({ x: 2 }, { signal: abort.signal });
  await time.tick(10);
  abort.abort();
  assertEquals([(await call).error!.code, came.length], ["aborted", 1]);
});

Deno.test("429: rate-limited retries and other retries are counted apart", async () => {
  const failing = busy({ code: "provider", status: 503 });
  const provider = scripted([busy(), failing, busy(), failing, busy(), "ok"]);
  const retries = { max: 2, rateLimited: 3, base: 0 };
  assertEquals(
    (await defineAgent({ ...base, provider, retries }).call({ x: 1 })).attempts.length,
    6,
  );
  for (const [rateLimited, sent] of [[0, 1], [5, 6], [undefined, 3]] as const) {
    const provider = scripted(busy());
    const A = defineAgent({ ...base, provider, retries: { max: 2, rateLimited } });
    assertEquals((await errorOf(A.call({ x: 1 }))).attempts.length, sent);
  }
});

/** Sends calls as fast as allowed for N minutes. */
async function sendFor(minutes: number, provider: Provider, agent: object = {}, concurrency = 500) {
  const A = defineAgent({
    ...base,
    prompt: "{x} " + "word ".repeat(40),
    provider,
    retries: { max: 3, rateLimited: 50 },
    ...agent,
  });
  function* calls() {
    for (let x = 0;; x++) yield [A, { x }] as const;
  }
  const options = { concurrency, deadline: minutes * 60_000 };
  for await (const { result } of stream(calls(), options)) {
    if (!result.ok) assertEquals(result.error.code, "timeout");
  }
}

Deno.test("rates: follows the limit that the server reports and uses all of it", async () => {
  using _ = configured({ prices: { m: { input: 1, output: 1 } } });
  for (const limits of [{ requestsPerMinute: 3_000 }, { tokensPerMinute: 300_000 }]) {
    await virtualTime({ seed: 1 }).run(async () => {
      const provider = virtualProvider({
        latency: { p50: 500, p99: 2_000 },
        limits,
        outputTokens: { min: 50, max: 150 },
        seed: 1,
      });
      await sendFor(3, provider, {}, 300);
      const late = provider.arrivals.filter(({ at }) => at >= 120_000);
      const accepted = late.filter(({ accepted }) => accepted);
      const used = "requestsPerMinute" in limits
        ? accepted.length / limits.requestsPerMinute!
        : accepted.reduce((sum, { tokens }) => sum + tokens, 0) / limits.tokensPerMinute!;
      assert(used > 0.97, `${used} of what is allowed`);
      const rejected = (late.length - accepted.length) / late.length;
      assert(rejected < 0.01, `${rejected} rejected`);
    });
  }
});

Deno.test("rates: providers with one key share one limit", async () => {
  using time = fakeTime();
  const account = {};
  let came = 0;
  const make = () => ({
    ...handmade({
      generate: () => {
        const remaining = Math.max(0, 2 - came++);
        return Promise.resolve(
          reply("ok", { rates: { requests: { limit: 100, remaining, resetMs: 60_000 } } }),
        );
      },
    }),
    account,
  });
  const [A, B] = [make(), make()].map((provider) => defineAgent({ ...base, provider }));
  await A!.call({ x: 1 });
  const all = [1, 2, 3].map((x) => B!.call({ x }));
  await time.tick(0);
  assertEquals(came, 2); // one request remains, and a hundredth of the limit is reserved
  await time.tick(5_000);
  await Promise.all(all);
  assertEquals(came, 4);
});

Deno.test("429: calls that wait for other limits of the key also wait for the pause", async () => {
  using time = fakeTime();
  const began = performance.now();
  const came: number[] = [];
  const provider = handmade({
    generate: async () => {
      came.push(performance.now() - began);
      const n = came.length;
      await wait(100);
      if (n === 2) throw busy({ retryAfterMs: 10_000 });
      return reply("ok");
    },
  });
  const A = defineAgent({ ...base, provider: { ...provider, limits: { concurrency: 2 } } });
  const results = batch(many(12).map((x) => [A, { x }] as const), { concurrency: 12 });
  await time.tick(20_000);
  assertEquals((await results).filter(({ ok }) => !ok), []);
  // At 100 ms the first answer frees a permit before the 429 arrives.
  assertEquals(came.slice(0, 4), [0, 0, 100, 10_100]);
});

Deno.test("429: a call that times out in the pause reports the time it waited", async () => {
  using time = fakeTime();
  const { provider } = rejectingProvider(30_000);
  const A = defineAgent({ ...base, provider, retries: 0, timeout: { total: 5_000 } });
  await A.settle({ x: 1 });
  const calls = [A.settle({ x: 2 }), A.settle({ x: 3 })];
  await time.tick(5_000);
  for (const { error, timing, attempts } of await Promise.all(calls)) {
    assertEquals([error!.code, attempts.length], ["timeout", 0]);
    const { queuedMs, limitedMs, limitedBy } = timing;
    assertEquals([queuedMs, limitedMs, limitedBy], [0, 5_000, "pause"]);
  }
  assertEquals(
    (setTimeout as unknown as { clock: { countTimers(): number } }).clock.countTimers(),
    0,
  );
});

Deno.test("429: sends exactly one request without retries", async () => {
  for (const retries of [0, { max: 0 }, { rateLimited: 0 }]) {
    const { provider, came } = rejectingProvider(1);
    const { error, attempts } = await defineAgent({ ...base, provider, retries }).settle({ x: 1 });
    assertEquals([error!.code, attempts.length, came.length], ["rate_limited", 1, 1]);
  }
});

Deno.test("429: exhausted quotas and server errors do not pause the model", async () => {
  using time = fakeTime();
  const errors = [
    busy({ retryable: false, retryAfterMs: 50_000 }),
    busy({ code: "provider", status: 503, retryAfterMs: 50_000 }),
  ];
  for (const error of errors) {
    const provider = scripted([error, "ok"]);
    const A = defineAgent({ ...base, provider, retries: 0 });
    assertEquals((await A.settle({ x: 1 })).ok, false);
    assertEquals((await A.call({ x: 2 })).timing.limitedMs, 0);
    await time.tick(1);
  }
});

/** Creates a server with a full limit that refills over time and reports its state per request. */
function refillingProvider(limit: number, fillMs: number, latency: (n: number) => number) {
  const began = performance.now();
  const seen = { accepted: [] as number[], rejected: 0, reportsRates: true };
  let [level, at, n] = [limit, 0, 0];
  const provider = handmade({
    generate: async () => {
      const now = performance.now() - began;
      level = Math.min(limit, level + (now - at) * limit / fillMs);
      at = now;
      const rejected = level < 1;
      if (rejected) seen.rejected++;
      else {
        level--;
        seen.accepted.push(now);
      }
      const resetMs = Math.ceil((limit - level) * fillMs / limit);
      const requests = { limit, remaining: Math.floor(level), resetMs };
      const rates = seen.reportsRates ? { requests } : undefined;
      await wait(latency(n++));
      if (rejected) throw busy({ rates, retryAfterMs: undefined });
      return reply("ok", { rates });
    },
  });
  return { provider, seen };
}

Deno.test("rates: handles answers out of order and limits per second and per day", async () => {
  using _ = configured({ prices: { m: { input: 1, output: 1 } } });
  const table: [limit: number, fillMs: number, calls: number, atOnce: number][] = [
    [100, 1_000, 2_000, 200],
    [600, 60_000, 3_000, 300],
    [200, 86_400_000, 230, 30],
  ];
  for (const [limit, fillMs, calls, concurrency] of table) {
    await virtualTime({ seed: 1 }).run(async () => {
      // The answers to five requests in a row arrive in reverse order.
      const latency = (n: number) => 100 + 60 * (4 - n % 5);
      const { provider, seen } = refillingProvider(limit, fillMs, latency);
      const A = defineAgent({ ...base, provider, retries: { rateLimited: 50 } });
      await A.call({ x: 0 });
      const results = await batch(many(calls).map((x) => [A, { x }] as const), { concurrency });
      assertEquals(results.filter(({ ok }) => !ok), []);
      assertEquals(seen.rejected, 0, `of ${limit} in ${fillMs} ms`);
      // The full limit is used at once, and nearly all of the refill.
      const took = seen.accepted.at(-1)!;
      const could = (calls + 1 - limit) * fillMs / limit;
      assert(took <= 1.03 * could + 0.01 * fillMs + 1_000, `${limit}: ${took} of ${could}`);
    });
  }
});

Deno.test("rates: a server that stops reporting its limits is no longer limited", async () => {
  using _ = configured({ prices: { m: { input: 1, output: 1 } } });
  await virtualTime().run(async () => {
    const { provider, seen } = refillingProvider(10, 60_000, () => 10);
    const A = defineAgent({ ...base, provider });
    for (let x = 0; x < 9; x++) await A.call({ x });
    seen.reportsRates = false;
    const began = performance.now();
    // The next request is sent soon, and its answer reports no limit.
    await A.call({ x: 9 });
    assert(performance.now() - began < 7_000);
    const then = performance.now();
    await Promise.allSettled(many(20).map((x) => A.settle({ x }, { retries: 0 })));
    assert(performance.now() - then < 100);
  });
});

Deno.test("rates: reports whether calls wait for requests or for tokens", async () => {
  using time = fakeTime();
  const none = { limit: 60, remaining: 0, resetMs: 60_000 };
  for (const what of ["requests", "tokens"] as const) {
    const provider = handmade({
      generate: () => Promise.resolve(reply("ok", { rates: { [what]: none } })),
    });
    const A = defineAgent({ ...base, provider });
    await A.call({ x: 1 });
    const second = A.call({ x: 2 });
    await time.tick(100_000);
    const { limitedBy, limitedMs } = (await second).timing;
    assertEquals(limitedBy, what);
    assert(limitedMs >= 1_000);
  }
});

Deno.test("429: all calls to a strict real server succeed with the default retries", async () => {
  for (const limits of [{ concurrency: 20 }, { requestsPerMinute: 6_000, concurrency: 10 }]) {
    await using server = simulator({ latency: 20, limits, seed: 2 });
    await using provider = openai({ baseURL: server.url, apiKey: "a" });
    const A = defineAgent({ ...base, provider });
    const results = await batch(many(300).map((x) => [A, { x }] as const), { concurrency: 300 });
    assertEquals(results.filter(({ ok }) => !ok).map(({ error }) => error!.message), []);
    assert(results.some(({ attempts }) => attempts.length > 1));
  }
});

/** How servers write the time in which the whole limit of 120 a minute is available again. */
const RESETS: Record<string, (ms: number) => Record<string, string>> = {
  "Azure OpenAI": (ms) => ({
    "x-ratelimit-reset-requests": String(ms),
    "x-ratelimit-renewalperiod-requests": "60",
  }),
  "Azure OpenAI, without the period": (ms) => ({ "x-ratelimit-reset-requests": String(ms) }),
  "Azure AI Foundry": (ms) => ({ "x-ratelimit-reset-requests": String(Math.ceil(ms / 1000)) }),
  "OpenAI": (ms) => ({ "x-ratelimit-reset-requests": `${ms / 1000}s` }),
  "a server with nonsense": () => ({ "x-ratelimit-reset-requests": "7h30m" }),
  "xAI": () => ({}),
};

for (const [name, resetHeaders] of Object.entries(RESETS)) {
  Deno.test(`rates: 650 calls use all that is allowed, as ${name} reports it`, async () => {
    using _ = configured({ prices: { m: { input: 1, output: 1 } } });
    await virtualTime({ seed: 1 }).run(async () => {
      const [limit, perMs] = [120, 120 / 60_000];
      let [level, at, rejected] = [limit, performance.now(), 0];
      const provider = handmade({
        generate: async () => {
          const now = performance.now();
          level = Math.min(limit, level + (now - at) * perMs);
          at = now;
          const isRejected = level < 1;
          if (isRejected) rejected++;
          else level--;
          const headers = new Headers({
            "x-ratelimit-limit-requests": String(limit),
            "x-ratelimit-remaining-requests": String(Math.floor(level)),
            ...resetHeaders(Math.ceil((limit - level) / perMs)),
          });
          const rates = readRateHeaders(headers, Date.now(), { rejected: isRejected });
          await wait(300);
          if (isRejected) throw busy({ rates, retryAfterMs: undefined });
          return reply("ok", { rates });
        },
      });
      const A = defineAgent({ ...base, provider });
      const began = performance.now();
      const results = await batch(many(650).map((x) => [A, { x }] as const), { concurrency: 50 });
      assertEquals(results.filter(({ ok }) => !ok), []);
      const took = performance.now() - began;
      const ideal = (650 - limit) / perMs;
      assert(took <= 1.05 * ideal, `${took} of ${ideal}`);
      assert(rejected <= 13, `${rejected} rejected`);
    });
  });
}
