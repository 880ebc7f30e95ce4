import { assert, assertEquals, assertNotStrictEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import { Latencies, latenciesOf } from "../../src/resilience/latencies.ts";
import { handmade } from "../helpers.ts";

function latenciesWith(values: Iterable<number>): Latencies {
  const latencies = new Latencies();
  for (const value of values) latencies.add(value);
  return latencies;
}
const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1);

Deno.test("Latencies: has no percentile below 20 answers", () => {
  const latencies = latenciesWith(upTo(19));
  assertEquals([latencies.size, latencies.percentile(95)], [19, undefined]);
  latencies.add(20);
  assertEquals([latencies.size, latencies.percentile(95)], [20, 20]);
});

Deno.test("Latencies: keeps the latest 200 answers", () => {
  const latencies = latenciesWith([...upTo(1_000), ...upTo(200).map((n) => n + 5_000)]);
  assertEquals(latencies.size, 200);
  // (200 + 1) × 0.5 = 100.5, × 0.95 = 190.95, × 0.99 = 198.99.
  const percentiles = [50, 95, 99, 99.9].map((p) => latencies.percentile(p));
  assertEquals(percentiles, [5_101, 5_191, 5_199, 5_200]);
});

Deno.test("Latencies: equals sorting the latest 200 answers each time", () => {
  const value = fc.oneof(fc.double({ min: 0, max: 1e9, noNaN: true }), fc.nat(5));
  const values = fc.array(value, { minLength: 20, maxLength: 450, size: "max" });
  fc.assert(
    fc.property(values, fc.double({ min: 50, max: 99.99, noNaN: true }), (values, p) => {
      const latencies = new Latencies();
      for (const [i, value] of values.entries()) {
        latencies.add(value);
        if (i < 19 || i % 7 !== 0) continue;
        const sorted = values.slice(Math.max(0, i - 199), i + 1).sort((a, b) => a - b);
        const rank = Math.min(sorted.length, Math.ceil(p * (sorted.length + 1) / 100));
        assertEquals(latencies.percentile(p), sorted[rank - 1]);
      }
    }),
    { numRuns: 200 },
  );
});

Deno.test("Latencies: ignores values that are no duration", () => {
  const latencies = latenciesWith(upTo(20));
  for (const value of [NaN, -1, Infinity, -Infinity]) latencies.add(value);
  assertEquals([latencies.size, latencies.percentile(99)], [20, 20]);
  latencies.add(0);
  assertEquals(latencies.size, 21);
});

Deno.test("latenciesOf: returns one window per agent, provider, model and kind of answer", () => {
  const [a, b] = [{}, {}];
  const [p, q] = [handmade({}), handmade({})];
  const all = [
    latenciesOf(a, p, "m", false),
    latenciesOf(a, p, "m", true),
    latenciesOf(a, p, "n", false),
    latenciesOf(a, q, "m", false),
    latenciesOf(b, p, "m", false),
  ];
  assertEquals(new Set(all).size, all.length);
  assertStrictEquals(latenciesOf(a, p, "m", true), all[1]);
  assertNotStrictEquals(latenciesOf({}, p, "m", true), all[1]);
});

Deno.test("Latencies: adding and reading cost less than sorting", () => {
  const values = Float64Array.from({ length: 30_000 }, (_, i) => (i * 7919) % 1_000);
  const latencies = latenciesWith(values);
  const timed = (step: (i: number) => number) => {
    const began = performance.now();
    let sum = 0;
    for (let i = 0; i < values.length; i++) sum += step(i);
    assert(sum > 0);
    return performance.now() - began;
  };
  const added = timed((i) => {
    latencies.add(values[i]!);
    return latencies.percentile(95)!;
  });
  // Sorting takes about ten times as long.
  const sorted = timed((i) => values.slice(i % 29_000, i % 29_000 + 200).sort()[190]!);
  assert(added < sorted, `${added} ms against ${sorted} ms`);
});
