import { assertEquals, assertStringIncludes } from "@std/assert";
import { describeKnee } from "../../bench/parts/growth.ts";
import { workersThatFit } from "../../bench/parts/workers_that_fit.ts";

const row = (inFlight: number, micros: number | undefined) => (
  { "in flight": inFlight, "CPU µs per call": micros }
);

Deno.test("describeKnee: finds the first row that costs more than 1.5 × the cheapest", () => {
  const knee = describeKnee([
    row(1, 900),
    row(10, 12),
    row(100, 10),
    row(1_000, 14),
    row(10_000, 16),
  ]);
  assertStringIncludes(knee, "from 10,000 in flight on");
  assertStringIncludes(knee, "1.6 × as much as with 100");
});

Deno.test("describeKnee: finds none if no row costs more or nothing was measured", () => {
  assertStringIncludes(describeKnee([row(10, 30), row(100, 10), row(1_000, 12)]), "No knee");
  assertStringIncludes(describeKnee([row(10, undefined)]), "No knee");
});

Deno.test("workersThatFit: is limited by time and memory, and says which", () => {
  const known = { startMs: 25, eachMB: 8, wanted: 1_000, limitMs: 12_000, freeMB: 20_000 };
  const slow = workersThatFit(known);
  assertEquals(slow.workers, 200); // 480 would start within the time
  assertStringIncludes(slow.why, "stopped at 200 workers, as no more start within 12 s");
  assertStringIncludes(slow.why, "10,000 workers would need 250 s to start and 78 GB");
  const big = workersThatFit({ ...known, startMs: 1, freeMB: 800 });
  assertEquals(big.workers, 50);
  assertStringIncludes(big.why, "no more fit into half of the free memory");
  const all = workersThatFit({ ...known, startMs: 1 });
  assertEquals(all.workers, 1_000);
  assertEquals(all.why.includes("stopped"), false);
  assertEquals(workersThatFit({ ...known, startMs: undefined }).workers, 0);
});
