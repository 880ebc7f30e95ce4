import {
  configure,
  defineAgent,
  each,
  memoryCache,
  type ModelRequest,
  scope,
  summarize,
} from "@shoal/agents";
import { batch } from "@shoal/agents";
import { scripted } from "@shoal/agents/testing";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { z } from "zod";
import { busy, configured, errorOf, fakeTime, settled, used } from "../helpers.ts";

const store = () => memoryCache({ max: 100 });
/** Creates an agent with its own cache. */
const make = (provider = scripted("hello"), cache = { ttl: 1_000, store: store() }) => ({
  provider,
  agent: defineAgent({ name: "a", model: "m", prompt: "{x}", provider, cache }),
});

Deno.test("cache: the second answer costs nothing and is marked as cached", async () => {
  using _ = configured({ prices: { m: { input: 1, output: 2 } } });
  const provider = scripted({ text: "hello", usage: used(10, 5) });
  const { agent } = make(provider);
  const first = await agent.call({ x: 1 });
  const second = await agent.call({ x: 1 });
  assertEquals([first.cached, first.attempts.length, first.usage.totalTokens], [false, 1, 15]);
  assertEquals([second.cached, second.attempts.length, second.usage.totalTokens], [true, 0, 0]);
  assertEquals([second.content, second.finishReason, second.model], ["hello", "stop", "m"]);
  assert(first.cost!.total > 0);
  assertEquals(second.cost!.total, 0);
  assertEquals(provider.calls, 1);
  assertEquals(summarize([first, second]).cached, 1);
});

Deno.test("cache: everything that shapes the answer is part of the key", async () => {
  const { agent, provider } = make(scripted((_: ModelRequest, n: number) => `${n}`));
  const other = scripted("other");
  const schema = z.object({ a: z.number() });
  const variants = [
    agent,
    agent.with({ system: "be kind" }),
    agent.with({ temperature: 0.1 }),
    agent.with({ temperature: 0.2 }),
    agent.with({ maxTokens: 5 }),
    agent.with({ extra: { logprobs: true } }),
    agent.with({ model: "n" }),
  ];
  for (const variant of variants) await variant.call({ x: 1 });
  await agent.call({ x: 2 });
  await agent.call({ x: 1 }, { messages: [{ role: "user", content: "before" }] });
  assertEquals(provider.calls, variants.length + 2);
  for (const variant of variants) assert((await variant.call({ x: 1 })).cached);
  assertEquals((await agent.with({ provider: other }).call({ x: 1 })).content, "other");
  const typed = defineAgent({
    name: "a",
    model: "m",
    prompt: "{x}",
    provider: scripted('{"a":1}'),
    cache: { ttl: 1_000, store: store() },
    output: schema,
  });
  assertEquals((await typed.call({ x: 1 })).content, { a: 1 });
  assertEquals((await typed.call({ x: 1 })).content, { a: 1 });
});

Deno.test("cache: agents with different names share answers to the same request", async () => {
  const { agent, provider } = make();
  await agent.call({ x: 1 });
  assert((await agent.with({ name: "b", retries: 0, timeout: 5 }).call({ x: 1 })).cached);
  assertEquals(provider.calls, 1);
});

Deno.test("cache: an answer expires after its ttl", async () => {
  using time = fakeTime();
  const { agent, provider } = make();
  await agent.call({ x: 1 });
  await time.tick(999);
  assert((await agent.call({ x: 1 })).cached);
  await time.tick(2);
  assert(!(await agent.call({ x: 1 })).cached);
  assertEquals(provider.calls, 2);
});

Deno.test("cache: skipCache refreshes the entry, and false disables the cache", async () => {
  const { agent, provider } = make(scripted(["one", "two", "three"]));
  assertEquals((await agent.call({ x: 1 })).content, "one");
  assertEquals((await agent.call({ x: 1 }, { skipCache: true })).content, "two");
  assertEquals((await agent.call({ x: 1 })).content, "two");
  assertEquals((await agent.call({ x: 1 }, { cache: false })).content, "three");
  assertEquals((await agent.with({ cache: false }).call({ x: 1 })).content, "three");
  assertEquals(provider.calls, 4);
});

