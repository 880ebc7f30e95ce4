/** Many calls to a server that fails in every possible way. */
import { defineAgent, stream, summarize } from "@shoal/agents";
import { openai } from "@shoal/agents/openai";
import { simulator } from "@shoal/agents/testing";
import { assert, assertEquals, assertGreaterOrEqual } from "@std/assert";
import { accountLimiter, modelLimiter } from "../../src/limits/limiter_registry.ts";

const FAULTS = { rateLimit: 0.2, error500: 0.05, reset: 0.02, stallHeaders: 0.01, truncate: 0.01 };

async function storm(
  calls: number,
  concurrency: number,
  options: { readonly onDelta?: (text: string) => void } = {},
) {
  await using server = simulator({ latency: { p50: 20, p99: 60 }, faults: FAULTS, seed: 7 });
  await using provider = openai({ baseURL: server.url, apiKey: "none" });
  const Label = defineAgent({
    name: "label",
    model: "gpt-5-mini",
    prompt: "Label the sentiment of review {i}: I love it",
    provider,
    retries: { max: 5, base: 20 },
    // The limit of stalled requests. It must be well above the delays of a busy machine.
    timeout: { attempt: 8_000 },
  });
  function* all() {
    for (let i = 0; i < calls; i++) yield [Label, { i }, options] as const;
  }
  const seen = new Set<number>();
  const results = [];
  for await (const { result, index } of stream(all(), { concurrency })) {
    assert(!seen.has(index), `${index} has two results`);
    seen.add(index);
    results.push(result);
  }
  const summary = summarize(results);
  const { held, waiting } = modelLimiter(provider, "gpt-5-mini");
  assertEquals([held, waiting, accountLimiter(provider)], [0, 0, undefined]);
  return { summary, stats: { ...server.stats }, results };
}

Deno.test("storm: 5,000 calls to a failing server end once, and nearly all succeed", async () => {
  const { summary, stats, results } = await storm(5_000, 200);
  assertEquals(summary.total, 5_000);
  assertGreaterOrEqual(summary.ok, 4_995, JSON.stringify(summary.byError));
  // The server counts more requests: the runtime itself resends some when a connection is reset.
  assertGreaterOrEqual(stats.requests, summary.attempts);
  assert(stats.requests - summary.attempts <= stats.faults.reset! * 2, JSON.stringify(stats));
  // Up to five retries after rejections, and up to five after other failures.
  for (const { attempts } of results) {
    const refused = attempts.filter(({ status }) => status === 429).length;
    assert(refused <= 6 && attempts.length - refused <= 6 && attempts.length <= 11);
  }
  assertEquals(stats.inFlight, 0);
});

Deno.test("storm: streamed answers that have begun are not retried, and all end once", async () => {
  const pieces: string[] = [];
  const { summary, stats, results } = await storm(1_000, 250, {
    onDelta: (text) => void pieces.push(text),
  });
  assertEquals(summary.total, 1_000);
  assertGreaterOrEqual(summary.ok, 970, JSON.stringify(summary.byError));
  for (const result of results) {
    if (result.ok) continue;
    const { code } = result.error;
    assert(["truncated", "network", "timeout", "rate_limited"].includes(code), code);
  }
  assertGreaterOrEqual(pieces.length, summary.ok);
  assertEquals(stats.inFlight, 0);
});
