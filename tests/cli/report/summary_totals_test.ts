import { assertEquals } from "@std/assert";
import { batch, defineAgent, type Result, summarize } from "@shoal/agents";
import { simulator } from "@shoal/agents/testing";
import { openai } from "@shoal/agents/openai";
import { SummaryTotals } from "../../../src/cli/report/summary_totals.ts";

/** Returns results of two models, of which some failed. */
async function someResults(count: number): Promise<readonly Result[]> {
  await using server = simulator({
    script: ({ index }) => index % 7 === 0 ? "error400" : undefined,
  });
  await using provider = openai({ baseURL: server.url });
  const agent = defineAgent({ name: "a", prompt: "{text}", retries: 0, provider });
  const models = ["gpt-5-mini", "gpt-5-nano", "unknown-model"];
  return await batch(
    Array.from(
      { length: count },
      (_, i) => [agent, { text: `row ${i}` }, { model: models[i % 3]! }] as const,
    ),
    { concurrency: 50 },
  );
}

const round = (value: unknown) =>
  JSON.parse(
    JSON.stringify(value, (_, one) => typeof one === "number" ? +one.toPrecision(9) : one),
  );

Deno.test("sums up many results as summarize() does", async () => {
  const results = await someResults(2_300);
  const totals = new SummaryTotals();
  for (const result of results) totals.add(result);
  const { wallMs, ...expected } = summarize(results);
  const { wallMs: given, ...summary } = totals.summary(results, wallMs);
  assertEquals([round(summary), given], [round(expected), wallMs]);
});

Deno.test("sums up nothing, and counts what unfinished items have used", async () => {
  const none = new SummaryTotals().summary([], 0);
  assertEquals(round(none), round(summarize([])));
  const results = await someResults(9);
  const totals = new SummaryTotals();
  for (const result of results) totals.addSpending(result);
  const { total, ok, failed, byError, attempts, usage, cost } = totals.summary([], 0);
  const expected = summarize(results);
  assertEquals([total, ok, failed, byError], [0, 0, 0, {}]);
  assertEquals([attempts, usage, cost], [expected.attempts, expected.usage, expected.cost]);
});
