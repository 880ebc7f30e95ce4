import { assertAlmostEquals, assertEquals, assertMatch } from "@std/assert";
import fc from "fast-check";
import type { Result } from "@shoal/agents";
import { estimateRun, estimateTotal, type Pace } from "../../src/cli/run/estimate.ts";
import { ReservoirSample } from "../../src/cli/run/reservoir_sample.ts";
import { AGENTS, place, rowsOf } from "./helpers.ts";

Deno.test("a pilot estimates the cost and asks, and its rows are not sent again", async () => {
  await using here = await place();
  await here.write("in.jsonl", rowsOf(500) + "{broken\n");
  const args = ["run", `${AGENTS}#Sentiment`, "-i", "in.jsonl", "-o", "o.jsonl", "--pilot", "50"];
  const piloted = await here.shoal(args);
  assertEquals([piloted.code, piloted.out, here.server.stats.requests], [5, "", 50]);
  assertMatch(piloted.err, /pilot: 50 of 500 rows/);
  assertMatch(
    piloted.err,
    /all rows: about \$[\d.]+ \(\$[\d.]+ to \$[\d.]+, 95 %\), about [\d,]+ \(/,
  );
  assertMatch(piloted.err, /--yes continues/);
  // The sample is spread over the input, not taken from its start.
  const last = Math.max(
    ...[...here.requestCounts.keys()].map((text) => Number(text.split(" ").at(-1))),
  );
  assertEquals(last > 300, true);
  const before = new Set(here.requestCounts.keys());
  const all = await here.shoal([...args, "--yes", "--resume", "-q"]);
  assertEquals(all.code, 1);
  assertEquals((await here.rows("o.jsonl")).length, 500);
  assertEquals([...before].every((text) => here.requestCounts.get(text) === 1), true);
});

Deno.test("a pilot sends nothing if a row lacks the --key column", async () => {
  await using here = await place();
  await here.write("in.jsonl", rowsOf(20) + '{"text":"row 20"}\n');
  const args = ["-i", "in.jsonl", "-o", "o.jsonl", "--pilot", "50", "--key", "id"];
  const output = await here.shoal(["run", `${AGENTS}#Sentiment`, ...args]);
  assertEquals([output.code, here.server.stats.requests], [2, 0], output.err);
  assertMatch(output.err, /Cannot run line 21 as it has no "id", which is the --key/);
});

Deno.test("a pilot's estimate includes rate limits that it did not reach itself", async () => {
  await using here = await place({ respond: () => "yes" });
  await here.write("in.jsonl", rowsOf(20_000));
  const pilot = async (...limits: string[]) => {
    const args = ["-i", "in.jsonl", "-o", "o.jsonl", "--pilot", "30", "-c", "1000", "--fresh"];
    const output = await here.shoal(["run", `${AGENTS}#Sentiment`, ...args, ...limits]);
    assertEquals(output.code, 5, output.err);
    return output.err;
  };
  // 20,000 requests at 6,000 a minute are 200 seconds.
  assertMatch(
    await pilot("--rpm", "6000"),
    /about 3 m 20 s \(3 m 20 s to 3 m 20 s, 95 %\), limited by --rpm/,
  );
  assertMatch(await pilot("--tpm", "100k", "--rpm", "6000"), /, about \d+ m \d+ s .*by --tpm/);
  assertEquals((await pilot()).includes("limited by"), false);
});

Deno.test("estimates the duration from the calls or from the limits, whichever is longer", () => {
  const row = (i: number, limitedMs: number) =>
    ({
      ok: true,
      durationMs: 1_000 + limitedMs,
      timing: { limitedMs, limitedBy: "requests" },
      attempts: Array(i % 2 + 1).fill({}),
      usage: { totalTokens: 100 },
    }) as unknown as Result;
  const rows = Array.from({ length: 100 }, (_, i) => row(i, i * 10));
  const of = (pace: Partial<Pace>) =>
    estimateRun(rows, 10_000, { concurrency: 100, wallMs: 2_000, ...pace });
  // Without limits of the run, the server causes the waits.
  assertEquals(of({}).ms.mean, 149_500);
  // 10,000 seconds of work, 100 at once, with 1.5 requests per row.
  const fast = of({ rpm: 1e6 });
  assertEquals([fast.ms.mean, fast.limitedBy], [100_000, undefined]);
  const slow = of({ rpm: 1_500 });
  assertEquals([slow.ms.mean, slow.limitedBy], [600_000, "--rpm"]);
  assertEquals(slow.ms.low > 500_000 && slow.ms.low < 600_000, true);
  assertEquals(slow.ms.high < 700_000 && slow.ms.high > 600_000, true);
  const tokens = of({ rpm: 1_500, tpm: 50_000 });
  assertEquals([tokens.ms.mean, tokens.limitedBy], [1_200_000, "--tpm"]);
});

Deno.test("rejects a pilot with the standard input", async () => {
  await using here = await place();
  const output = await here.shoal(["run", `${AGENTS}#Sentiment`, "--pilot", "5"], {
    stdin: rowsOf(9),
  });
  assertEquals([output.code, here.server.stats.requests], [2, 0]);
});

Deno.test("computes Student's interval with the finite population correction", () => {
  const { low, mean, high } = estimateTotal([1, 2, 3, 4, 5], 1_000_000);
  assertEquals(mean, 3_000_000);
  // t(4) = 2.776, s = 1.5811, n = 5
  assertAlmostEquals((high - mean) / 1e6, 2.776 * 1.5811 / Math.sqrt(5), 0.01);
  assertAlmostEquals(mean - low, high - mean, 1e-3);
  // A sample of all values is exact.
  assertEquals(estimateTotal([1, 2, 3], 3), { low: 6, mean: 6, high: 6 });
});

Deno.test("the interval contains the true sum in about 95 of 100 cases", () => {
  let held = 0;
  for (let i = 0; i < 400; i++) {
    const whole = Array.from({ length: 2_000 }, () => -Math.log(Math.random()));
    const sample = new ReservoirSample<number>(50);
    for (const value of whole) sample.add(value);
    const sum = whole.reduce((a, b) => a + b, 0);
    const { low, high } = estimateTotal(sample.items, whole.length);
    if (low <= sum && sum <= high) held++;
  }
  assertEquals(held > 340, true, `${held} of 400`);
});

Deno.test("a sample holds at most its size of the added items", () => {
  fc.assert(fc.property(fc.nat(30), fc.array(fc.nat()), (size, items) => {
    const sample = new ReservoirSample<number>(size);
    for (const item of items) sample.add(item);
    assertEquals(sample.items.length, Math.min(size, items.length));
    assertEquals(sample.items.every((item) => items.includes(item)), true);
  }));
});
