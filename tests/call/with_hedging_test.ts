import {
  batch,
  defineAgent,
  type ModelChunk,
  ProviderError,
  type Result,
  scope,
} from "@shoal/agents";
import { openai } from "@shoal/agents/openai";
import { scripted, type ScriptedProvider, simulator } from "@shoal/agents/testing";
import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { delay } from "@std/async/delay";
import { z } from "zod";
import { busy, configured, fakeTime, handmade, reply, used } from "../helpers.ts";

const base = { name: "a", model: "m", prompt: "x", retries: 0 };
const hedge = { after: 100 };
const usage = used(1_000, 100);
const unreachable = new ProviderError("unreachable", { code: "network", retryable: true });
const down = new ProviderError("down", { code: "provider", status: 503, retryable: true });

/**
 * A provider whose n-th answer takes this time and contains its number; an error in its place is
 * thrown after the time.
 */
function taking(...all: (number | [ms: number, error: Error])[]): ScriptedProvider {
  const nth = (n: number) => [all[Math.min(n, all.length - 1)]!].flat();
  let begun = 0;
  return scripted(
    // The number that the script is given counts the requests in the order in which they came.
    (_, n) => nth(n)[1] as Error | undefined ?? reply(`answer ${n}`, { usage }),
    { latency: () => nth(begun++)[0] as number },
  );
}

/** How the attempts ended, in the order in which they were sent. */
function codes({ attempts }: Result): (string | undefined)[] {
  return attempts.toSorted((a, b) => a.startedAt - b.startedAt).map(({ error }) => error?.code);
}

/** Waits until the call is over; the time passes by itself. */
async function after<T>(time: ReturnType<typeof fakeTime>, call: Promise<T>): Promise<T> {
  let over = false;
  const done = call.finally(() => over = true);
  done.catch(() => {});
  for (let i = 0; i < 1_000 && !over; i++) await time.tick(10);
  return await done;
}

Deno.test("hedge: the faster answer is taken, and the slower request aborted", async () => {
  using time = fakeTime();
  const cases: [latencies: number[], content: string, durationMs: number][] = [
    [[5_000, 200], "answer 1", 300],
    [[250, 200], "answer 0", 250],
  ];
  for (const [latencies, content, durationMs] of cases) {
    const provider = taking(...latencies);
    const result = await after(time, defineAgent({ ...base, provider, hedge }).call({}));
    assertEquals([result.content, result.durationMs], [content, durationMs]);
    assertEquals([provider.calls, provider.inFlight], [2, 0]);
    const firstWins = content === "answer 0";
    assertEquals(codes(result), firstWins ? [undefined, "aborted"] : ["aborted", undefined]);
    const ends = result.attempts.map((a) => a.startedAt + a.durationMs - result.startedAt);
    assertEquals(ends, [durationMs, durationMs]);
    assertEquals([result.usedFallback, result.timing.queuedMs], [false, 0]);
  }
});

Deno.test("hedge: an answer that is in time has no duplicate", async () => {
  using time = fakeTime();
  const provider = taking(99);
  const result = await after(time, defineAgent({ ...base, provider, hedge }).call({}));
  assertEquals([provider.calls, result.attempts.length, result.usage], [1, 1, usage]);
  await time.tick(10_000);
  assertEquals(provider.calls, 1);
});

Deno.test("hedge: both are counted, in tokens and in money, the loser as if it had been the winner", async () => {
  using time = fakeTime();
  using _ = configured({ prices: { m: { input: 1, output: 10 } } });
  const provider = taking(5_000, 200);
  const result = await after(time, defineAgent({ ...base, provider, hedge }).call({}));
  assertEquals(result.attempts.map((attempt) => attempt.usage), [usage, usage]);
  assertEquals(result.usage, used(2_000, 200));
  assertAlmostEquals(result.cost!.total, 2 * (1_000 * 1 + 100 * 10) / 1e6);
});

