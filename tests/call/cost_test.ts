import {
  batch,
  defineAgent,
  defineParallel,
  defineTool,
  type Provider,
  summarize,
} from "@shoal/agents";
import { scripted } from "@shoal/agents/testing";
import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { ProviderError } from "../../src/model/errors.ts";
import { configured, errorOf, reply, used } from "../helpers.ts";

const MILLION = used(1e6, 1e6);
const agentOf = (provider: Provider, more = {}) =>
  defineAgent({ name: "a", model: "m", prompt: "x", provider, retries: 0, ...more });

Deno.test("cost: the server's own replaces prices, and is marked", async () => {
  using _ = configured({ prices: { m: { input: 1, output: 3 } } });
  const provider = scripted([
    reply("whole", { usage: MILLION, cost: { total: 8 } }),
    reply("parts", { usage: MILLION, cost: { total: 8, input: 7, output: 1 } }),
    reply("none", { usage: MILLION }),
    reply("no usage", { usage: undefined, cost: { total: 8 } }),
  ]);
  const A = agentOf(provider);
  const costs = [];
  for (let i = 0; i < 4; i++) costs.push((await A.call({})).cost);
  assertEquals(costs, [
    { input: 2, output: 6, total: 8, source: "server" },
    { input: 7, output: 1, total: 8, source: "server" },
    { input: 1, output: 3, total: 4, source: "prices" },
    { input: 8, output: 0, total: 8, source: "server" },
  ]);
});

Deno.test("cost: a total without a price is divided by tokens", async () => {
  const provider = scripted([reply("a", { usage: used(30, 10), cost: { total: 4 } })]);
  assertEquals((await agentOf(provider).call({})).cost, {
    input: 3,
    output: 1,
    total: 4,
    source: "server",
  });
});

Deno.test("cost: a function of `prices` decides, and knows what the server reports", async () => {
  const seen: unknown[] = [];
  using _ = configured({
    prices(model, usage, details) {
      seen.push([model, usage.totalTokens, details.cost?.total, details.serviceTier]);
      return details.cost && { input: 0, output: 2 * details.cost.total, total: 16 };
    },
  });
  const more = { usage: used(1, 1), serviceTier: "flex" };
  const provider = scripted([
    reply("a", { ...more, cost: { total: 8 } }),
    reply("b", more),
  ]);
  const A = agentOf(provider);
  assertEquals((await A.call({})).cost, { input: 0, output: 16, total: 16, source: "prices" });
  assertEquals((await A.call({})).cost, undefined);
  assertEquals(seen, [["m", 2, 8, "flex"], ["m", 2, undefined, "flex"]]);
});

Deno.test("cost: a sum is the server's only if every part is", async () => {
  using _ = configured({ prices: { m: { input: 1, output: 1 } } });
  const byServer = { usage: MILLION, cost: { total: 5 } };
  const A = agentOf(scripted([
    reply("a", byServer),
    reply("b", byServer),
    reply("c", { usage: MILLION }),
  ]));
  const results = await batch([[A, {}], [A, {}], [A, {}]], { concurrency: 1 });
  assertEquals(summarize(results.slice(0, 2)).cost?.source, "server");
  assertEquals(summarize(results).cost, { input: 6, output: 6, total: 12, source: "prices" });
});

Deno.test("cost: each attempt has its own, also one that failed", async () => {
  using _ = configured({ prices: { m: { input: 1, output: 1 } } });
  const provider = scripted([
    new ProviderError("broke", {
      code: "provider",
      retryable: true,
      usage: used(10, 0),
      cost: { total: 0.5 },
      serviceTier: "priority",
    }),
    reply("ok", { usage: MILLION }),
  ]);
  const result = await agentOf(provider, { retries: { max: 1, base: 1, jitter: 0 } }).call({});
  const [failed, answered] = result.attempts;
  assertEquals([failed!.cost?.total, failed!.cost?.source, failed!.serviceTier], [
    0.5,
    "server",
    "priority",
  ]);
  assertEquals(answered!.cost, { input: 1, output: 1, total: 2, source: "prices" });
  assertEquals([result.cost?.total, result.cost?.source], [2.5, "prices"]);
});

