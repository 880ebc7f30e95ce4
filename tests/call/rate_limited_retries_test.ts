/** Tests of rejections without a wait, and of long waits. */
import { batch, configure, defineAgent, ProviderError, scope } from "@shoal/agents";
import { openai } from "@shoal/agents/openai";
import { scripted, virtualTime } from "@shoal/agents/testing";
import { assert, assertEquals, assertMatch } from "@std/assert";
import { busy, configured, errorOf, fakeTime, handmade, reply } from "../helpers.ts";
import { serve as serveHttp } from "../serve.ts";

const base = { name: "a", prompt: "{x}", model: "m" };
const HOUR = 3_600_000;
const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** A provider that rejects everything for some time, and records when requests arrive. */
function rejectingFor(ms: number, retryAfterMs?: number | ((at: number) => number)) {
  const began = performance.now();
  const arrivals: number[] = [];
  const provider = handmade({
    generate: () => {
      const at = performance.now() - began;
      arrivals.push(at);
      if (at >= ms) return Promise.resolve(reply("ok"));
      throw busy({
        retryAfterMs: typeof retryAfterMs === "function" ? retryAfterMs(at) : retryAfterMs,
      });
    },
  });
  return { provider, arrivals };
}

/** A provider that answers 100 requests, then rejects all for half a minute, at once. */
function stormyProvider(retryAfterMs: number | undefined) {
  const stats = { rejected: 0 };
  let n = 0;
  let stormAt: number | undefined;
  const provider = handmade({
    generate: async () => {
      const at = performance.now();
      if (n++ === 100) stormAt = at;
      if (stormAt !== undefined && at < stormAt + 30_000) {
        stats.rejected++;
        await sleep(20);
        throw busy({ retryAfterMs });
      }
      await sleep(500 + 37 * n % 1_500);
      return reply("ok");
    },
  });
  return { provider, stats };
}

for (const [name, asked] of [["nothing", undefined], ["a second, always", 1_000]] as const) {
  Deno.test(`429: many rejections at once lose no call and waste few requests; the server asks for ${name}`, async () => {
    using _ = configured({ prices: { m: { input: 1, output: 1 } } });
    for (const concurrency of [1, 5, 10, 20]) {
      await virtualTime({ seed: 1 }).run(async () => {
        const { provider, stats } = stormyProvider(asked);
        const A = defineAgent({ ...base, provider });
        const calls = Array.from({ length: 1_000 }, (_, x) => [A, { x }] as const);
        const results = await batch(calls, { concurrency });
        assertEquals(results.filter(({ ok }) => !ok), []);
        // Those in flight at its beginning, and single probes.
        const most = asked === undefined ? 20 + concurrency : 30 + 3 * concurrency;
        assert(stats.rejected <= most, `${stats.rejected} at ${concurrency}`);
        if (concurrency === 1) return;
        const paused = results.filter(({ timing }) => timing.limitedBy === "pause");
        assert(paused.length > 0 && paused.every(({ timing }) => timing.limitedMs > 0));
      });
    }
  });
}

Deno.test("429: a single call tries for more than a minute, in ever longer intervals", async () => {
  await virtualTime({ seed: 1 }).run(async () => {
    const { provider, arrivals } = rejectingFor(62_000);
    assertEquals((await defineAgent({ ...base, provider }).call({ x: 1 })).content, "ok");
    assert(arrivals.length <= 16, `${arrivals.length} requests`);
  });
  await virtualTime({ seed: 1 }).run(async () => {
    const { provider, arrivals } = rejectingFor(Infinity);
    const began = performance.now();
    const error = await errorOf(defineAgent({ ...base, provider }).call({ x: 1 }));
    assertEquals([error.code, error.status], ["rate_limited", 429]);
    const ms = performance.now() - began;
    assert(ms >= 60_000 && ms < 240_000, `${ms}`);
    assert(arrivals.length >= 8 && arrivals.length <= 24, `${arrivals.length} requests`);
  });
});