Deno.test("hedge: a duplicate that fails by itself used what it says, and is of no concern", async () => {
  using time = fakeTime();
  for (const [error, sum] of [[down, usage], [busy({ usage: used(5, 0) }), used(1_005, 100)]]) {
    const provider = taking(500, [50, error as Error]);
    const A = defineAgent({ ...base, provider, hedge, retries: 3 });
    const result = await after(time, A.call({}));
    assertEquals([result.content, provider.calls, result.durationMs], ["answer 0", 2, 500]);
    assertEquals(codes(result), [undefined, error === down ? "provider" : "rate_limited"]);
    assertEquals([result.usage, result.timing.backoffMs], [sum, 0]);
  }
});

Deno.test("hedge: where the first fails, the duplicate on the wire answers in the place of a retry", async () => {
  using time = fakeTime();
  const provider = taking([300, down], 500);
  const A = defineAgent({ ...base, provider, hedge, retries: 3 });
  const result = await after(time, A.call({}));
  assertEquals([result.content, provider.calls, result.durationMs], ["answer 1", 2, 600]);
  assertEquals(codes(result), ["provider", undefined]);
  assertEquals([result.usage, result.timing.backoffMs], [usage, 0]);
});

Deno.test("hedge: where both fail it is one failure: it is retried once, and each retry has its own duplicate", async () => {
  using time = fakeTime();
  const provider = taking([300, down], [300, unreachable], [300, down], 50);
  const retries = { max: 1, base: 0 };
  const A = defineAgent({ ...base, provider, hedge, retries });
  const result = await after(time, A.call({}));
  assertEquals([result.content, provider.calls], ["answer 3", 4]);
  assertEquals(codes(result), ["provider", "network", "aborted", undefined]);
  const failed = await after(
    time,
    A.with({ provider: taking([300, down]), retries: 0 }).settle({}),
  );
  assertEquals([failed.error?.code, failed.error?.status], ["provider", 503]);
  assertEquals(failed.attempts.length, 2);
});

Deno.test("hedge: the next model has its own duplicate, and only where both have failed", async () => {
  using time = fakeTime();
  const provider = taking([300, down], [300, down], 5_000, 50);
  const A = defineAgent({ ...base, provider, hedge, fallbackModels: ["n"] });
  const result = await after(time, A.call({}));
  assertEquals([result.content, result.model, result.usedFallback], ["answer 3", "n", true]);
  assertEquals(result.attempts.map((a) => a.model), ["m", "m", "n", "n"]);
});

Deno.test("hedge: never beside the first where one request at a time is allowed", async () => {
  using time = fakeTime();
  const limits = { concurrency: 1 };
  const output = z.object({ ok: z.boolean() }).transform((value) => delay(5).then(() => value));
  for (const where of ["process", "agent"]) {
    using _ = configured(where === "process" ? { limits } : {});
    const provider = scripted('{"ok":true}', { latency: 1_000 });
    const A = defineAgent({
      ...base,
      provider,
      hedge,
      output,
      ...(where === "agent" ? { limits } : {}),
    });
    for (let n = 1; n <= 3; n++) {
      const { content, attempts, timing } = await after(time, A.call({}));
      assertEquals([content.ok, attempts.length, provider.calls], [true, 1, n], where);
      assertEquals(timing.queuedMs, 0, "a duplicate that waits keeps nobody waiting");
    }
    assertEquals(provider.peakInFlight, 1);
  }
});

Deno.test("hedge: where the first fails, the permit it gives back goes to the retry after its wait", async () => {
  using time = fakeTime();
  using _ = configured({ limits: { concurrency: 1 } });
  const provider = taking([500, busy({ retryAfterMs: 2_000 })], 50);
  const A = defineAgent({ ...base, provider, hedge, retries: 1 });
  const result = await after(time, A.call({}));
  assertEquals([result.content, provider.calls, provider.peakInFlight], ["answer 1", 2, 1]);
  assert(result.timing.backoffMs >= 2_000, `${result.timing.backoffMs}`);
});

