import { assertEquals, assertStringIncludes } from "@std/assert";
import { describeKnee } from "../../bench/parts/growth.ts";
import { workersThatFit } from "../../bench/parts/workers_that_fit.ts";

const row = (atATime: number, micros: number | undefined) => (
  { "at a time": atATime, "CPU µs per call": micros }
);

Deno.test("the knee is the first row above the cheapest that costs half as much again", () => {
  const knee = describeKnee([row(1, 900), row(10, 12), row(100, 10), row(1_000, 14), row(10_000, 16)]);
  assertStringIncludes(knee, "from 10,000 at a time");
  assertStringIncludes(knee, "1.6 × what it does at 100");
});

Deno.test("where nothing costs more, or nothing was measured, there is no knee", () => {
  assertStringIncludes(describeKnee([row(10, 30), row(100, 10), row(1_000, 12)]), "No knee");
  assertStringIncludes(describeKnee([row(10, undefined)]), "No knee");
});

Deno.test("as many workers as time and memory allow, and why not more", () => {
  const known = { startMs: 25, eachMB: 8, wanted: 1_000, limitMs: 12_000, freeMB: 20_000 };
  const slow = workersThatFit(known);
  assertEquals(slow.workers, 200); // 480 would start in time
  assertStringIncludes(slow.why, "ended at 200, as only so many start in 12 s");
  assertStringIncludes(slow.why, "10,000 of them would take 250 s to start and 78 GB");
  const big = workersThatFit({ ...known, startMs: 1, freeMB: 800 });
  assertEquals(big.workers, 50);
  assertStringIncludes(big.why, "half of the free memory holds no more");
  const all = workersThatFit({ ...known, startMs: 1 });
  assertEquals(all.workers, 1_000);
  assertEquals(all.why.includes("ended"), false);
  assertEquals(workersThatFit({ ...known, startMs: undefined }).workers, 0);
});