Deno.test("cost: an invalid one is ignored", async () => {
  using _ = configured({ prices: { m: { input: 1, output: 1 } } });
  for (const cost of [{ total: NaN }, { total: -1 }, {}, null, 5, { total: "1" }]) {
    const provider = scripted([reply("a", { usage: MILLION, cost: cost as never })]);
    assertEquals((await agentOf(provider).call({})).cost?.total, 2);
  }
  const parts = { total: 4, input: -1, output: 5 };
  const provider = scripted([reply("a", { usage: MILLION, cost: parts })]);
  assertEquals((await agentOf(provider).call({})).cost?.input, 2);
});

Deno.test("cost: another service tier is never priced as the standard one", async () => {
  const prices = {
    m: { input: 2, output: 2, tiers: { priority: { input: 5, output: 5 } } },
  };
  using _ = configured({ prices });
  const costOf = async (tier: string | undefined, extra?: Record<string, unknown>) => {
    const provider = scripted([reply("a", { usage: MILLION, serviceTier: tier })]);
    const result = await agentOf(provider, { extra }).call({});
    return [result.cost?.total, result.attempts[0]!.serviceTier];
  };
  for (const tier of [undefined, "default", "standard", "auto", "on_demand"]) {
    assertEquals(await costOf(tier), [4, undefined]);
  }
  assertEquals(await costOf("priority"), [10, "priority"]);
  assertEquals(await costOf("flex"), [undefined, "flex"]);
  assertEquals(await costOf("scale"), [undefined, "scale"]);
  // The request names a tier, and the server may report another one.
  assertEquals(await costOf(undefined, { service_tier: "priority" }), [10, "priority"]);
  assertEquals(await costOf(undefined, { openai: { serviceTier: "flex" } }), [undefined, "flex"]);
  assertEquals(await costOf("default", { service_tier: "priority" }), [4, undefined]);
  assertEquals(await costOf(undefined, { service_tier: "auto" }), [4, undefined]);
});

Deno.test("cost: flex at OpenAI is half of the public price", async () => {
  const costOf = async (serviceTier?: string) => {
    const provider = {
      ...scripted([reply("a", { usage: MILLION, serviceTier })]),
      baseURL: "https://api.openai.com/v1",
    };
    return (await agentOf(provider, { model: "gpt-5-mini" }).call({})).cost;
  };
  const standard = await costOf();
  const flex = await costOf("flex");
  assertAlmostEquals(flex!.total, standard!.total / 2, 1e-12);
  assertAlmostEquals(flex!.input, standard!.input / 2, 1e-12);
  assertEquals(await costOf("priority"), undefined);
});

Deno.test("cost: the public list is searched by the provider's server", async () => {
  const costOf = async (model: string, server: Partial<Provider>, servedModel?: string) => {
    const provider = { ...scripted([reply("a", { usage: MILLION, servedModel })]), ...server };
    return (await agentOf(provider, { model }).call({})).cost?.total;
  };
  const llama = "llama-3.3-70b-versatile";
  assert(await costOf(llama, { baseURL: "https://api.groq.com/openai/v1" }));
  assert(await costOf(llama, { vendor: () => "groq" }));
  assertEquals(await costOf(llama, {}), undefined);
  const openai = await costOf("gpt-4o-mini", {});
  for (const baseURL of ["https://openrouter.ai/api/v1", "http://localhost:4000/v1"]) {
    assertEquals(await costOf("openai/gpt-4o-mini", { baseURL }), openai);
  }
  // A deployment may have any name, and the reply names its model.
  const baseURL = "https://mine.openai.azure.com/openai/v1";
  assertEquals(await costOf("reviews", { baseURL }), undefined);
  assertEquals(await costOf("reviews", { baseURL }, "gpt-4o-mini-2024-07-18"), openai);
  assertEquals(await costOf("gpt-4o", { baseURL }, "gpt-4o-mini-2024-07-18"), openai);
  assertEquals(await costOf("alias", {}, "gpt-4o-mini"), openai);
  assertEquals(await costOf("gpt-4o-mini", {}, "/models/whatever"), openai);
  using _ = configured({ prices: { mine: { input: 1, output: 1 } } });
  assertEquals(await costOf("alias", {}, "mine"), 2);
});

