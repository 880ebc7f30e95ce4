/** Runs of agents against the virtual provider, in virtual time. */
import { batch, defineAgent, type ModelAgentOptions, type Result, stream } from "@shoal/agents";
import { virtualProvider, type VirtualProviderOptions, virtualTime } from "@shoal/agents/testing";
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { configured } from "../../helpers.ts";

type Settings = Pick<ModelAgentOptions, "retries" | "timeout" | "limits">;

/** Own prices: loading the public list takes real time. */
const PRICES = { prices: { m: { input: 1, output: 2 } } };

/** Runs calls of an agent in virtual time. */
async function run(
  { calls, concurrency = 1_000, seed = 1, provider: behaviour, ...options }:
    & { calls: number; concurrency?: number; seed?: number; provider: VirtualProviderOptions }
    & Settings,
) {
  using _ = configured(PRICES);
  const time = virtualTime({ seed });
  const provider = virtualProvider(behaviour);
  const agent = defineAgent({ name: "echo", model: "m", prompt: "{text}", provider, ...options });
  const source = Array.from({ length: calls }, (_, i) => [agent, { text: `${i}` }] as const);
  const results = await time.run(() => batch(source, { concurrency })) as Result[];
  return { results, provider, ms: time.now, pending: time.pending };
}

const failures = (results: Result[]) => results.filter(({ ok }) => !ok).map((r) => r.error!.code);

Deno.test("virtual flow: the latency determines the duration of a batch", async () => {
  const { results, provider, ms, pending } = await run({
    calls: 1_000,
    concurrency: 100,
    provider: { latency: 500 },
  });
  assertEquals(results.map(({ content }) => content), results.map((_, i) => `${i}`));
  assert(results.every(({ durationMs, timing }) => durationMs === 500 && timing.modelMs === 500));
  assertEquals([ms, provider.stats.peakInFlight, pending], [5_000, 100, 0]);
});

Deno.test("virtual flow: timeouts and retries cover an outage that stalls", async () => {
  const outages = [{ from: 2_000, to: 10_000, status: "stall" }] as const;
  const { results, provider, ms, pending } = await run({
    calls: 200,
    concurrency: 20,
    provider: { latency: 1_000, outages },
    timeout: { attempt: 3_000 },
    retries: { max: 5, backoff: "constant", base: 1_000, jitter: 0 },
  });
  assertEquals(failures(results), []);
  // 40 answers; then each lane waits 3 s and 1 s, twice; requests at 10 s are answered.
  assertEquals(ms, 2_000 + 2 * 4_000 + 8_000);
  const slow = results.filter(({ attempts }) => attempts.length > 1);
  assertEquals(slow.map(({ attempts }) => attempts.map(({ error }) => error?.code)), [
    ...Array.from({ length: 20 }, () => ["timeout", "timeout", undefined]),
  ]);
  const { aborted, inFlight, byStatus } = provider.stats;
  assertEquals([aborted, inFlight, byStatus, pending], [40, 0, { 200: 200 }, 0]);
});

Deno.test("virtual flow: retries cover faults and an outage", async () => {
  const { results, provider } = await run({
    calls: 1_000,
    provider: {
      latency: { p50: 800, p99: 4_000 },
      faults: { rateLimit: 0.2, error500: 0.05, reset: 0.02, truncate: 0.01 },
      outages: [{ from: 1_000, to: 4_000 }, { from: 6_000, to: 7_000, status: "network" }],
    },
    retries: { max: 20 },
  });
  assertEquals(failures(results), []);
  const { requests, byStatus, broken, inFlight } = provider.stats;
  const attempts = results.reduce((sum, { attempts }) => sum + attempts.length, 0);
  assertEquals([requests, inFlight], [attempts, 0]);
  for (const status of [200, 429, 500, 503]) assert(byStatus[status]! > 0);
  const answers = Object.values(byStatus).reduce((sum, n) => sum + n);
  assertEquals(answers + broken, requests);
});

Deno.test("virtual flow: limits equal to the server's are used fully, without a 429", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 30, max: 3_000 }),
      fc.integer({ min: 10, max: 500 }),
      fc.integer({ min: 0, max: 5_000 }),
      async (requestsPerMinute, concurrency, latency) => {
        const limits = { requestsPerMinute };
        const minutes = 3;
        const calls = minutes * requestsPerMinute;
        const { results, provider, ms } = await run({
          calls,
          concurrency,
          provider: { latency, limits },
          limits,
          retries: 0,
        });
        assertEquals(failures(results), []);
        assert(provider.stats.peakPerMinute <= requestsPerMinute);
        // Bounded by the rate, or by the concurrency.
        const atBest = Math.max(minutes * 60_000, calls * latency / concurrency);
        assert(ms <= atBest * 1.05 + 2 * latency, `${ms} ms instead of ${atBest}`);
      },
    ),
    { numRuns: 20 },
  );
});

Deno.test("virtual flow: the same seed repeats a run to the millisecond", async () => {
  const once = async (seed: number) => {
    const { results, provider, ms } = await run({
      calls: 2_000,
      seed,
      provider: {
        seed,
        latency: { p50: 800, p99: 4_000 },
        limits: { requestsPerMinute: 6_000, tokensPerMinute: 50_000, concurrency: 500 },
        faults: { rateLimit: 0.1, error500: 0.1, stall: 0.01 },
        outputTokens: { mean: 20, stddev: 5 },
        streams: 700,
      },
      timeout: { attempt: 10_000 },
      retries: { max: 8 },
    });
    const took = results.map(({ ok, durationMs, attempts }) => [ok, durationMs, attempts.length]);
    return { took, ms, stats: provider.stats, arrivals: provider.arrivals };
  };
  const one = await once(1);
  assertEquals(one, await once(1));
  assert(one.stats.refused > 0 && one.stats.aborted > 0);
  const other = await once(2);
  assert(other.took.some((call, i) => call[1] !== one.took[i]![1]));
});

Deno.test("virtual flow: streams, an idle timeout and a break", async () => {
  using _ = configured(PRICES);
  const time = virtualTime();
  const provider = virtualProvider({ latency: 300, tokensPerSecond: 1, outputTokens: 4 });
  await time.run(async () => {
    const quick = defineAgent({
      name: "a",
      model: "m",
      prompt: "{text}",
      provider,
      retries: 0,
      timeout: { idle: 900 },
    });
    const received: [number, string][] = [];
    const onDelta = (text: string) => void received.push([time.now, text]);
    const slow = quick.with({ timeout: { idle: 1_100 } });
    await slow.call({ text: "a b c d" }, { onDelta });
    assertEquals(received, [[300, "a"], [1_300, " b"], [2_300, " c"], [3_300, " d"]]);
    const began = time.now;
    const error = await quick.call({ text: "a b c d" }, { onDelta }).catch((error) => error);
    assertEquals([error.code, time.now - began], ["timeout", 300 + 900]);

    function* forever() {
      for (;;) yield [slow, { text: "a b" }] as const;
    }
    let n = 0;
    for await (const _ of stream(forever(), { concurrency: 7 })) if (++n === 10) break;
  });
  assertEquals([provider.stats.inFlight, time.pending], [0, 0]);
});

Deno.test("virtual flow: ten thousand calls at once", async () => {
  const { results, ms, provider } = await run({
    calls: 10_000,
    concurrency: 10_000,
    provider: { latency: { p50: 800, p99: 4_000 } },
  });
  assertEquals(failures(results), []);
  assertEquals(provider.stats.peakInFlight, 10_000);
  assert(ms > 4_000 && ms < 60_000);
});
