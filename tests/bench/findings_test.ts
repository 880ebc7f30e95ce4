import { assertEquals, assertStringIncludes } from "@std/assert";
import { kneeOf } from "../../bench/parts/growth.ts";
import { workersThatFit } from "../../bench/parts/modes_fit.ts";

const row = (atATime: number, micros: number | undefined) => (
  { "at a time": atATime, "CPU µs per call": micros }
);

Deno.test("the knee is the first row above the cheapest that costs half as much again", () => {
  const knee = kneeOf([row(1, 900), row(10, 12), row(100, 10), row(1_000, 14), row(10_000, 16)]);
  assertStringIncludes(knee, "from 10,000 at a time");
  assertStringIncludes(knee, "1.6 × what it does at 100");
});

Deno.test("where nothing costs more, or nothing was measured, there is no knee", () => {
  assertStringIncludes(kneeOf([row(10, 30), row(100, 10), row(1_000, 12)]), "No knee");
  assertStringIncludes(kneeOf([row(10, undefined)]), "No knee");
});

Deno.test("as many workers as time and memory allow, and why not more", () => {
  const known = { startMs: 25, eachMB: 8, wanted: 1_000, freeMB: 20_000 };
  const slow = workersThatFit(known);
  assertEquals(slow.workers, 450); // 480 in 12 s
  assertStringIncludes(slow.why, "stopped at 450, by the limit of 12 s to start");
  assertStringIncludes(slow.why, "1,000 of them would take 25 s to start and 7.8 GB");
  const big = workersThatFit({ ...known, startMs: 1, freeMB: 8_000 });
  assertEquals(big.workers, 500);
  assertStringIncludes(big.why, "half of the free memory");
  assertEquals(workersThatFit({ ...known, startMs: 1 }).workers, 1_000);
  assertEquals(workersThatFit({ ...known, startMs: undefined }).workers, 0);
});