Deno.test("cost: a call includes what calls of its tools cost, by their own servers", async () => {
  using _ = configured({ prices: { m: { input: 1, output: 1 } } });
  const inner = agentOf(scripted([reply("in", { usage: MILLION, cost: { total: 7 } })]));
  const look = defineTool({
    name: "look",
    description: "Looks",
    input: { type: "object", properties: {} },
    run: async () => (await inner.call({})).content,
  });
  const outer = agentOf(
    scripted([
      reply("", {
        usage: MILLION,
        finishReason: "tool_calls",
        toolCalls: [{ id: "1", name: "look", args: "{}" }],
      }),
      reply("done", { usage: MILLION }),
    ]),
    { name: "outer", tools: [look] },
  );
  const result = await outer.call({});
  assertEquals(result.attempts.map(({ cost }) => cost?.total), [2, 7, 2]);
  assertEquals([result.cost?.total, result.cost?.source], [11, "prices"]);
});

Deno.test("cost: a budget is settled with what the server reports", async () => {
  using _ = configured({ prices: { m: { input: 1, output: 1 } } });
  const provider = scripted(() => reply("x", { usage: used(1, 1), cost: { total: 0.4 } }));
  const A = agentOf(provider);
  const calls = Array.from({ length: 5 }, () => [A, {}] as const);
  const results = await batch(calls, { concurrency: 1, budget: { cost: 1 } });
  assertEquals(results.map(({ ok }) => ok), [true, true, true, false, false]);
});

Deno.test("cost: a budget in dollars knows the provider, and names a tier without a price", async () => {
  const groq = { ...scripted([reply("a", { usage: used(1, 1) })]), vendor: () => "groq" };
  const model = "llama-3.3-70b-versatile";
  const A = agentOf(groq, { model });
  assertEquals((await A.call({}, { budget: { cost: 1 } })).ok, true);
  const both = defineParallel({ name: "w", branches: { a: A }, budget: { cost: 1 } });
  assertEquals((await both.settle({})).ok, true);
  const flex = agentOf(groq, { model, extra: { service_tier: "flex" } });
  assertEquals((await flex.call({}, { budget: { cost: 1 } })).ok, true);
  const dear = agentOf(groq, { model, extra: { service_tier: "performance" } });
  await assertRejects(
    () => dear.call({}, { budget: { cost: 1 } }),
    TypeError,
    'the price of the model "llama-3.3-70b-versatile" in the service tier "performance" is not',
  );
});

Deno.test("cost: writes to a cache have their price in a table", async () => {
  using _ = configured({
    prices: { m: { input: 1, cachedInput: 0.1, cacheWrite: 1.25, output: 0 } },
  });
  const usage = { ...used(1e6, 0, 2e5), cacheWriteTokens: 4e5 };
  const { cost } = await agentOf(scripted([reply("a", { usage })])).call({});
  assertAlmostEquals(cost!.total, 0.4 + 0.02 + 0.5, 1e-12);
});

Deno.test("cost: rejects invalid prices in configure", () => {
  const check = (price: unknown) => configured({ prices: { m: price as never } });
  for (
    const [price, message] of [
      [{ input: 1, output: 1, cacheWrite: -1 }, "cacheWrite"],
      [{ input: 1, output: 1, tiers: 5 }, "tiers"],
      [{ input: 1, output: 1, tiers: { flex: { input: 1 } } }, 'tiers["flex"].output'],
      [{ input: 1, output: 1, tiers: { flex: { input: 1, output: 1, tiers: {} } } }, "tiers"],
      [{ input: 1, output: 1, cacheWrites: 1 }, "cacheWrite"],
    ] as const
  ) {
    try {
      check(price)[Symbol.dispose]();
    } catch (error) {
      assert(error instanceof TypeError || error instanceof RangeError);
      assert(error.message.includes(message), error.message);
      continue;
    }
    throw new Error(`${JSON.stringify(price)} was accepted`);
  }
});

Deno.test("cost: a failure includes the cost of billed attempts", async () => {
  const provider = scripted([
    new ProviderError("broke", { code: "provider", retryable: false, cost: { total: 0.25 } }),
  ]);
  const error = await errorOf(agentOf(provider).call({}));
  assertEquals(error.result?.cost, { input: 0.25, output: 0, total: 0.25, source: "server" });
});