Deno.test("429: an explicit number of retries, a fallback and a time limit end the patience", async () => {
  await virtualTime().run(async () => {
    for (
      const [retries, sent] of [[0, 1], [2, 3], [{ max: 2 }, 3], [{ patience: 0 }, 4]] as const
    ) {
      const provider = scripted(busy({ retryAfterMs: undefined }));
      await defineAgent({ ...base, provider, retries }).settle({ x: 1 });
      assertEquals(provider.calls, sent);
    }
    using _ = configured({ retries: 1 });
    const provider = scripted(busy({ retryAfterMs: undefined }));
    await defineAgent({ ...base, provider }).settle({ x: 1 });
    assertEquals(provider.calls, 2);
  });
  await virtualTime().run(async () => {
    const provider = handmade({
      generate: ({ model }) => {
        if (model === "m") throw busy({ retryAfterMs: undefined });
        return Promise.resolve(reply("from n"));
      },
    });
    const A = defineAgent({ ...base, provider, fallbackModels: ["n"] });
    const { content, attempts } = await A.call({ x: 1 });
    assertEquals([content, attempts.length], ["from n", 5]);
    const began = performance.now();
    const B = defineAgent({ ...base, provider, timeout: 20_000 });
    assertEquals((await errorOf(B.call({ x: 1 }))).code, "timeout");
    assertEquals(performance.now() - began, 20_000);
  });
});

Deno.test("429: waits longer than a minute if the server asks for it, once for all", async () => {
  await virtualTime({ seed: 1 }).run(async () => {
    const wait = 12 * 60_000;
    const { provider, arrivals } = rejectingFor(wait, (at) => wait - at);
    const A = defineAgent({ ...base, provider });
    const calls = Array.from({ length: 100 }, (_, x) => [A, { x }] as const);
    const results = await batch(calls, { concurrency: 10 });
    assertEquals(results.filter(({ ok }) => !ok), []);
    assertEquals([arrivals.filter((at) => at < wait).length, arrivals.length], [1, 101]);
    const { timing, attempts } = results[0]!;
    assert(timing.backoffMs >= wait && attempts.length === 2);
    // The others were paused, which does not count as time of the model.
    const other = results[20]!.timing;
    assert(other.modelMs < 1_000, `${other.modelMs}`);
  });
});

Deno.test("429: fails at once if the server asks for more time than there is", async () => {
  const message = 'Cannot finish the call of "a" as the server is busy (the server asks to wait ';
  await virtualTime().run(async () => {
    const wait = 8 * HOUR + 11 * 60_000 + 30_000;
    const provider = scripted(busy({ retryAfterMs: wait }));
    const A = defineAgent({ ...base, provider });
    const began = performance.now();
    const error = await errorOf(A.call({ x: 1 }));
    assertEquals([error.code, error.retryAfterMs, error.message], [
      "rate_limited",
      wait,
      `${message}8 h 12 min)`,
    ]);
    // The next calls send nothing.
    const next = await A.settle({ x: 2 });
    assertEquals([next.error?.code, next.error?.retryAfterMs, next.attempts.length], [
      "rate_limited",
      wait,
      0,
    ]);
    assertMatch(next.error!.message, /as its model is paused.*asks to wait 8 h 12 min\)$/);
    assertEquals([provider.calls, performance.now() - began], [1, 0]);
    // Other models continue.
    assertEquals((await A.settle({ x: 3 }, { model: "n" })).attempts.length, 1);
  });
  await virtualTime().run(async () => {
    const provider = scripted(busy({ retryAfterMs: 5 * 60_000 }));
    const error = await errorOf(
      defineAgent({ ...base, provider, timeout: 120_000 }).call({ x: 1 }),
    );
    assertEquals([error.message, provider.calls], [`${message}5 min)`, 1]);
  });
});

Deno.test("429: time limits of calls, scopes and runs decide what is too long", async () => {
  const wait = 2 * HOUR;
  const make = () => {
    const { provider, arrivals } = rejectingFor(wait, (at) => wait - at);
    return { A: defineAgent({ ...base, provider }), arrivals };
  };
  await virtualTime().run(async () => {
    assertEquals((await make().A.settle({ x: 1 })).error?.code, "rate_limited");
    assertEquals((await make().A.call({ x: 1 }, { timeout: 3 * HOUR })).content, "ok");
    assertEquals(
      await scope({ deadline: 3 * HOUR }, async () => (await make().A.call({ x: 1 })).content),
      "ok",
    );
    const { A } = make();
    const [result] = await batch([[A, { x: 1 }]], { deadline: HOUR });
    assertEquals([result.error?.code, result.attempts.length], ["rate_limited", 1]);
  });
});

Deno.test("429: calls that wait for a permit are rejected when a pause is too long for them", async () => {
  await virtualTime().run(async () => {
    let n = 0;
    const provider = handmade({
      generate: async () => {
        n++;
        await sleep(100);
        throw busy({ retryAfterMs: 5 * HOUR });
      },
    });
    const A = defineAgent({
      ...base,
      provider: { ...provider, limits: { models: { m: { concurrency: 1 } } } },
    });
    const began = performance.now();
    const results = await Promise.all([1, 2, 3].map((x) => A.settle({ x })));
    assertEquals(results.map(({ error }) => error?.code), Array(3).fill("rate_limited"));
    assertEquals([n, performance.now() - began], [1, 100]);
  });
});

