/** Budgets of calls, runs, scopes and workflows, with answers much longer than assumed. */
import {
  type Agent,
  batch,
  defineAgent,
  defineParallel,
  defineTool,
  each,
  type Result,
  scope,
} from "@shoal/agents";
import { scripted } from "@shoal/agents/testing";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { configured, fakeTime, handmade, reply, used } from "../helpers.ts";

const PRICES = { m: { input: 1, output: 10 } };
/** The price of an answer, in US dollars. */
const ANSWER = (5 + 5_000 * 10) / 1e6;
const prompt = "twenty characters {x}"; // five tokens, with an x of one character

type Asked = Agent<{ x: number }, string>;

function longAnswers(more: Record<string, unknown> = {}) {
  const provider = scripted({ text: "ok", usage: used(5, 5_000) }, { latency: 1 });
  const agent: Asked = defineAgent({
    name: "long",
    model: "m",
    prompt,
    provider,
    retries: 0,
    ...more,
  });
  return { provider, agent };
}

const costOf = (results: readonly Result[]) =>
  results.reduce((sum, { cost }) => sum + (cost?.total ?? 0), 0);

/** Each makes 100 calls at once with a budget of a dollar, and returns their results. */
const FACES: Readonly<Record<string, (agent: Asked) => Promise<readonly Result[]>>> = {
  "a run": (agent) =>
    batch(Array.from({ length: 100 }, (_, x) => [agent, { x }] as const), {
      concurrency: 100,
      budget: { cost: 1 },
    }),
  "a scope": (agent) =>
    scope(
      { budget: { cost: 1 } },
      () => Promise.all(Array.from({ length: 100 }, (_, x) => agent.settle({ x }))),
    ),
  "each": (agent) =>
    each(Array.from({ length: 100 }, (_, x) => x), (x) => agent.settle({ x }), {
      concurrency: 100,
      budget: { cost: 1 },
    }),
  "a call": async (agent) => {
    const All = defineAgent({
      name: "all",
      run: () => Promise.all(Array.from({ length: 100 }, (_, x) => agent.settle({ x }))),
    });
    return (await All.call({}, { budget: { cost: 1 } })).content;
  },
  "a workflow": async (agent) => {
    const branches = Object.fromEntries(
      Array.from({ length: 100 }, (_, i) => [`b${i}`, { agent, optional: true }]),
    );
    const Flow = defineParallel({ name: "flow", branches, budget: { cost: 1 } });
    return Object.values((await Flow.settle({ x: 1 })).branches) as Result[];
  },
};

for (const [name, run] of Object.entries(FACES)) {
  Deno.test(`budget of ${name}: long answers do not exceed it`, async () => {
    using _ = configured({ prices: PRICES });
    for (const maxTokens of [undefined, 6_000]) {
      const { agent, provider } = longAnswers({ maxTokens });
      const results = await run(agent);
      const cost = costOf(results);
      assert(cost <= 1, `${cost} with ${maxTokens}`);
      assert(cost >= 1 - 2 * ANSWER, `only ${cost} with ${maxTokens}`);
      assertEquals(results.filter(({ ok }) => ok).length, provider.calls);
      assertEquals(
        results.filter(({ error }) => error?.code === "budget").length,
        100 - provider.calls,
      );
    }
  });
}

Deno.test("budget: retries, repairs, tool rounds and fallbacks each reserve", async () => {
  using _ = configured({ prices: PRICES });
  const lookup = defineTool({
    name: "lookup",
    description: "Looks a word up",
    input: { type: "object", properties: {} },
    run: () => "found",
  });
  const usage = used(5, 5_000);
  const variants = {
    tools: defineAgent({
      name: "tools",
      model: "m",
      prompt,
      maxTokens: 6_000,
      maxSteps: 100,
      tools: [lookup],
      provider: scripted({ text: "", toolCalls: [{ id: "1", name: "lookup", args: "{}" }], usage }),
    }),
    repair: defineAgent({
      name: "repair",
      model: "m",
      prompt,
      maxTokens: 6_000,
      repair: { max: 50 },
      output: { type: "object", properties: { a: { type: "string" } }, required: ["a"] },
      provider: scripted({ text: "no json", usage }),
    }),
    fallback: defineAgent({
      name: "fallback",
      model: "m",
      prompt,
      maxTokens: 6_000,
      repair: 0,
      output: { type: "object", properties: { a: { type: "string" } }, required: ["a"] },
      fallbackModels: Array.from({ length: 50 }, (_, i) => `f${i}`),
      provider: scripted({ text: "no json", usage }),
    }),
  };
  const prices = Object.fromEntries(
    Array.from({ length: 50 }, (_, i) => [`f${i}`, PRICES.m] as const),
  );
  using __ = configured({ prices: { ...PRICES, ...prices } });
  for (const [name, agent] of Object.entries(variants)) {
    const result = await agent.settle({ x: 1 }, { budget: { cost: 0.5 } });
    assert(!result.ok, name);
    assert(result.attempts.length >= 7, `${name}: ${result.attempts.length} attempts`);
    assert(result.cost!.total <= 0.5, `${name}: ${result.cost!.total}`);
  }
});