Deno.test("cache: configure sets it for all agents, and failures are not cached", async () => {
  using _ = configured({ cache: { ttl: 1_000, store: store() } });
  const provider = scripted([busy({ retryable: false }), "ok"]);
  const A = defineAgent({ name: "a", model: "m", prompt: "{x}", provider });
  assertEquals((await A.settle({ x: 1 })).ok, false);
  assertEquals((await A.call({ x: 1 })).content, "ok");
  assert((await A.call({ x: 1 })).cached);
  assertEquals(configure().cache !== undefined, true);
});

Deno.test("cache: replays hits on streams", async () => {
  const { agent, provider } = make(scripted("one two three"));
  await agent.call({ x: 1 });
  const deltas: string[] = [];
  let cached = false;
  for await (const event of agent.stream({ x: 1 })) {
    if (event.type === "delta") deltas.push(event.text);
    if (event.type === "result") cached = event.result.cached;
  }
  assertEquals([deltas.join(""), cached, provider.calls], ["one two three", true, 1]);
});

Deno.test("cache: ignores an entry that a newer schema rejects", async () => {
  const kept = store();
  const provider = scripted(['{"a":1}', '{"a":2}']);
  // Both schemas have the same JSON Schema; only their checks differ.
  const output = (least: number) => z.object({ a: z.number().refine((a) => a >= least) });
  const make = (least: number) =>
    defineAgent({
      name: "a",
      model: "m",
      prompt: "{x}",
      provider,
      cache: { ttl: 1_000, store: kept },
      output: output(least),
    });
  assertEquals((await make(1).call({ x: 1 })).content, { a: 1 });
  const result = await make(2).call({ x: 1 });
  assertEquals([result.content, result.cached, provider.calls], [{ a: 2 }, false, 2]);
});

Deno.test("cache: a store that throws fails no call", async () => {
  const broken = {
    get: () => Promise.reject(new Error("down")),
    set: () => {
      throw new Error("down");
    },
  };
  const { agent, provider } = make(scripted("ok"), { ttl: 5, store: broken as never });
  assertEquals((await agent.call({ x: 1 })).content, "ok");
  assertEquals((await agent.call({ x: 1 })).cached, false);
  assertEquals(provider.calls, 2);
});

Deno.test("cache: stores an answer of a fallback under the fallback model", async () => {
  const first = scripted([busy({ retryable: false }), "first"]);
  const second = scripted("second");
  const A = defineAgent({
    name: "a",
    model: "m",
    prompt: "{x}",
    provider: first,
    retries: 0,
    fallbackModels: [{ model: "n", provider: second }],
    cache: { ttl: 1_000, store: store() },
  });
  assertEquals((await A.call({ x: 1 })).content, "second");
  // The first model is called again, as it may have recovered.
  assertEquals((await A.call({ x: 1 })).content, "first");
  assertEquals([first.calls, second.calls], [2, 1]);
});

Deno.test("cache: hits use no budget and wait for no limit", async () => {
  const { agent, provider } = make();
  await agent.call({ x: 1 });
  const hit = await agent.call({ x: 1 }, { budget: { calls: 1, tokens: 1 } });
  assert(hit.cached);
  await scope({ concurrency: 1, budget: { calls: 1 } }, async () => {
    assert((await agent.call({ x: 2 })).ok);
    assert((await agent.call({ x: 1 })).cached);
    assertEquals((await errorOf(agent.call({ x: 3 }))).code, "budget");
  });
  assertEquals(provider.calls, 2);
});

Deno.test("coalesce: identical calls in flight share one request", async () => {
  using _ = configured({ prices: { m: { input: 1, output: 1 } } });
  const provider = scripted("hello", { latency: 20 });
  const A = defineAgent({ name: "a", model: "m", prompt: "{x}", provider, coalesce: true });
  const results = await batch(
    Array.from({ length: 50 }, (_, i) => [A, { x: i % 5 }] as const),
    { concurrency: 50 },
  );
  assertEquals(provider.calls, 5);
  assertEquals(results.map(({ content }) => content), Array(50).fill("hello"));
  assertEquals(summarize(results).cached, 45);
  assertEquals(summarize(results).attempts, 5);
  // Nothing is stored afterwards.
  await A.call({ x: 0 });
  assertEquals(provider.calls, 6);
});

