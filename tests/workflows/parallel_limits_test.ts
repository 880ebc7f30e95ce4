/** Limits of a parallel workflow: failFast, concurrency, timeout, budget, abort. */
import { batch, configure, defineAgent, defineParallel } from "@shoal/agents";
import { scripted } from "@shoal/agents/testing";
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { delay, echoAgent, fussyAgent, hangingAgent, promptly, rejection } from "../run/helpers.ts";

const quick = echoAgent(0, "quick");
const fussy = fussyAgent(1, "fussy");

Deno.test("failFast aborts requests in flight, and the error states the reason", async () => {
  const { agent, deaf } = hangingAgent();
  const Flow = defineParallel({
    name: "w",
    failFast: true,
    branches: { hanging: agent, quick: quick.agent, fussy: fussy.agent },
  });
  const result = await promptly(Flow.settle({ text: "fail" }));
  assertEquals([deaf.signals.length, deaf.aborted], [1, 1]);
  assertEquals([result.status, result.error?.code], ["error", "provider"]);
  assertEquals([result.errors.hanging?.code, result.errors.fussy?.code], ["aborted", "provider"]);
  assertEquals(result.branches.quick.content, "fail");
  assert(result.error!.message.includes('its branch "fussy" failed'), result.error!.message);
});

Deno.test("failFast does not start further branches", async () => {
  const other = echoAgent(0, "other");
  const Flow = defineParallel({
    name: "w",
    failFast: true,
    concurrency: 1,
    branches: { fussy: fussy.agent, other: other.agent },
  });
  const result = await Flow.settle({ text: "fail" });
  assertEquals([result.status, result.errors.other?.code, other.provider.calls], [
    "error",
    "aborted",
    0,
  ]);
});

Deno.test("optional branches do not trigger failFast; without it all finish", async () => {
  const slow = echoAgent(15, "slow");
  for (const failFast of [true, false]) {
    const Flow = defineParallel({
      name: "w",
      failFast,
      branches: { fussy: { agent: fussy.agent, optional: failFast }, slow: slow.agent },
    });
    const result = await Flow.settle({ text: "fail" });
    assertEquals([result.status, result.branches.slow.content], [
      failFast ? "partial" : "error",
      "fail",
    ]);
  }
});

Deno.test("concurrency limits the branches, and the attempts inside them", async () => {
  const { agent, provider } = echoAgent(4);
  const Many = defineAgent({
    name: "many",
    run: async (params: { text: string }) => {
      await batch([1, 2, 3].map(() => [agent, params] as const));
    },
  });
  const branches = { a: agent, b: Many, c: agent, d: agent };
  assertEquals(
    (await defineParallel({ name: "w", branches }).settle({ text: "x" })).status,
    "success",
  );
  assert(provider.peakInFlight > 2);
  const narrow = echoAgent(4);
  const few = { a: narrow.agent, b: narrow.agent, c: narrow.agent, d: narrow.agent };
  const result = await defineParallel({ name: "w", concurrency: 2, branches: few }).settle({
    text: "x",
  });
  assertEquals([result.status, narrow.provider.peakInFlight, narrow.provider.calls], [
    "success",
    2,
    4,
  ]);
});

Deno.test("timeout ends the workflow and keeps finished branches", async () => {
  const { agent, deaf } = hangingAgent();
  const Flow = defineParallel({
    name: "w",
    timeout: 25,
    branches: { quick: quick.agent, hanging: agent },
  });
  const result = await promptly(Flow.settle({ text: "a" }));
  assertEquals([result.status, result.error?.code, result.errors.hanging?.code], [
    "error",
    "timeout",
    "timeout",
  ]);
  assertEquals([result.branches.quick.content, result.usage.totalTokens, deaf.aborted], [
    "a",
    2,
    1,
  ]);
  const sooner = await promptly(Flow.settle({ text: "a" }, { timeout: 5 }));
  assert(sooner.error!.message.includes("5 ms"), sooner.error!.message);
});

