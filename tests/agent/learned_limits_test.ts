/** What the server teaches: its rates are kept to, and a refusal stops its model once. */
import { defineAgent, type Provider, stream } from "@shoal/agents";
import { scripted, virtualProvider, virtualTime } from "@shoal/agents/testing";
import { assert, assertEquals } from "@std/assert";
import { busy, configured, errorOf, fakeTime, handmade, reply } from "../helpers.ts";

const base = { name: "a", prompt: "{x}", model: "m" };

/** Refuses the first request of the model "m", and tells when requests came. */
function refusing(retryAfterMs: number | undefined) {
  const came: [model: string, at: number][] = [];
  const began = performance.now();
  const provider = handmade({
    generate: ({ model }) => {
      came.push([model, performance.now() - began]);
      if (came.length === 1) throw busy({ retryAfterMs });
      return Promise.resolve(reply("ok"));
    },
  });
  return { came, provider };
}

Deno.test("429: everything for that model waits as long as the server asks, and nothing else", async () => {
  using time = fakeTime();
  const { came, provider } = refusing(1_000);
  const A = defineAgent({ ...base, provider });
  const first = A.call({ x: 1 });
  await time.tick(1);
  const waiting = [A.call({ x: 2 }), A.call({ x: 3 })];
  const others = [
    A.call({ x: 4 }, { model: "n" }),
    A.with({ provider: scripted("b") }).call({ x: 5 }),
  ];
  await time.tick(1);
  assertEquals((await Promise.all(others)).map(({ content }) => content), ["ok", "b"]);
  await time.tick(997);
  assertEquals(came.length, 2);
  await time.tick(200);
  const [result] = await Promise.all(waiting);
  await first;
  assertEquals(result!.timing.limitedBy, "pause");
  assert(result!.timing.limitedMs >= 998 && result!.timing.limitedMs <= 1_000);
  assert(came.slice(2).every(([, at]) => at >= 1_000));
});

Deno.test("429: what was sent before the pause does not lengthen it", async () => {
  using time = fakeTime();
  let n = 0;
  const provider = handmade({
    generate: async () => {
      const mine = n++;
      await new Promise((resolve) => setTimeout(resolve, 10 * (mine + 1)));
      if (mine < 3) throw busy({ retryAfterMs: 1_000 });
      return reply("ok");
    },
  });
  const A = defineAgent({ ...base, provider, retries: 0 });
  const refused = [1, 2, 3].map((x) => A.settle({ x }));
  await time.tick(30);
  await Promise.all(refused);
  const next = A.call({ x: 4 });
  // The first was heard of after 10 ms.
  await time.tick(979);
  assertEquals(n, 3);
  await time.tick(1 + 40);
  assertEquals((await next).content, "ok");
});

Deno.test("429: without a word, or for more than a minute, nobody waits", async () => {
  using time = fakeTime();
  for (const retryAfterMs of [undefined, 0, 60_001, NaN]) {
    const { provider, came } = refusing(retryAfterMs);
    const A = defineAgent({ ...base, provider, retries: 0 });
    assertEquals((await errorOf(A.call({ x: 1 }))).code, "rate_limited");
    assertEquals((await A.call({ x: 2 })).content, "ok", `${retryAfterMs}`);
    assertEquals(came.length, 2);
    await time.tick(1);
  }
});

Deno.test("429: who waits for the end of the pause is let go by an abort at once", async () => {
  using time = fakeTime();
  const { provider, came } = refusing(50_000);
  const A = defineAgent({ ...base, provider, retries: 0 });
  await A.settle({ x: 1 });
  const abort = new AbortController();
  const call = A.settle({ x: 2 }, { signal: abort.signal });
  await time.tick(10);
  abort.abort();
  assertEquals([(await call).error!.code, came.length], ["aborted", 1]);
});

Deno.test("429: a refusal uses up nothing of the other retries, nor they of its", async () => {
  const failing = busy({ code: "provider", status: 503 });
  const provider = scripted([busy(), failing, busy(), failing, busy(), "ok"]);
  const retries = { max: 2, rateLimited: 3, base: 0 };
  assertEquals(
    (await defineAgent({ ...base, provider, retries }).call({ x: 1 })).attempts.length,
    6,
  );
  for (const [rateLimited, sent] of [[0, 1], [5, 6], [undefined, 3]] as const) {
    const provider = scripted(busy());
    const A = defineAgent({ ...base, provider, retries: { max: 2, rateLimited } });
    assertEquals((await errorOf(A.call({ x: 1 }))).attempts.length, sent);
  }
});

/** Calls for so many minutes, as fast as it may; gives what the server saw. */
async function minutes(many: number, provider: Provider, agent: object = {}, concurrency = 500) {
  const A = defineAgent({
    ...base,
    prompt: "{x} " + "word ".repeat(40),
    provider,
    retries: { max: 3, rateLimited: 50 },
    ...agent,
  });
  function* calls() {
    for (let x = 0;; x++) yield [A, { x }] as const;
  }
  const options = { concurrency, deadline: many * 60_000 };
  for await (const { result } of stream(calls(), options)) {
    if (!result.ok) assertEquals(result.error.code, "timeout");
  }
}

Deno.test("rates: what the server tells is kept to, and used up", async () => {
  using _ = configured({ prices: { m: { input: 1, output: 1 } } });
  for (const limits of [{ requestsPerMinute: 3_000 }, { tokensPerMinute: 300_000 }]) {
    await virtualTime({ seed: 1 }).run(async () => {
      const provider = virtualProvider({
        latency: { p50: 500, p99: 2_000 },
        limits,
        outputTokens: { min: 50, max: 150 },
        seed: 1,
      });
      await minutes(3, provider, {}, 300);
      const late = provider.arrivals.filter(({ at }) => at >= 120_000);
      const accepted = late.filter(({ accepted }) => accepted);
      const used = "requestsPerMinute" in limits
        ? accepted.length / limits.requestsPerMinute!
        : accepted.reduce((sum, { tokens }) => sum + tokens, 0) / limits.tokensPerMinute!;
      assert(used > 0.97, `${used} of what is allowed`);
      const refused = (late.length - accepted.length) / late.length;
      assert(refused < 0.01, `${refused} refused`);
    });
  }
});

Deno.test("rates: providers with one key follow one limit", async () => {
  using time = fakeTime();
  const account = {};
  let came = 0;
  const make = () => ({
    ...handmade({
      generate: () => {
        const remaining = Math.max(0, 2 - came++);
        return Promise.resolve(
          reply("ok", { rates: { requests: { limit: 100, remaining, resetMs: 60_000 } } }),
        );
      },
    }),
    account,
  });
  const [A, B] = [make(), make()].map((provider) => defineAgent({ ...base, provider }));
  await A!.call({ x: 1 });
  const all = [1, 2, 3].map((x) => B!.call({ x }));
  await time.tick(0);
  assertEquals(came, 2); // one is left, and a hundredth of the limit stays untouched
  await time.tick(5_000);
  await Promise.all(all);
  assertEquals(came, 4);
});
