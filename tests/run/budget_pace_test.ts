/** A budget costs time only while it is near: in virtual time. */
import { batch, type BudgetOptions, defineAgent, summarize } from "@shoal/agents";
import { virtualProvider, virtualTime } from "@shoal/agents/testing";
import { assert, assertEquals, assertMatch } from "@std/assert";
import { used } from "../helpers.ts";
import { drawLengths, LENGTHS } from "./answer_lengths.ts";

const INPUT = 5;

interface Options {
  readonly concurrency: number;
  readonly budget?: BudgetOptions;
  readonly maxTokens?: number;
  readonly latency?: number | { readonly p50: number; readonly p99: number };
}

async function run(lengths: readonly number[], options: Options) {
  const { concurrency, budget, maxTokens, latency = 1_000 } = options;
  const provider = virtualProvider({
    latency,
    respond: (_, n) => ({ text: "ok", usage: used(INPUT, lengths[n]!) }),
  });
  const prompt = "twenty characters {x}";
  const A = defineAgent({ name: "a", model: "m", prompt, provider, maxTokens });
  const calls = lengths.map(() => [A, { x: "x" }] as const);
  const time = virtualTime({ seed: 1 });
  const results = await time.run(() =>
    batch(calls, { concurrency, ...(budget !== undefined && { budget }) })
  );
  return { ...summarize(results), ms: time.now, peak: provider.stats.peakInFlight };
}

Deno.test("budget: nothing waits while more is left than the attempts in flight reserve", async () => {
  for (const [name, distribution] of Object.entries(LENGTHS)) {
    const lengths = drawLengths(distribution, 2_000);
    const total = lengths.reduce((sum, length) => sum + length + INPUT, 0);
    const maxTokens = Math.max(...lengths);
    for (const concurrency of [10, 100, 1_000]) {
      for (const latency of [1_000, { p50: 800, p99: 4_000 }]) {
        const free = await run(lengths, { concurrency, latency });
        const limited = await run(lengths, {
          concurrency,
          latency,
          maxTokens,
          budget: { tokens: total + Math.ceil(concurrency * maxTokens * 1.05) },
        });
        assertEquals([limited.ok, limited.failed], [2_000, 0]);
        assert(limited.ms <= 1.05 * free.ms, `${name}: ${limited.ms} of ${free.ms} ms`);
      }
    }
  }
});

Deno.test("budget: without maxTokens a large one does not slow a run down", async () => {
  for (const [name, distribution] of Object.entries(LENGTHS)) {
    const lengths = drawLengths(distribution, 2_000);
    const total = lengths.reduce((sum, length) => sum + length + INPUT, 0);
    // Answers of which nothing is known reserve 16,384 tokens.
    for (const concurrency of [10, 100, 1_000]) {
      const free = await run(lengths, { concurrency });
      const tokens = total + concurrency * 17_000;
      const limited = await run(lengths, { concurrency, budget: { tokens } });
      assertEquals([limited.ok, limited.failed], [2_000, 0]);
      assert(limited.ms <= 1.05 * free.ms, `${name}: ${limited.ms} of ${free.ms} ms`);
    }
  }
});

Deno.test("budget: few are sent at first, and more as answers arrive", async () => {
  const lengths = drawLengths(LENGTHS.exponential!, 2_000);
  const total = lengths.reduce((sum, length) => sum + length + INPUT, 0);
  const latency = { p50: 800, p99: 4_000 };
  const free = await run(lengths, { concurrency: 100, latency });
  // 73 answers of which nothing is known fit into it.
  const limited = await run(lengths, { concurrency: 100, latency, budget: { tokens: 1_200_000 } });
  assert(total > 1_200_000 && limited.ok > 1_100, `${limited.ok}`);
  const enough = { tokens: Math.round(total * 1.2) };
  const complete = await run(lengths, { concurrency: 100, latency, budget: enough });
  assertEquals(complete.failed, 0);
  assert(complete.ms <= 1.05 * free.ms, `${complete.ms} of ${free.ms} ms`);
});

Deno.test("budget: fewer attempts are in flight near the limit, and the verdict reports it", async () => {
  const lengths = drawLengths(LENGTHS.constant!, 200);
  // Each reserves 100 tokens that the server may add to its input.
  const budget = { tokens: 200 * 5_200 };
  const near = await run(lengths, { concurrency: 200, maxTokens: 50_000, budget });
  assert(near.peak <= 21, `${near.peak}`);
  assertMatch(
    near.verdict,
    /^limited by the budget \d+ % of the time: a larger `budget`, or a `maxTokens` near the/,
  );
  const { budgetMs, limitedMs, requestsMs } = near.timeSpent;
  assert(budgetMs > near.timeSpent.modelMs && budgetMs === limitedMs && requestsMs === 0);
  const far = await run(lengths, { concurrency: 200, maxTokens: 5_000, budget });
  assertEquals([far.peak, far.timeSpent.budgetMs], [200, 0]);
});
