import { assertAlmostEquals, assertEquals, assertMatch } from "@std/assert";
import fc from "fast-check";
import { intervalOf } from "../../src/cli/estimate.ts";
import { Sample } from "../../src/cli/sample.ts";
import { AGENTS, place, rowsOf } from "./helpers.ts";

Deno.test("a pilot tells what all will cost, asks, and its rows are not asked again", async () => {
  await using here = await place();
  await here.write("in.jsonl", rowsOf(500) + "{broken\n");
  const args = ["run", `${AGENTS}#Sentiment`, "-i", "in.jsonl", "-o", "o.jsonl", "--pilot", "50"];
  const asked = await here.shoal(args);
  assertEquals([asked.code, asked.out, here.server.stats.requests], [5, "", 50]);
  assertMatch(asked.err, /pilot: 50 of 500 rows/);
  assertMatch(
    asked.err,
    /all rows: about \$[\d.]+ \(\$[\d.]+ to \$[\d.]+, 95 %\), about [\d,]+ \(/,
  );
  assertMatch(asked.err, /--yes goes on/);
  // Spread over the input, not its beginning.
  const last = Math.max(...[...here.asked.keys()].map((text) => Number(text.split(" ").at(-1))));
  assertEquals(last > 300, true);
  const before = new Set(here.asked.keys());
  const all = await here.shoal([...args, "--yes", "--resume", "-q"]);
  assertEquals(all.code, 1);
  assertEquals((await here.rows("o.jsonl")).length, 500);
  assertEquals([...before].every((text) => here.asked.get(text) === 1), true);
});

Deno.test("what can be read only once has no pilot", async () => {
  await using here = await place();
  const said = await here.shoal(["run", `${AGENTS}#Sentiment`, "--pilot", "5"], {
    stdin: rowsOf(9),
  });
  assertEquals([said.code, here.server.stats.requests], [2, 0]);
});

Deno.test("the interval: Student's, with the correction for small wholes", () => {
  const { low, mean, high } = intervalOf([1, 2, 3, 4, 5], 1_000_000);
  assertEquals(mean, 3_000_000);
  // t(4) = 2.776, s = 1.5811, n = 5
  assertAlmostEquals((high - mean) / 1e6, 2.776 * 1.5811 / Math.sqrt(5), 0.01);
  assertAlmostEquals(mean - low, high - mean, 1e-3);
  // Who has seen all knows it.
  assertEquals(intervalOf([1, 2, 3], 3), { low: 6, mean: 6, high: 6 });
});

Deno.test("the interval holds the truth about 95 times of 100", () => {
  let held = 0;
  for (let i = 0; i < 400; i++) {
    const whole = Array.from({ length: 2_000 }, () => -Math.log(Math.random()));
    const sample = new Sample<number>(50);
    for (const value of whole) sample.see(value);
    const sum = whole.reduce((a, b) => a + b, 0);
    const { low, high } = intervalOf(sample.items, whole.length);
    if (low <= sum && sum <= high) held++;
  }
  assertEquals(held > 340, true, `${held} of 400`);
});

Deno.test("a sample is never larger than it may be, and holds what was seen", () => {
  fc.assert(fc.property(fc.nat(30), fc.array(fc.nat()), (size, items) => {
    const sample = new Sample<number>(size);
    for (const item of items) sample.see(item);
    assertEquals(sample.items.length, Math.min(size, items.length));
    assertEquals(sample.items.every((item) => items.includes(item)), true);
  }));
});