Deno.test("hedge: the time waited for a permit is not time that the answer is late", async () => {
  using time = fakeTime();
  using _ = configured({ limits: { concurrency: 1 } });
  const provider = taking(90);
  const A = defineAgent({ ...base, provider, hedge });
  const results = await after(time, Promise.all(Array.from({ length: 10 }, () => A.call({}))));
  assertEquals([provider.calls, results.at(-1)!.timing.queuedMs], [10, 810]);
});

Deno.test("hedge: many at once stay within the limit, and all of them answer", async () => {
  using time = fakeTime();
  using _ = configured({ limits: { concurrency: 10 } });
  let n = 0;
  const provider = scripted("ok", { latency: () => n++ % 7 === 0 ? 900 : 60 });
  const A = defineAgent({ ...base, provider, hedge });
  const calls = Array.from({ length: 200 }, () => [A, {}] as const);
  const results = await after(time, batch(calls, { concurrency: 50 }));
  assertEquals(results.every((result) => result.ok), true);
  assert(provider.peakInFlight <= 10, `${provider.peakInFlight}`);
  const attempts = results.reduce((sum, result) => sum + result.attempts.length, 0);
  assert(attempts > 200, "there were no duplicates at all");
  assertEquals([attempts, provider.inFlight], [provider.calls, 0]);
});

Deno.test("hedge: no duplicate and no failure where the budget allows no more", async () => {
  using time = fakeTime();
  const cases: [calls: number, sent: number][] = [[1, 1], [2, 2], [5, 2]];
  for (const [calls, sent] of cases) {
    const provider = taking(500, 5_000);
    const A = defineAgent({ ...base, provider, hedge });
    const result = await after(time, A.call({}, { budget: { calls } }));
    assertEquals([result.content, provider.calls, result.attempts.length], [
      "answer 0",
      sent,
      sent,
    ]);
  }
});

Deno.test("hedge: the duplicate takes from the budget of the scope", async () => {
  using time = fakeTime();
  const provider = taking(500);
  const A = defineAgent({ ...base, provider, hedge });
  const results = scope({ budget: { calls: 3 } }, async () => {
    const all: Result[] = [];
    while (all.length < 3) all.push(await A.settle({}));
    return all;
  });
  const seen = (await after(time, results)).map((r) => [r.error?.code, r.attempts.length]);
  assertEquals(seen, [[undefined, 2], [undefined, 1], ["budget", 0]]);
  assertEquals(provider.calls, 3);
});

Deno.test("hedge: no duplicate to a model that is left alone, and a loser does not count against it", async () => {
  using time = fakeTime();
  const circuitBreaker = { failures: 1, cooldown: 10_000 };
  const provider = taking(1_000, [50, down]);
  const A = defineAgent({ ...base, provider, hedge, circuitBreaker });
  const slow = A.call({});
  await time.tick(10);
  assertEquals((await after(time, A.settle({}))).error?.code, "provider");
  assertEquals((await after(time, slow)).attempts.length, 1);
  assertEquals(provider.calls, 2);

  const other = taking(5_000, 50, 50);
  const B = A.with({ provider: other });
  for (const content of ["answer 1", "answer 2"]) {
    assertEquals((await after(time, B.call({}))).content, content);
  }
});

