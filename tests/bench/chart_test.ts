import { assertAlmostEquals, assertEquals, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { logScale, renderChart } from "../../bench/report/chart.ts";

Deno.test("logScale: spans from the first to the last tick", () => {
  const { at, ticks } = logScale([10, 100, 10_000], 0, 300);
  assertEquals(ticks, [10, 100, 1_000, 10_000]);
  assertEquals([at(10), at(10_000)], [0, 300]);
  assertAlmostEquals(at(1_000), 200);
});

Deno.test("logScale: has ticks at 2 and 5 for up to two decades", () => {
  assertEquals(logScale([1.01, 6], 0, 1).ticks, [1, 2, 5, 10]);
  assertEquals(logScale([3], 0, 1).ticks, [2, 5]);
  assertEquals(logScale([9999999.99999999], 0, 1).ticks, [5e6, 1e7]);
});

Deno.test("logScale: every value is within the axis", () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 1e-3, max: 1e7, noNaN: true }), { minLength: 1 }),
      (values) => {
        const { at } = logScale(values, 100, 0);
        return values.every((value) => at(value) >= -1e-6 && at(value) <= 100 + 1e-6);
      },
    ),
  );
});

Deno.test("renderChart: escapes titles and names", () => {
  const svg = renderChart({
    name: "n",
    title: "a < b & c",
    x: "x",
    bars: [{ name: "<b>", value: 1 }],
  });
  assertStringIncludes(svg, "<title>a &lt; b &amp; c</title>");
  assertEquals(svg.includes("<b>"), false);
});

Deno.test("renderChart: draws each point of a line, and nothing without points", () => {
  const chart = { name: "n", title: "t", x: "x", y: "y" };
  const svg = renderChart({
    ...chart,
    series: [{ name: "s", points: [[1, 2], [10, 20], [100, 5]] }],
  });
  assertEquals(svg.match(/<circle/g)?.length, 4); // three points and one in the legend
  assertEquals(renderChart({ ...chart, series: [] }).includes("NaN"), false);
});
