import { assert, assertEquals } from "@std/assert";
import { isMeasured, measure } from "../../bench/measure/measure.ts";
import { startServer } from "../../bench/measure/start_server.ts";

Deno.test("a case runs in a process of its own, against a server in another", async () => {
  await using server = await startServer({ latency: 0 });
  const options = { n: 20, concurrency: 5, url: server.url, warm: { n: 2, concurrency: 1 } };
  const outcome = await measure("cases/calls.ts", "shoal", options, {
    before: async () => {
      await server.setLatency(20);
      await server.resetStats();
    },
  });
  assert(isMeasured(outcome));
  const { medianMs, ...counts } = outcome.extra;
  assertEquals(counts, { completed: 20, failed: 0 });
  assert(medianMs! >= 80 && outcome.wallMs >= 80, `four rounds of 20 ms: ${outcome.wallMs} ms`);
  assert(outcome.cpuMs > 0 && outcome.peakMB >= outcome.beforeMB && outcome.beforeMB > 0);
  // The warm-up came before.
  const { requests, peakInFlight } = await server.stats();
  assertEquals([requests, peakInFlight], [20, 5]);
});

Deno.test("a case that takes too long is stopped", async () => {
  const options = { n: 1, concurrency: 1, ms: 60_000 };
  const outcome = await measure("cases/scripted.ts", "bare", options, { limitMs: 2_000 });
  assertEquals(outcome, { stopped: "after 2 s" });
});

Deno.test("calls that all fail are no result", async () => {
  await using server = await startServer({ latency: 0 });
  const options = {
    n: 2,
    concurrency: 1,
    url: `${server.url}/nowhere`,
    warm: { n: 1, concurrency: 1 },
  };
  const { error } = console;
  const told: string[] = [];
  console.error = (text: string) => void told.push(text);
  try {
    assertEquals(await measure("cases/calls.ts", "fetch", options), { stopped: "failed" });
  } finally {
    console.error = error;
  }
  assert(told[0]?.includes("none of 1 calls was completed"), told[0]);
});