Deno.test("coalesce: is on with a cache, and false turns it off", async () => {
  const provider = scripted("hello", { latency: 10 });
  const { agent } = make(provider);
  await Promise.all([agent.call({ x: 1 }), agent.call({ x: 1 })]);
  assertEquals(provider.calls, 1);
  await Promise.all([
    agent.call({ x: 2 }, { coalesce: false }),
    agent.call({ x: 2 }, { coalesce: false }),
  ]);
  assertEquals(provider.calls, 3);
});

Deno.test("coalesce: an abort of one call affects no other, leader or not", async () => {
  const provider = scripted("hello", { latency: 30 });
  const A = defineAgent({ name: "a", model: "m", prompt: "{x}", provider, coalesce: true });
  const [leader, follower] = [new AbortController(), new AbortController()];
  const all = [
    A.settle({ x: 1 }, { signal: leader.signal }),
    A.settle({ x: 1 }, { signal: follower.signal }),
    A.settle({ x: 1 }),
    A.settle({ x: 1 }),
  ];
  await settled();
  leader.abort();
  follower.abort();
  const results = await Promise.all(all);
  assertEquals(results.map(({ error, content }) => error?.code ?? content), [
    "aborted",
    "aborted",
    "hello",
    "hello",
  ]);
  assertEquals(provider.calls, 2);
});

Deno.test("coalesce: shares a failure of the model, but not one of a single call", async () => {
  const provider = scripted(busy({ retryable: false }), { latency: 10 });
  const A = defineAgent({ name: "a", model: "m", prompt: "{x}", provider, coalesce: true });
  const failed = await Promise.all([A.settle({ x: 1 }), A.with({ name: "b" }).settle({ x: 1 })]);
  assertEquals(failed.map(({ error }) => error?.code), ["rate_limited", "rate_limited"]);
  assertEquals(failed.map(({ error }) => error?.agent), ["a", "b"]);
  assertEquals(failed.map(({ attempts }) => attempts.length), [1, 0]);
  assertEquals(provider.calls, 1);
  const fine = scripted("ok", { latency: 10 });
  const B = A.with({ provider: fine });
  const mine = await Promise.all([
    B.settle({ x: 1 }, { budget: { calls: 0 } }),
    B.settle({ x: 1 }),
  ]);
  assertEquals(mine.map(({ error, content }) => error?.code ?? content), ["budget", "ok"]);
});

Deno.test("coalesce: agents with a run, streams and each share requests too", async () => {
  const provider = scripted("one two", { latency: 10 });
  const A = defineAgent({ name: "a", model: "m", prompt: "{x}", provider, coalesce: true });
  const Twice = defineAgent({
    name: "twice",
    run: async (_: { n: number }) =>
      (await Promise.all([A.call({ x: 1 }), A.call({ x: 1 })])).map((r) => r.content).join(),
  });
  let streamed = "";
  const [twice, all] = await Promise.all([
    Twice.call({ n: 1 }),
    each([1, 1], (x) => A.call({ x }), { concurrency: 2 }),
    A.call({ x: 1 }, { onDelta: (text) => void (streamed += text) }),
  ]);
  assertEquals([twice.content, all.length, streamed], ["one two,one two", 2, "one two"]);
  assertEquals(provider.calls, 1);
});

Deno.test("cache: rejects invalid options", () => {
  const bad = [{}, { ttl: 0 }, { ttl: -1 }, { ttl: NaN }, { ttl: 1, store: {} }, true, {
    ttl: 1,
    tll: 2,
  }];
  for (const cache of bad) {
    const options = { name: "a", model: "m", prompt: "x", provider: scripted("x"), cache };
    assertThrows(() => defineAgent(options as never), Error, "cache");
    assertThrows(() => configure({ cache } as never), Error, "cache");
  }
  assertThrows(() => configure({ coalesce: 1 } as never), TypeError, "coalesce");
});
