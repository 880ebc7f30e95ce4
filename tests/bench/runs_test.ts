import { assertEquals } from "@std/assert";
import { median } from "../../bench/measure/median.ts";
import type { Measurement } from "../../bench/measure/measure.ts";
import { cpuMicros, extra, growthKB, Runs, wallMs } from "../../bench/measure/runs.ts";

const run = (wallMs: number, more: Partial<Measurement> = {}): Measurement => (
  { wallMs, cpuMs: 0, beforeMB: 0, peakMB: 0, extra: {}, ...more }
);

Deno.test("median: does not depend on the order", () => {
  assertEquals(median([30, 1, 2]), 2);
  assertEquals(median([7]), 7);
  assertEquals(median([]), undefined);
});

Deno.test("Runs: takes medians of ratios and differences within a round", () => {
  const runs = new Runs([
    { a: run(10), b: run(5) }, // 2, +5
    { a: run(100), b: run(80) }, // 1.25, +20
    { a: run(9), b: run(3) }, // 3, +6
  ]);
  assertEquals(runs.median("a", wallMs), 10);
  assertEquals(runs.ratio("a", "b", wallMs), 2);
  assertEquals(runs.difference("a", "b", wallMs), 6);
});

Deno.test("Runs.measure: runs cases in turn, and a stopped case not again", async () => {
  const order: string[] = [];
  const runs = await Runs.measure(3, {
    good: () => Promise.resolve((order.push("good"), run(1))),
    slow: () => Promise.resolve((order.push("slow"), { stopped: "after 60 s" })),
  });
  assertEquals(order, ["good", "slow", "good", "good"]);
  assertEquals(runs.median("good", wallMs), 1);
  assertEquals(runs.median("slow", wallMs), undefined);
  assertEquals(runs.ratio("good", "slow", wallMs), undefined);
  assertEquals([runs.stopped("good"), runs.stopped("slow")], [undefined, "after 60 s"]);
});

Deno.test("figures are divided by the number of calls", () => {
  const one = run(0, { cpuMs: 30, beforeMB: 80, peakMB: 90, extra: { failed: 0 } });
  assertEquals(cpuMicros(1_000)(one), 30);
  assertEquals(growthKB(1_024)(one), 10);
  assertEquals(growthKB(1_024)({ ...one, peakMB: 70 }), 0);
  assertEquals(extra("failed")(one), 0);
  assertEquals(extra("other")(one), undefined);
});
