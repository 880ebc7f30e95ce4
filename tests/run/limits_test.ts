import { type Agent, batch, configure, defineAgent, each, scope } from "@shoal/agents";
import type { Provider } from "@shoal/agents";
import { scripted } from "@shoal/agents/testing";
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { fakeTime } from "../helpers.ts";

type Echo = Agent<{ x: number }, string>;

function echo(provider: Provider, more: Record<string, unknown> = {}): Echo {
  return defineAgent({ name: "echo", model: "m", prompt: "{x}", provider, ...more });
}

/** Creates N calls of an agent. */
function calls(agent: Echo, n: number): [Echo, { x: number }][] {
  return Array.from({ length: n }, (_, x) => [agent, { x }]);
}

Deno.test("limits of a run: cap requests per minute, and results report the wait", async () => {
  using time = fakeTime();
  const provider = scripted("ok");
  const done = batch(calls(echo(provider), 90), {
    concurrency: 50,
    limits: { requestsPerMinute: 60 },
  });
  await time.tick(59_900);
  assertEquals(provider.calls, 60);
  await time.tick(31_000);
  const results = await done;
  assertEquals([results.length, provider.calls], [90, 90]);
  assert(results.at(-1)!.timing.limitedMs > 10_000);
  assertEquals(results[0]!.timing.limitedMs, 0);
});

Deno.test("limits of a provider apply to all its calls, in batches and alone", async () => {
  const provider = { ...scripted("ok", { latency: 5 }), limits: { concurrency: 3 } };
  let [inFlight, peak] = [0, 0];
  const counted: Provider = {
    ...provider,
    async generate(request, options) {
      peak = Math.max(peak, ++inFlight);
      try {
        return await provider.generate(request, options);
      } finally {
        inFlight--;
      }
    },
  };
  const A = echo(counted);
  const B = echo(counted, { name: "other" });
  await Promise.all([
    batch(calls(A, 20), { concurrency: 20 }),
    batch(calls(B, 20), { concurrency: 20 }),
    ...calls(A, 5).map(([agent, params]) => agent.call(params)),
  ]);
  assertEquals(peak, 3);
});

Deno.test("providers with the same API key share its limits", async () => {
  const account = {};
  const inner = scripted("ok", { latency: 5 });
  const limits = { concurrency: 2 };
  const one = Object.assign(Object.create(inner), { limits, account, name: "one" }) as Provider;
  const two = Object.assign(Object.create(inner), { limits, account, name: "two" }) as Provider;
  await Promise.all([
    batch(calls(echo(one), 10), { concurrency: 10 }),
    batch(calls(echo(two), 10), { concurrency: 10 }),
  ]);
  assertEquals(inner.peakInFlight, 2);
});

Deno.test("limits of an agent, a scope and the process apply", async () => {
  const provider = scripted("ok", { latency: 3 });
  const A = echo(provider, { limits: { concurrency: 2 } });
  await batch(calls(A, 12), { concurrency: 12 });
  assertEquals(provider.peakInFlight, 2);

  const scoped = scripted("ok", { latency: 3 });
  await scope(
    { limits: { concurrency: 3 } },
    () => batch(calls(echo(scoped), 12), { concurrency: 12 }),
  );
  assertEquals(scoped.peakInFlight, 3);

  const all = scripted("ok", { latency: 3 });
  configure({ limits: { concurrency: 4 } });
  try {
    await batch(calls(echo(all), 12), { concurrency: 12 });
  } finally {
    configure({ limits: undefined });
  }
  assertEquals(all.peakInFlight, 4);
});

Deno.test("a single call goes before the calls of a run", async () => {
  const order: string[] = [];
  const inner = scripted("ok", { latency: 5 });
  const provider: Provider = {
    ...inner,
    limits: { concurrency: 1 },
    generate(request, options) {
      order.push(String(request.messages[0]!.content));
      return inner.generate(request, options);
    },
  };
  const A = echo(provider);
  const bulk = batch(calls(A, 8), { concurrency: 8 });
  await A.call({ x: 100 });
  await bulk;
  assert(order.indexOf("100") <= 1, order.join(" "));

  order.length = 0;
  const first = A.call({ x: 0 });
  const late = A.call({ x: 200 }, { priority: -1 });
  await Promise.all([first, batch(calls(A, 4), { concurrency: 4 }), late]);
  assertEquals(order.at(-1), "200");
});

Deno.test("runs do not use the reserved share", async () => {
  const inner = scripted("ok", { latency: 20 });
  const provider: Provider = {
    name: "reserved",
    limits: { concurrency: 4, reserve: 0.5 },
    generate: (request, options) => inner.generate(request, options),
    stream: (request, options) => inner.stream(request, options),
  };
  const A = echo(provider);
  await batch(calls(A, 8), { concurrency: 8 });
  assertEquals(inner.peakInFlight, 2);
  await Promise.all([batch(calls(A, 8), { concurrency: 8 }), A.call({ x: 1 }), A.call({ x: 2 })]);
  assertEquals(inner.peakInFlight, 4);
});

Deno.test("tokens per minute: estimated at first, corrected to the actual usage", async () => {
  using time = fakeTime();
  const usage = {
    inputTokens: 1_000,
    cachedInputTokens: 0,
    cacheWriteTokens: 0,
    outputTokens: 0,
    reasoningTokens: 0,
    totalTokens: 1_000,
  };
  const provider = scripted({ text: "ok", usage });
  const done = batch(calls(echo(provider), 5), {
    concurrency: 1,
    limits: { tokensPerMinute: 2_000 },
  });
  await time.tick(20_000);
  assert(provider.calls <= 2, `${provider.calls}`);
  await time.tick(130_000);
  assertEquals((await done).length, 5);
});

Deno.test("waiting for a limit is not part of the attempt, and ends at once on abort", async () => {
  using time = fakeTime();
  const provider = scripted("ok");
  const A = echo(provider, { timeout: { attempt: 100 }, limits: { requestsPerMinute: 1 } });
  await A.call({ x: 0 });
  const second = A.call({ x: 1 });
  const controller = new AbortController();
  const third = assertRejects(
    () => A.call({ x: 2 }, { signal: controller.signal }),
    Error,
    "it was aborted",
  );
  await time.tick(30_000);
  controller.abort();
  await third;
  await time.tick(40_000);
  assertEquals((await second).content, "ok");
});

Deno.test("the concurrency limits attempts, so nested calls do not deadlock", async () => {
  const provider = Object.assign(Object.create(scripted("ok")), {
    limits: { concurrency: 1 },
  }) as Provider;
  const Inner = echo(provider);
  const Outer = defineAgent({
    name: "outer",
    run: async ({ x }: { x: number }) => (await Inner.call({ x })).content,
  });
  const results = await each([1, 2, 3], (x) => Outer.call({ x }), { concurrency: 1 });
  assertEquals(results.length, 3);
});

Deno.test("invalid limits are rejected at once", () => {
  const provider = scripted("ok");
  const wrong = [
    [{ requestsPerMinute: 0 }, RangeError, "requestsPerMinute must be a positive number a minute"],
    [{ concurrency: 1.5 }, RangeError, "concurrency must be a positive integer"],
    [{ reserve: 1 }, RangeError, "reserve must be a share"],
    [{ rpm: 5 }, TypeError, 'there is no option "rpm"'],
    [5, TypeError, "must be an object"],
  ] as const;
  for (const [limits, kind, words] of wrong) {
    assertThrows(() => echo(provider, { limits }), kind, words);
    assertThrows(() => configure({ limits } as never), kind, words);
  }
});