Deno.test("hedge: by percentile there is none before 20 answers have come, then for what takes longer", async () => {
  using time = fakeTime();
  const latencies: number[] = [];
  const provider = scripted("ok", { latency: () => latencies.shift()! });
  const A = defineAgent({ ...base, provider, hedge: { percentile: 95 } });
  const sent = async (...ms: number[]) => {
    latencies.splice(0, latencies.length, ...ms);
    const { attempts, durationMs } = await after(time, A.call({}));
    return [attempts.length, durationMs];
  };
  for (let i = 0; i < 19; i++) assertEquals(await sent(50 + i), [1, 50 + i]);
  assertEquals(await sent(900), [1, 900]);
  assertEquals(await sent(900), [1, 900], "one of 20 is no longer than the slowest of them");
  for (let i = 0; i < 60; i++) assertEquals(await sent(50 + i % 10), [1, 50 + i % 10]);
  // Of 81 the 95th percentile is the 78th: 67.
  assertEquals(await sent(5_000, 40), [2, 108]);
  assertEquals(await sent(65), [1, 65]);
  // Another model has answered nothing yet, and a first piece is no whole answer.
  latencies.splice(0, latencies.length, 5_000);
  assertEquals((await after(time, A.call({}, { model: "n" }))).attempts.length, 1);
  latencies.splice(0, latencies.length, 5_000);
  assertEquals((await after(time, A.call({}, { onDelta: () => {} }))).attempts.length, 1);
});

/** Creates a provider whose n-th stream yields its deltas after these delays. */
function streaming(...all: number[][]) {
  const seen = { calls: 0, aborted: 0 };
  const provider = handmade({
    async *stream(_, { signal }): AsyncGenerator<ModelChunk> {
      const n = seen.calls++;
      try {
        for (const [i, ms] of all[n]!.entries()) {
          await delay(ms, { signal });
          yield { type: "delta", text: `${n}.${i} ` };
        }
      } catch (error) {
        seen.aborted++;
        throw error;
      }
      yield { type: "reply", reply: reply(`all of ${n}`, { usage }) };
    },
  });
  return { provider, seen };
}

Deno.test("hedge: a streamed answer has the pieces of one answer only", async () => {
  using time = fakeTime();
  const cases: [streams: number[][], pieces: string[], content: string][] = [
    // The duplicate speaks first.
    [[[400, 10, 10], [150, 200, 10]], ["1.0 ", "1.1 ", "1.2 "], "all of 1"],
    // The first speaks first, though the duplicate would be done sooner.
    [[[200, 500, 500], [110, 1, 1]], ["0.0 ", "0.1 ", "0.2 "], "all of 0"],
  ];
  for (const [streams, pieces, content] of cases) {
    for (const how of ["events", "onDelta"]) {
      const { provider, seen } = streaming(...streams);
      const A = defineAgent({ ...base, provider, hedge });
      const got: string[] = [];
      if (how === "events") {
        const stream = A.stream({});
        const reading = (async () => {
          for await (const event of stream) if (event.type === "delta") got.push(event.text);
        })();
        await after(time, reading);
        assertEquals((await stream.result).content, content);
      } else {
        const onDelta = (text: string) => void got.push(text);
        const result = await after(time, A.call({}, { onDelta }));
        assertEquals([result.content, result.usage], [content, used(2_000, 200)]);
        assertEquals(codes(result).toSorted(), ["aborted", undefined]);
      }
      assertEquals([got, seen], [pieces, { calls: 2, aborted: 1 }]);
    }
  }
});

Deno.test("hedge: a stream that has begun is not late, however long it takes", async () => {
  using time = fakeTime();
  const { provider, seen } = streaming([90, 5_000]);
  const A = defineAgent({ ...base, provider, hedge });
  const result = await after(time, A.call({}, { onDelta: () => {} }));
  assertEquals([result.content, seen], ["all of 0", { calls: 1, aborted: 0 }]);
});

Deno.test("hedge: an abort ends both, and nothing is sent afterwards", async () => {
  using time = fakeTime();
  const provider = taking(5_000);
  const reason = new Error("changed my mind");
  for (const [at, sent] of [[50, 1], [150, 2]] as const) {
    const controller = new AbortController();
    const before = provider.calls;
    const call = defineAgent({ ...base, provider, hedge, retries: 3 }).settle({}, {
      signal: controller.signal,
    });
    await time.tick(at);
    controller.abort(reason);
    await time.tick(0);
    const { error, attempts } = await call;
    assertEquals([error?.code, attempts.length], ["aborted", sent]);
    assertStrictEquals(error!.cause, reason);
    await time.tick(60_000);
    assertEquals([provider.calls - before, provider.inFlight], [sent, 0]);
  }
});