Deno.test("an abort ends the workflow and keeps finished branches", async () => {
  const { agent } = hangingAgent();
  const Flow = defineParallel({ name: "w", branches: { quick: quick.agent, hanging: agent } });
  const controller = new AbortController();
  const running = Flow.settle({ text: "a" }, { signal: controller.signal });
  await delay(5);
  controller.abort();
  const result = await promptly(running);
  assertEquals([result.status, result.error?.code, result.branches.quick.content], [
    "error",
    "aborted",
    "a",
  ]);
  assertEquals([result.attempts.length, result.usage.totalTokens], [2, 2]);

  const calls = quick.provider.calls;
  const never = await Flow.settle({ text: "a" }, { signal: AbortSignal.abort() });
  assertEquals([never.status, never.attempts.length, quick.provider.calls], ["error", 0, calls]);
});

const usage = {
  inputTokens: 1e6,
  cachedInputTokens: 0,
  cacheWriteTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
  totalTokens: 1e6,
};

function dear() {
  const provider = scripted({ text: "x", usage }, { latency: 5 });
  const agent = defineAgent({ name: "dear", model: "dear", prompt: "{t}", provider });
  return { provider, agent };
}

async function withPrice(work: () => Promise<void>): Promise<void> {
  configure({ prices: { dear: { input: 1, output: 1 } } });
  try {
    await work();
  } finally {
    configure({ prices: undefined });
  }
}

Deno.test("a budget rejects attempts that exceed it, and keeps finished branches", () =>
  withPrice(async () => {
    const { agent, provider } = dear();
    const branches = { a: agent, b: agent, c: { agent, optional: true }, d: agent };
    const options = { name: "w", concurrency: 1, branches };
    const result = await defineParallel({ ...options, budget: { cost: 1.5 } }).settle({ t: "" });
    assertEquals([provider.calls, provider.peakInFlight], [2, 1]);
    assertEquals([result.status, result.error?.code], ["error", "budget"]);
    assertEquals([result.branches.a.content, result.branches.b.content], ["x", "x"]);
    assertEquals([result.errors.c?.code, result.errors.d?.code], ["budget", "budget"]);
    assertAlmostEquals(result.cost!.total, 2);
    assert(result.errors.d!.message.includes("1.5 US dollars"));

    const enough = await defineParallel({ ...options, budget: { cost: 5 } }).settle({ t: "" });
    assertEquals([enough.status, enough.cost?.total], ["success", 4]);
    const none = await defineParallel({ ...options, budget: { cost: 0 } }).settle({ t: "" });
    assertEquals([none.status, none.attempts.length, none.cost?.total], ["error", 0, 0]);
  }));

Deno.test("a budget that stops only optional branches makes the status partial", () =>
  withPrice(async () => {
    const { agent } = dear();
    const branches = { a: agent, b: { agent, optional: true } };
    const Flow = defineParallel({ name: "w", concurrency: 1, budget: { cost: 1 }, branches });
    const result = await Flow.call({ t: "" });
    assertEquals([result.status, result.errors.b?.code, result.cost?.total], [
      "partial",
      "budget",
      1,
    ]);
  }));

Deno.test("a budget counts attempts in flight: concurrent branches reserve from it", () =>
  withPrice(async () => {
    const { agent, provider } = dear();
    // From here on, the usage of an answer is known.
    await agent.call({ t: "some words" });
    const branches = { a: agent, b: agent, c: agent, d: agent };
    const Flow = defineParallel({ name: "w", budget: { cost: 3 }, branches });
    const result = await Flow.settle({ t: "some words" });
    assertEquals([provider.calls, provider.peakInFlight], [1 + 3, 3]);
    assertEquals([result.cost?.total, result.errors.d?.code], [3, "budget"]);
  }));

Deno.test("a budget in dollars rejects unknown prices before anything is sent", () =>
  withPrice(async () => {
    const { agent, provider } = dear();
    const budget = { cost: 1 };
    const Unknown = defineAgent({ name: "u", model: "shoal-unpriced", prompt: "{t}", provider });
    const Flow = defineParallel({ name: "w", budget, branches: { a: agent, b: Unknown } });
    const error = await rejection(Flow.call({ t: "" }), TypeError);
    assert(
      error.message.includes('"shoal-unpriced"') && error.message.includes("configure({ prices })"),
    );
    const Known = defineParallel({ name: "w", budget, branches: { a: agent } });
    const other = await rejection(Known.call({ t: "" }, { model: "shoal-unpriced" }), TypeError);
    assert(other.message.includes('"shoal-unpriced"'));
    assertEquals(provider.calls, 0);
  }));