Deno.test("429: a fallback model is called instead of a long wait", async () => {
  await virtualTime().run(async () => {
    let n = 0;
    const provider = handmade({
      generate: ({ model }) => {
        if (model !== "m") return Promise.resolve(reply("from n"));
        n++;
        throw busy({ retryAfterMs: 5 * 60_000 });
      },
    });
    const A = defineAgent({ ...base, provider, fallbackModels: ["n"] });
    for (const x of [1, 2]) assertEquals((await A.call({ x })).content, "from n");
    assertEquals([n, performance.now()], [1, performance.now()]);
  });
});

Deno.test("429: the time limit to the first token does not include the wait", async () => {
  using time = fakeTime();
  const provider = scripted([busy({ retryAfterMs: 5 * 60_000 }), "ok"]);
  const timeout = { attempt: 1_000, firstToken: 1_000, idle: 1_000 };
  const deltas: string[] = [];
  const call = defineAgent({ ...base, provider, timeout }).call({ x: 1 }, {
    onDelta: (text) => void deltas.push(text),
  });
  await time.tick(6 * 60_000);
  assertEquals([(await call).content, deltas.join("")], ["ok", "ok"]);
});

Deno.test("503: a long wait applies to the call alone", async () => {
  await virtualTime().run(async () => {
    const failing = new ProviderError("down", {
      code: "provider",
      status: 503,
      retryable: true,
      retryAfterMs: 5 * 60_000,
    });
    const provider = scripted([failing, "ok", "ok"]);
    const A = defineAgent({ ...base, provider });
    const first = A.call({ x: 1 });
    await sleep(10);
    assertEquals((await A.call({ x: 2 })).timing.limitedMs, 0);
    const { timing } = await first;
    assert(timing.backoffMs >= 5 * 60_000);
  });
});

/** Starts a server that answers the first requests as given, and the others well. */
function serve(
  ...rejections: readonly (readonly [headers: Record<string, string>, body: unknown])[]
) {
  let n = 0;
  const times: number[] = [];
  const server = serveHttp(async (request) => {
    await request.text();
    times.push(performance.now());
    const rejection = rejections[n++];
    if (rejection === undefined) {
      return Response.json({
        choices: [{
          index: 0,
          message: { role: "assistant", content: "ok" },
          finish_reason: "stop",
        }],
      });
    }
    const [headers, body] = rejection;
    return Response.json(body, { status: 429, headers });
  });
  return { server, times, url: `${server.url}/v1` };
}

const WAITS: Record<string, [headers: Record<string, string>, body: unknown]> = {
  "words": [{}, { error: { message: "Rate limit reached. Please try again in 80ms." } }],
  "RetryInfo": [{}, [{
    error: { code: 429, details: [{ "@type": "RetryInfo", retryDelay: "0.08s" }] },
  }]],
  "a reset": [{
    "x-ratelimit-limit-requests": "60",
    "x-ratelimit-remaining-requests": "0",
    "x-ratelimit-reset-requests": "80ms",
  }, { error: { message: "Too many requests" } }],
  "a message without an error": [{}, { object: "error", message: "retry after 0.08 seconds" }],
};

for (const [name, rejection] of Object.entries(WAITS)) {
  Deno.test(`429: a real server's wait is read from ${name}`, async () => {
    const { server, times, url } = serve(rejection);
    await using _ = server;
    await using provider = openai({ baseURL: url, apiKey: "k" });
    const { attempts } = await defineAgent({ ...base, provider }).call({ x: 1 });
    assertEquals(attempts.map(({ retryAfterMs }) => retryAfterMs), [80, undefined]);
    assert(times[1]! - times[0]! >= 79);
  });
}

Deno.test("x-should-retry: overrides the status", async () => {
  const no = { "x-should-retry": "false" };
  const { server, times, url } = serve([no, { error: { message: "no", type: "requests" } }]);
  await using _ = server;
  await using provider = openai({ baseURL: url, apiKey: "k" });
  const { error } = await defineAgent({ ...base, provider }).settle({ x: 1 });
  assertEquals([error?.code, error?.retryable, times.length], ["rate_limited", false, 1]);
});

Deno.test("configure: checks the patience", () => {
  const error = (() => {
    try {
      configure({ retries: { patience: -1 } });
    } catch (error) {
      return error as Error;
    }
  })();
  assertMatch(error!.message, /retries.*patience must be/);
});