Deno.test("hedge: the time limit of the call ends both, that of an attempt each of them", async () => {
  using time = fakeTime();
  const A = defineAgent({ ...base, provider: taking(60_000), hedge });
  const total = await after(time, A.settle({}, { timeout: { total: 250 } }));
  assertEquals([total.error?.code, total.durationMs], ["timeout", 250]);
  const attempt = await after(time, A.settle({}, { timeout: { attempt: 250 } }));
  assertEquals([attempt.error?.code, attempt.durationMs], ["timeout", 350]);
  assertEquals(attempt.attempts.map((a) => a.durationMs), [250, 250]);
});

Deno.test("hedge: the call wins over the agent", async () => {
  using time = fakeTime();
  const provider = taking(500);
  const A = defineAgent({ ...base, provider, hedge: { after: 400 } });
  const sent = async (more?: { hedge: { after: number } | { percentile: number } }) =>
    (await after(time, A.call({}, more))).attempts.length;
  assertEquals(await sent(), 2);
  assertEquals(await sent({ hedge: { after: 600 } }), 1);
  assertEquals(await sent({ hedge: { percentile: 95 } }), 1);
  const B = A.with({ hedge: { after: 600 } });
  assertEquals((await after(time, B.call({}))).attempts.length, 1);
});

Deno.test("hedge: what can't be meant is refused, and nothing is sent", async () => {
  const provider = scripted("never");
  const A = defineAgent({ ...base, provider });
  const either =
    " as hedge must be an object with either `after` or `percentile`: current value is";
  const range = ": hedge as percentile must be a number from 50 to below 100: current value is";
  const cases: [value: unknown, kind: typeof TypeError | typeof RangeError, why: string][] = [
    [{}, TypeError, `${either} an object`],
    [100, TypeError, `${either} 100`],
    [
      { after: 0 },
      RangeError,
      ": hedge as after must be a positive number of milliseconds: current value is 0",
    ],
    [{ percentile: 0.95 }, RangeError, `${range} 0.95, did you mean 95?`],
    [{ percentile: 100 }, RangeError, `${range} 100`],
    [
      { after: 100, percentile: 95 },
      TypeError,
      " as hedge has both after and percentile: set one of them",
    ],
    [{ afterMs: 100 }, TypeError, ': hedge as there is no option "afterMs": did you mean "after"?'],
  ];
  for (const [value, kind, why] of cases) {
    const wrong = { hedge: value } as never;
    const refusals: [doing: string, error: unknown][] = [
      ['define the agent "a"', assertThrows(() => defineAgent({ ...base, ...wrong as object }))],
      ['change the agent "a"', assertThrows(() => A.with(wrong))],
      ['call "a"', await assertRejects(() => A.call({}, wrong))],
      ['call "a"', assertThrows(() => A.stream({}, wrong))],
    ];
    for (const [doing, error] of refusals as [string, Error][]) {
      assertEquals([error.constructor, error.message], [kind, `Cannot ${doing}${why}`]);
    }
  }
  assertEquals(provider.calls, 0);
});

Deno.test("hedge: at a real server, which sees the slower request aborted", async () => {
  await using server = simulator({ latency: ({ index }) => index === 0 ? 20_000 : 1 });
  await using provider = openai({ baseURL: server.url, apiKey: "none" });
  const A = defineAgent({ ...base, provider, hedge: { after: 20 } });
  const result = await A.call({});
  assertEquals(codes(result), ["aborted", undefined]);
  assert(result.durationMs < 5_000, `${result.durationMs}`);
  while (server.stats.inFlight > 0) await delay(5);
  assertEquals([server.stats.requests, server.stats.aborted], [2, 1]);
});