Deno.test("budget: both requests of a hedged pair reserve and are charged", async () => {
  using time = fakeTime();
  using _ = configured({ prices: PRICES });
  const provider = scripted({ text: "ok", usage: used(5, 5_000) }, { latency: 100 });
  const A: Asked = defineAgent({
    name: "hedged",
    model: "m",
    prompt,
    provider,
    maxTokens: 6_000,
    hedge: { after: 50 },
  });
  const calls = Array.from({ length: 40 }, (_, x) => [A, { x }] as const);
  const run = batch(calls, { concurrency: 40, budget: { cost: 1 } });
  for (let i = 0; i < 100; i++) await time.tick(50);
  const cost = costOf(await run);
  assert(cost > 0.8 && cost <= 1, `${cost}`);
});

Deno.test("budget: a call that can never fit reports which maxTokens would", async () => {
  using _ = configured({ prices: PRICES });
  const { agent, provider } = longAnswers({ maxTokens: 6_000 });
  const byTokens = await agent.settle({ x: 1 }, { budget: { tokens: 1_000 } });
  assertEquals([byTokens.error!.code, provider.calls], ["budget", 0]);
  const fitting = Number(/maxTokens: (\d+) would fit/.exec(byTokens.error!.message)![1]);
  assert(fitting > 950 && fitting <= 995, byTokens.error!.message);
  assertStringIncludes(byTokens.error!.message, "the budget of 1000 tokens is too small");
  const fits = await agent.settle({ x: 1 }, { budget: { tokens: 1_000 }, maxTokens: fitting });
  assertEquals([fits.ok, provider.calls], [true, 1]);
  const other = longAnswers({ maxTokens: 3_000 }).agent;
  const byCost = await other.settle({ x: 1 }, { budget: { cost: 0.02 } });
  assertStringIncludes(byCost.error!.message, "maxTokens: 199");
  // Nothing fits: no advice.
  const none = await agent.settle({ x: 1 }, { budget: { tokens: 3 } });
  assert(!none.error!.message.includes("would fit"), none.error!.message);
});

Deno.test("budget: a first call is not rejected for a length that is only assumed", async () => {
  const { agent } = longAnswers();
  const result = await agent.settle({ x: 1 }, { budget: { tokens: 6_000 } });
  assertEquals([result.ok, result.usage.totalTokens], [true, 5_005]);
});

Deno.test("budget: a limit in extra counts as maxTokens", async () => {
  for (const name of ["max_tokens", "max_completion_tokens", "max_output_tokens"]) {
    const { agent, provider } = longAnswers({ extra: { [name]: 6_000 } });
    const calls = Array.from({ length: 50 }, (_, x) => [agent, { x }] as const);
    await batch(calls, { concurrency: 50, budget: { tokens: 20_000 } });
    assertEquals(provider.calls, 3, name);
  }
});

Deno.test("budget: texts in other languages are not underestimated", async () => {
  // About a token for each character.
  const provider = scripted(({ messages }) => {
    const inputTokens = (messages[0]!.content as string).length;
    return { text: "ok", usage: used(inputTokens, 10) };
  }, { latency: 1 });
  const A = defineAgent({ name: "a", model: "m", prompt: "{text}", provider, maxTokens: 10 });
  const text = "每次调用都要花钱".repeat(50);
  const calls = Array.from({ length: 200 }, () => [A, { text }] as const);
  const results = await batch(calls, { concurrency: 200, budget: { tokens: 20_000 } });
  const spent = results.reduce((sum, { usage }) => sum + usage.totalTokens, 0);
  assert(spent <= 20_000 && spent > 18_000, `${spent}`);
});

