import { assert, assertEquals } from "@std/assert";
import { isMeasured, measure } from "../../bench/measure/measure.ts";
import { startServer } from "../../bench/measure/start_server.ts";

Deno.test("measure: runs a case and its server in separate processes", async () => {
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
  assert(medianMs! >= 80 && outcome.wallMs >= 80, `four times 20 ms: ${outcome.wallMs} ms`);
  assert(outcome.cpuMs > 0 && outcome.peakMB >= outcome.beforeMB && outcome.beforeMB > 0);
  // The statistics do not include the warm-up.
  const { requests, peakInFlight } = await server.stats();
  assertEquals([requests, peakInFlight], [20, 5]);
});

Deno.test("measure: stops a case after the time limit", async () => {
  const options = { n: 1, concurrency: 1, ms: 60_000 };
  const outcome = await measure("cases/scripted.ts", "bare", options, { limitMs: 2_000 });
  assertEquals(outcome, { stopped: "after 2 s" });
});

Deno.test("measure: reports a case whose calls all fail", async () => {
  await using server = await startServer({ latency: 0 });
  const options = {
    n: 2,
    concurrency: 1,
    url: `${server.url}/nowhere`,
    warm: { n: 1, concurrency: 1 },
  };
  const { error } = console;
  const logs: string[] = [];
  console.error = (text: string) => void logs.push(text);
  try {
    assertEquals(await measure("cases/calls.ts", "fetch", options), { stopped: "failed" });
  } finally {
    console.error = error;
  }
  assert(logs[0]?.includes("none of 1 calls completed"), logs[0]);
});
