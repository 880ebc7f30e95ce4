import { assertEquals } from "@std/assert";
import { readSummary, RunTotals } from "../../src/journal/run_totals.ts";
import { success } from "../contract/journal.ts";

const OLD = JSON.stringify({
  total: 1,
  ok: 1,
  failed: 0,
  usage: {
    inputTokens: 3,
    cachedInputTokens: 0,
    outputTokens: 2,
    reasoningTokens: 0,
    totalTokens: 5,
  },
  cost: { input: 1, output: 2, total: 3 },
  unpriced: 0,
  byError: {},
  createdAt: 1,
  updatedAt: 1,
});

Deno.test("totals continue those that an earlier version stored", () => {
  const totals = new RunTotals(OLD);
  const usage = { ...success("x", {}).usage, cacheWriteTokens: 7 };
  const cost = { input: 1, output: 0, total: 1, source: "server" } as const;
  totals.addItems(1);
  totals.addOutcome(success("x", { usage, cost }), undefined);
  const summary = readSummary("r", totals.toString());
  assertEquals(summary.usage.cacheWriteTokens, 7);
  assertEquals(summary.cost, { input: 2, output: 2, total: 4, source: "prices" });
});

Deno.test("totals are the server's if all costs are", () => {
  const totals = new RunTotals(undefined);
  const cost = { input: 1, output: 0, total: 1, source: "server" } as const;
  for (const key of ["a", "b"]) totals.addOutcome(success(key, { cost }), undefined);
  assertEquals(readSummary("r", totals.toString()).cost?.source, "server");
});