Deno.test("budget: holds for dense texts such as code and Base64", async () => {
  const texts = {
    code: ["if(a[0]!=b[1]){c+=d*2;}\n".repeat(40), 0.6],
    base64: ["aGVsbG8gd29ybGQsIHRoaXM".repeat(40), 0.65],
    ids: ["9f86d081-884c-7d65-9a2f-eaa0c55ad015 ".repeat(30), 0.6],
    numbers: ["31415926,5358979;".repeat(40), 0.9],
  } as const;
  for (const [name, [text, perCharacter]] of Object.entries(texts)) {
    const inputTokens = Math.ceil(text.length * perCharacter);
    const provider = scripted({ text: "ok", usage: used(inputTokens, 10) }, { latency: 1 });
    const A = defineAgent({ name: "a", model: "m", prompt: "{text}", provider, maxTokens: 10 });
    const calls = Array.from({ length: 200 }, () => [A, { text }] as const);
    const results = await batch(calls, { concurrency: 200, budget: { tokens: 20_000 } });
    const spent = results.reduce((sum, { usage }) => sum + usage.totalTokens, 0);
    assert(spent <= 20_000 && spent > 18_000, `${spent} for ${name}`);
  }
});

Deno.test("budget: reserves tokens that a server adds to each request", async () => {
  // The prompt has 5 tokens.
  const provider = scripted({ text: "ok", usage: used(75, 20) }, { latency: 1 });
  const A = defineAgent({ name: "a", model: "m", prompt, provider, maxTokens: 20 });
  const calls = Array.from({ length: 300 }, (_, x) => [A, { x: x % 10 }] as const);
  const results = await batch(calls, { concurrency: 300, budget: { tokens: 5_000 } });
  const spent = results.reduce((sum, { usage }) => sum + usage.totalTokens, 0);
  assert(spent <= 5_000 && spent > 4_800, `${spent}`);
});

Deno.test("budget: English requests do not change the estimate of Chinese ones", async () => {
  const english = "every call costs money ".repeat(40);
  const chinese = "每次调用都要花钱".repeat(100);
  const provider = scripted(({ messages }) => {
    const text = messages[0]!.content as string;
    const inputTokens = Math.ceil(text.length * (text === english ? 0.22 : 1.2));
    return { text: "ok", usage: used(inputTokens, 10) };
  }, { latency: 1 });
  const A = defineAgent({ name: "a", model: "m", prompt: "{text}", provider, maxTokens: 10 });
  const calls = Array.from(
    { length: 500 },
    (_, i) => [A, { text: i < 100 ? english : chinese }] as const,
  );
  const results = await batch(calls, { concurrency: 200, budget: { tokens: 50_000 } });
  const spent = results.reduce((sum, { usage }) => sum + usage.totalTokens, 0);
  assert(spent <= 50_000 && spent > 48_000, `${spent}`);
});

Deno.test("budget: answers without usage are charged by their length", async () => {
  const provider = handmade({ generate: () => reply("x".repeat(4_000)) });
  const A = defineAgent({ name: "a", model: "m", prompt, provider });
  const calls = Array.from({ length: 50 }, () => [A, { x: 1 }] as const);
  const results = await batch(calls, { concurrency: 5, budget: { tokens: 10_000 } });
  const ok = results.filter((result) => result.ok).length;
  assert(ok >= 9 && ok <= 10, `${ok}`);
});

Deno.test("budget: learns that a server reports a higher cost than the known price", async () => {
  using _ = configured({ prices: PRICES });
  const answer = { text: "ok", usage: used(5, 5_000), cost: { total: 2 * ANSWER } };
  const provider = scripted(answer, { latency: 1 });
  const A = defineAgent({ name: "a", model: "m", prompt, provider, maxTokens: 5_000 });
  const calls = Array.from({ length: 200 }, () => [A, { x: 1 }] as const);
  const cost = costOf(await batch(calls, { concurrency: 10, budget: { cost: 3 } }));
  assert(cost > 2.8 && cost <= 3, `${cost}`);
});

Deno.test("budget: learns that a server exceeds maxTokens", async () => {
  const { agent, provider } = longAnswers({ maxTokens: 1_000 });
  const calls = Array.from({ length: 100 }, (_, x) => [agent, { x }] as const);
  await batch(calls, { concurrency: 2, budget: { tokens: 100_000 } });
  assert(provider.calls <= 20, `${provider.calls}`);
});
