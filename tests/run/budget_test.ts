import {
  type Agent,
  batch,
  configure,
  defineAgent,
  defineParallel,
  scope,
  stream,
} from "@shoal/agents";
import type { Provider } from "@shoal/agents";
import { scripted } from "@shoal/agents/testing";
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";

type Echo = Agent<{ x: number }, string>;

/** Each answer uses 10 tokens: 5 input, 5 output. */
const usage = {
  inputTokens: 5,
  cachedInputTokens: 0,
  cacheWriteTokens: 0,
  outputTokens: 5,
  reasoningTokens: 0,
  totalTokens: 10,
};

function echo(provider: Provider, more: Record<string, unknown> = {}): Echo {
  return defineAgent({
    name: "echo",
    model: "priced",
    prompt: "text of twenty: {x}",
    provider,
    retries: 0,
    ...more,
  });
}

function calls(agent: Echo, n: number): [Echo, { x: number }][] {
  return Array.from({ length: n }, (_, x) => [agent, { x }]);
}

/** Runs the work with a price of one dollar per token. */
async function priced(work: () => Promise<void>): Promise<void> {
  configure({ prices: { priced: { input: 1e6, output: 1e6 } } });
  try {
    await work();
  } finally {
    configure({ prices: undefined });
  }
}

Deno.test("budget of calls: is never exceeded; calls beyond it fail with `budget`", async () => {
  const provider = scripted({ text: "ok", usage }, { latency: 2 });
  const results = await batch(calls(echo(provider), 100), {
    concurrency: 100,
    budget: { calls: 30 },
  });
  assertEquals(provider.calls, 30);
  assertEquals(results.filter(({ ok }) => ok).length, 30);
  const refused = results.filter(({ ok }) => !ok);
  assert(refused.every(({ error, attempts }) => error!.code === "budget" && attempts.length === 0));
});

Deno.test("budget of tokens and of dollars: is not exceeded by 1,000 calls in flight", async () => {
  await priced(async () => {
    for (const budget of [{ tokens: 500 }, { cost: 500 }]) {
      const provider = scripted({ text: "ok", usage }, { latency: 2 });
      const A = echo(provider, { maxTokens: 5 });
      const results = await batch(calls(A, 1_000), { concurrency: 1_000, budget });
      const spent = results.reduce((sum, { usage }) => sum + usage.totalTokens, 0);
      assert(spent <= 500, `${spent}`);
      assert(spent >= 480, `what is reserved and not used is given back: ${spent}`);
      assertEquals(
        results.filter(({ error }) => error?.code === "budget").length,
        1_000 - spent / 10,
      );
    }
  });
});

Deno.test("budget: calls in flight finish and count, even above their estimate", async () => {
  const provider = scripted(
    { text: "ok", usage: { ...usage, outputTokens: 95, totalTokens: 100 } },
    { latency: 2 },
  );
  const A = echo(provider, { maxTokens: 5 });
  const results = await batch(calls(A, 20), { concurrency: 3, budget: { tokens: 350 } });
  const spent = results.reduce((sum, { usage }) => sum + usage.totalTokens, 0);
  assertEquals([results.length, spent], [20, provider.calls * 100]);
  assert(provider.calls >= 3 && provider.calls <= 5, `${provider.calls}`);
});

Deno.test("budget of a call: retries and fallbacks count and end with it", async () => {
  const provider = scripted(new Error("down"));
  const A = echo(provider, { retries: { max: 10, base: 0, on: () => true } });
  const result = await A.settle({ x: 1 }, { budget: { calls: 3 } });
  assertEquals([result.error!.code, result.attempts.length, provider.calls], ["budget", 3, 3]);
});

Deno.test("budget of a scope: all calls inside share it; outer budgets apply, too", async () => {
  const provider = scripted({ text: "ok", usage });
  const A = echo(provider);
  const Both = defineAgent({
    name: "both",
    run: async ({ x }: { x: number }) => {
      await A.settle({ x });
      return (await A.settle({ x })).ok;
    },
  });
  const ok: boolean[] = [];
  await scope({ budget: { calls: 5 } }, async () => {
    await scope({ budget: { calls: 100 } }, async () => {
      for (const { ok: one } of await batch(calls(A, 2))) ok.push(one);
    });
    ok.push((await Both.settle({ x: 1 })).content === true);
    ok.push((await A.settle({ x: 1 })).ok, (await A.settle({ x: 1 })).ok);
  });
  assertEquals([provider.calls, ok], [5, [true, true, true, true, false]]);
});

Deno.test("budget of a workflow: concurrent branches do not exceed it", async () => {
  const provider = scripted({ text: "ok", usage }, { latency: 2 });
  const A = echo(provider);
  const branches = { a: A, b: A, c: { agent: A, optional: true }, d: { agent: A, optional: true } };
  const Flow = defineParallel({ name: "flow", branches, budget: { calls: 2 } });
  const { status, errors, usage: spent } = await Flow.call({ x: 1 });
  assertEquals([status, provider.calls, spent.totalTokens], ["partial", 2, 20]);
  assertEquals([errors.c?.code, errors.d?.code], ["budget", "budget"]);
});

Deno.test("budget: an endless stream keeps yielding failures, and can be stopped", async () => {
  const provider = scripted({ text: "ok", usage });
  function* endless(): Generator<[Echo, { x: number }]> {
    for (let x = 0;; x++) yield [echo(provider), { x }];
  }
  let seen = 0;
  for await (const { result } of stream(endless(), { concurrency: 2, budget: { calls: 3 } })) {
    seen++;
    if (result.error?.code === "budget") break;
  }
  assert(provider.calls === 3 && seen <= 5);
});

Deno.test("budget in dollars: rejects unknown prices before anything is sent", async () => {
  const provider = scripted("ok");
  const A = echo(provider, { model: "nobody-knows-this-model" });
  const why = "pass it with configure({ prices })";
  await assertRejects(() => A.call({ x: 1 }, { budget: { cost: 1 } }), TypeError, why);
  await assertRejects(() => batch(calls(A, 3), { budget: { cost: 1 } }), Error, why);
  assertEquals(provider.calls, 0);
  assertEquals((await A.call({ x: 1 }, { budget: { tokens: 10_000 } })).ok, true);
});

Deno.test("budget: rejects invalid values at once", async () => {
  const A = echo(scripted("ok"));
  for (
    const [budget, kind] of [
      [{}, TypeError],
      [5, TypeError],
      [{ dollars: 5 }, TypeError],
      [{ cost: -1 }, RangeError],
      [{ calls: 1.5 }, RangeError],
      [{ tokens: NaN }, RangeError],
    ] as const
  ) {
    await assertRejects(() => A.call({ x: 1 }, { budget } as never), kind);
    await assertRejects(() => batch(calls(A, 1), { budget } as never), kind);
    await assertRejects(() => scope({ budget } as never, () => {}), kind);
    assertThrows(() => defineParallel({ name: "f", branches: { A }, budget } as never), kind);
  }
});
