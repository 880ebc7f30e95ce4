/** What a workflow limits: failFast, concurrency, timeout, maxCost, abort. */
import { batch, configure, defineAgent, defineParallel } from "@shoal/agents";
import { scripted } from "@shoal/agents/testing";
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { delay, echoAgent, fussyAgent, hangingAgent, promptly, rejection } from "../run/helpers.ts";

const quick = echoAgent(0, "quick");
const fussy = fussyAgent(1, "fussy");

Deno.test("failFast aborts what is in flight: the provider sees the abort, the error tells the reason", async () => {
  const { agent, deaf } = hangingAgent();
  const Flow = defineParallel({
    name: "w",
    failFast: true,
    branches: { hanging: agent, quick: quick.agent, fussy: fussy.agent },
  });
  const result = await promptly(Flow.call({ text: "fail" }));
  assertEquals([deaf.signals.length, deaf.aborted], [1, 1]);
  assertEquals([result.status, result.error?.code], ["error", "provider"]);
  assertEquals([result.errors.hanging?.code, result.errors.fussy?.code], ["aborted", "provider"]);
  assertEquals(result.branches.quick.content, "fail");
  assert(result.error!.message.includes('its branch "fussy" failed'), result.error!.message);
});

Deno.test("failFast does not begin what has not begun", async () => {
  const other = echoAgent(0, "other");
  const Flow = defineParallel({
    name: "w",
    failFast: true,
    concurrency: 1,
    branches: { fussy: fussy.agent, other: other.agent },
  });
  const result = await Flow.call({ text: "fail" });
  assertEquals([result.status, result.errors.other?.code, other.provider.calls], [
    "error",
    "aborted",
    0,
  ]);
});

Deno.test("an optional branch does not trigger failFast, and without failFast all branches end", async () => {
  const slow = echoAgent(15, "slow");
  for (const failFast of [true, false]) {
    const Flow = defineParallel({
      name: "w",
      failFast,
      branches: { fussy: { agent: fussy.agent, optional: failFast }, slow: slow.agent },
    });
    const result = await Flow.call({ text: "fail" });
    assertEquals([result.status, result.content.slow], [failFast ? "partial" : "error", "fail"]);
  }
});

Deno.test("concurrency limits the branches, and the attempts of what is in them", async () => {
  const { agent, provider } = echoAgent(4);
  const Many = defineAgent({
    name: "many",
    run: async (params: { text: string }) => {
      await batch([1, 2, 3].map(() => [agent, params] as const));
    },
  });
  const branches = { a: agent, b: Many, c: agent, d: agent };
  assertEquals(
    (await defineParallel({ name: "w", branches }).call({ text: "x" })).status,
    "success",
  );
  assert(provider.peakInFlight > 2);
  const narrow = echoAgent(4);
  const few = { a: narrow.agent, b: narrow.agent, c: narrow.agent, d: narrow.agent };
  const result = await defineParallel({ name: "w", concurrency: 2, branches: few }).call({
    text: "x",
  });
  assertEquals([result.status, narrow.provider.peakInFlight, narrow.provider.calls], [
    "success",
    2,
    4,
  ]);
});

Deno.test("timeout ends the workflow, with what was answered until then", async () => {
  const { agent, deaf } = hangingAgent();
  const Flow = defineParallel({
    name: "w",
    timeout: 25,
    branches: { quick: quick.agent, hanging: agent },
  });
  const result = await promptly(Flow.call({ text: "a" }));
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
  const sooner = await promptly(Flow.call({ text: "a" }, { timeout: 5 }));
  assert(sooner.error!.message.includes("5 ms"), sooner.error!.message);
});

Deno.test("an abort ends the workflow and keeps the branches that were paid", async () => {
  const { agent } = hangingAgent();
  const Flow = defineParallel({ name: "w", branches: { quick: quick.agent, hanging: agent } });
  const controller = new AbortController();
  const running = Flow.call({ text: "a" }, { signal: controller.signal });
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
  const never = await Flow.call({ text: "a" }, { signal: AbortSignal.abort() });
  assertEquals([never.status, never.attempts.length, quick.provider.calls], ["error", 0, calls]);
});

const usage = {
  inputTokens: 1e6,
  cachedInputTokens: 0,
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

Deno.test("maxCost begins no further branch once it is spent, and keeps what was paid", () =>
  withPrice(async () => {
    const { agent, provider } = dear();
    const branches = { a: agent, b: agent, c: { agent, optional: true }, d: agent };
    const result = await defineParallel({ name: "w", maxCost: 1.5, branches }).call({ t: "" });
    assertEquals([provider.calls, provider.peakInFlight], [2, 1]);
    assertEquals([result.status, result.error?.code], ["error", "budget"]);
    assertEquals([result.branches.a.content, result.branches.b.content], ["x", "x"]);
    assertEquals([result.errors.c?.code, result.errors.d?.code], ["budget", "budget"]);
    assertAlmostEquals(result.cost!.total, 2);
    assert(result.errors.d!.message.includes("1.5 US dollars"));

    const enough = await defineParallel({ name: "w", maxCost: 5, branches }).call({ t: "" });
    assertEquals([enough.status, enough.cost?.total], ["success", 4]);
    const none = await defineParallel({ name: "w", maxCost: 0, branches }).call({ t: "" });
    assertEquals([none.status, none.attempts.length, none.cost?.total], ["error", 0, 0]);
  }));

Deno.test("maxCost with optional branches left out is partial, not success", () =>
  withPrice(async () => {
    const { agent } = dear();
    const branches = { a: agent, b: { agent, optional: true } };
    const result = await defineParallel({ name: "w", maxCost: 1, branches }).call({ t: "" });
    assertEquals([result.status, result.errors.b?.code, result.cost?.total], [
      "partial",
      "budget",
      1,
    ]);
  }));

Deno.test("maxCost lets what is in flight finish, and counts it", () =>
  withPrice(async () => {
    const { agent, provider } = dear();
    const branches = { a: agent, b: agent, c: agent, d: agent };
    const Flow = defineParallel({ name: "w", maxCost: 1, concurrency: 3, branches });
    const result = await Flow.call({ t: "" });
    assertEquals([provider.calls, result.cost?.total, result.errors.d?.code], [3, 3, "budget"]);
  }));

Deno.test("maxCost is refused where a price is not known, with advice, before anything is sent", () =>
  withPrice(async () => {
    const { agent, provider } = dear();
    const Unknown = defineAgent({ name: "u", model: "shoal-unpriced", prompt: "{t}", provider });
    const Flow = defineParallel({ name: "w", maxCost: 1, branches: { a: agent, b: Unknown } });
    const error = await rejection(Flow.call({ t: "" }), TypeError);
    assert(
      error.message.includes('"shoal-unpriced"') && error.message.includes("configure({ prices })"),
    );
    const Known = defineParallel({ name: "w", maxCost: 1, branches: { a: agent } });
    const other = await rejection(Known.call({ t: "" }, { model: "shoal-unpriced" }), TypeError);
    assert(other.message.includes('"shoal-unpriced"'));
    assertEquals(provider.calls, 0);
  }));
