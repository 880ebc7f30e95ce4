import {
  batch,
  configure,
  defineAgent,
  type Result,
  RunError,
  stream,
  summarize,
} from "@shoal/agents";
import { scripted } from "@shoal/agents/testing";
import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { percentiles } from "../../src/run/percentiles.ts";
import { echoAgent, fussyAgent, rejection } from "./helpers.ts";

const usage = {
  inputTokens: 10,
  cachedInputTokens: 4,
  cacheWriteTokens: 0,
  outputTokens: 5,
  reasoningTokens: 1,
  totalTokens: 15,
};

Deno.test("summarize of no results is all zeros, without a cost", () => {
  const { cost, byModel, byError, ...numbers } = summarize([]);
  assertEquals([cost, byModel, byError], [undefined, {}, {}]);
  assertEquals([numbers.total, numbers.ok, numbers.failed, numbers.wallMs, numbers.unpriced], [
    0,
    0,
    0,
    0,
    0,
  ]);
  assertEquals(numbers.durationMs, { p50: 0, p95: 0, p99: 0, max: 0 });
});

Deno.test("summarize counts results, attempts, tokens and cost, by model and error", async () => {
  configure({ prices: { "priced": { input: 1, output: 2 } } });
  try {
    const provider = scripted({ text: "x", usage });
    const Priced = defineAgent({ name: "a", model: "priced", prompt: "{t}", provider });
    const Free = defineAgent({ name: "b", model: "shoal-unpriced", prompt: "{t}", provider });
    const Made = defineAgent({
      name: "c",
      run: async () => (await Priced.call({ t: "" })).content,
    });
    const Fails = fussyAgent().agent;
    const gone = { signal: AbortSignal.abort() };
    const results = await batch([
      [Priced, { t: "" }],
      [Free, { t: "" }],
      [Made, {}],
      [Fails, { text: "fail" }],
      [Priced, { t: "" }, gone],
      [Priced, { t: "" }, gone],
    ]);
    const summary = summarize(results);
    assertEquals([summary.total, summary.ok, summary.failed, summary.attempts], [6, 3, 3, 4]);
    assertEquals([summary.cached, summary.replayed, summary.unpriced], [0, 0, 1]);
    assertEquals(summary.usage, {
      inputTokens: 30,
      cachedInputTokens: 12,
      cacheWriteTokens: 0,
      outputTokens: 15,
      reasoningTokens: 3,
      totalTokens: 45,
    });
    assertAlmostEquals(summary.cost!.total, 2 * 20e-6, 1e-12);
    assertAlmostEquals(summary.cost!.input + summary.cost!.output, summary.cost!.total, 1e-12);
    assertEquals(summary.byError, { provider: 1, aborted: 2 });
    assertEquals(Object.keys(summary.byModel).toSorted(), [
      "m",
      "none",
      "priced",
      "shoal-unpriced",
    ]);
    assertEquals([summary.byModel.priced!.total, summary.byModel.priced!.failed], [3, 2]);
    assertEquals(summary.byModel["shoal-unpriced"]!.cost, undefined);
    assertEquals(summary.byModel.none!.usage.totalTokens, 15);
    assert(summary.wallMs >= summary.durationMs.max - 2 && summary.durationMs.p50 >= 0);
  } finally {
    configure({ prices: undefined });
  }
});

Deno.test("summarize accepts the items of a stream, and any iterable", async () => {
  const { agent } = echoAgent();
  const items = [];
  for await (const item of stream([[agent, { text: "1234" }], [agent, { text: "1234" }]])) {
    items.push(item);
  }
  const summary = summarize(items);
  assertEquals([summary.total, summary.usage.totalTokens], [2, 4]);
  assertEquals(summarize(new Set(items.map(({ result }) => result))).total, 2);
});

Deno.test("summarize skips missing results of a batch that ended early", async () => {
  const { agent, provider } = echoAgent(() => provider.calls === 2 ? 60_000 : 0);
  const calls = ["a", "b", "c"].map((text) => [agent, { text }] as const);
  const error = await rejection(
    batch(calls, {
      concurrency: 2,
      onResult: (_, index) => {
        if (index === 2) throw new Error("stop");
      },
    }),
    RunError,
  );
  assertEquals(error.results.map((result: Result | undefined) => result?.content), ["a", , "c"]);
  assertEquals(summarize(error.results).total, 2);
});

Deno.test("summarize rejects a value that is not a result", () => {
  const { ok } = { ok: true };
  for (
    const wrong of [
      1,
      "x",
      null,
      {},
      { ok },
      { result: 1 },
      { ok, value: 1 },
      { ok: false, error: 1 },
      [],
      () => {},
    ]
  ) {
    // deno-lint-ignore no-explicit-any
    assertThrows(() => summarize([wrong as any]), TypeError, "each item must be a result");
  }
});

Deno.test("percentiles uses the nearest-rank method", () => {
  assertEquals(percentiles([5]), { p50: 5, p95: 5, p99: 5, max: 5 });
  assertEquals(percentiles([4, 1, 3, 2]), { p50: 2, p95: 4, p99: 4, max: 4 });
  const hundred = Array.from({ length: 100 }, (_, i) => 100 - i);
  assertEquals(percentiles(hundred), { p50: 50, p95: 95, p99: 99, max: 100 });
  fc.assert(fc.property(fc.array(fc.nat(1e6), { minLength: 1 }), (values) => {
    const { p50, p95, p99, max } = percentiles(values);
    assert(p50 <= p95 && p95 <= p99 && p99 <= max && max === Math.max(...values));
    for (const [share, value] of [[0.5, p50], [0.95, p95], [0.99, p99]] as const) {
      assert(values.includes(value));
      assert(values.filter((one) => one <= value).length >= share * values.length);
      assert(values.filter((one) => one < value).length < share * values.length);
    }
  }));
});
