/** Adaptive concurrency, which discovers the limit of the server. */
import {
  batch,
  type ConcurrencyChange,
  configure,
  defineAgent,
  type LimitOptions,
  scope,
  stream,
  summarize,
} from "@shoal/agents";
import { openai } from "@shoal/agents/openai";
import {
  scripted,
  simulator,
  virtualProvider,
  type VirtualProviderOptions,
  virtualTime,
} from "@shoal/agents/testing";
import { assert, assertEquals, assertGreaterOrEqual, assertThrows } from "@std/assert";
import { busy, configured, handmade, reply } from "../helpers.ts";

const base = { name: "a", model: "m", prompt: "{i}" };
const many = (n: number) => Array.from({ length: n }, (_, i) => i);

/**
 * Runs calls for two minutes. Returns the number of accepted requests and the share of rejected
 * ones.
 */
async function twoMinutes(
  server: VirtualProviderOptions,
  limits: LimitOptions | undefined,
  concurrency: number,
) {
  using _ = configured({ prices: { m: { input: 1, output: 1 } } });
  return await virtualTime({ seed: 1 }).run(async () => {
    const provider = virtualProvider({
      latency: { p50: 800, p99: 4_000 },
      reportRates: false,
      outputTokens: 10,
      seed: 1,
      ...server,
    });
    const A = defineAgent({
      ...base,
      provider: { ...provider, limits },
      retries: { rateLimited: 50 },
    });
    function* calls() {
      for (let i = 0;; i++) yield [A, { i }] as const;
    }
    for await (const { result } of stream(calls(), { concurrency, deadline: 120_000 })) {
      if (!result.ok) assertEquals(result.error.code, "timeout");
    }
    const { accepted, refused } = provider.stats;
    return { accepted, refused: refused / (accepted + refused) };
  });
}

/** The mean latency, in milliseconds. */
const MEAN = 800 * Math.exp((Math.log(5) / 2.3263) ** 2 / 2);

Deno.test("adaptive: uses 85 % of an unknown limit, with at most 2 % rejected", async () => {
  const servers: [limits: VirtualProviderOptions["limits"], bears: number][] = [
    [{ concurrency: 100 }, 100 / MEAN * 120_000],
    // The buckets are full at the start.
    [{ requestsPerMinute: 6_000 }, 18_000],
    [{ requestsPerMinute: 600 }, 1_800],
  ];
  for (const [limits, bears] of servers) {
    const { accepted, refused } = await twoMinutes({ limits }, { concurrency: "adaptive" }, 1_000);
    const what = `${JSON.stringify(limits)}: ${accepted / bears} used, ${refused} refused`;
    assert(accepted / bears >= 0.85 && refused <= 0.02, what);
  }
});

Deno.test("adaptive: a fixed concurrency backs off from an unknown limit, too", async () => {
  const { accepted, refused } = await twoMinutes({ limits: { concurrency: 100 } }, undefined, 500);
  assert(accepted / (100 / MEAN * 120_000) > 0.75 && refused < 0.2, `${accepted} ${refused}`);
});

Deno.test("adaptive: background rejections do not slow the run for long", async () => {
  for (const [share, concurrency] of [[0.2, 10], [0.2, 500], [0.05, 100]] as const) {
    const server = { faults: { rateLimit: share } };
    const { accepted } = await twoMinutes(server, undefined, concurrency);
    const bears = concurrency / MEAN * 120_000 * (1 - share);
    assertGreaterOrEqual(accepted / bears, 0.6, `${share} at ${concurrency}`);
  }
});

Deno.test("adaptive: begins at `start`, doubles within its bounds, reports changes", async () => {
  using _ = configured({ prices: { m: { input: 1, output: 1 } } });
  const changes: ConcurrencyChange[] = [];
  await virtualTime().run(async () => {
    const provider = scripted("ok", { latency: 100 });
    const A = defineAgent({ ...base, provider });
    const results = await batch(many(500).map((i) => [A, { i }] as const), {
      concurrency: { start: 4, max: 40, onChange: (change) => changes.push(change) },
    });
    assertEquals(provider.peakInFlight, 40);
    const found = results.map(({ attempts }) => attempts[0]!.concurrency!);
    assertEquals([Math.min(...found), Math.max(...found)], [4, 40]);
    const { concurrency, wallMs } = summarize(results);
    assertEquals([concurrency![0]!.concurrency, concurrency!.at(-1)!.concurrency > 35], [4, true]);
    // Waves of 4, 8, 16 and 32, and then 40.
    assert(wallMs < 1_800, `${wallMs}`);
  });
  assert(changes.length > 10 && changes.every(({ reason }) => reason === "growth"));
  assertEquals(changes[0]!.previous, 4);
  assertEquals(changes.at(-1)!.concurrency > 35, true);
});

Deno.test("adaptive: cuts once per episode, and never below `min`", async () => {
  using _ = configured({ prices: { m: { input: 1, output: 1 } } });
  const changes: ConcurrencyChange[] = [];
  await virtualTime().run(async () => {
    let n = 0;
    // Of the second hundred requests, thirty are rejected together.
    const provider = handmade({
      generate: async () => {
        const mine = n++;
        await new Promise((resolve) => setTimeout(resolve, 100));
        if (mine >= 100 && mine < 130) throw busy();
        return reply("ok");
      },
    });
    const A = defineAgent({ ...base, provider });
    const bounds = { start: 50, min: 15, max: 60 };
    const onChange = (change: ConcurrencyChange) => void changes.push(change);
    const results = await batch(many(400).map((i) => [A, { i }] as const), {
      concurrency: { ...bounds, onChange },
    });
    assert(results.every(({ ok }) => ok));
  });
  const least = Math.min(...changes.map(({ concurrency }) => concurrency));
  assert(least >= 15 && least < 30, `${least}`);
  assert(changes.at(-1)!.concurrency > least);
});

Deno.test("adaptive: failures stop the growth, but do not cut the concurrency", async () => {
  using _ = configured({ prices: { m: { input: 1, output: 1 } } });
  await virtualTime().run(async () => {
    let n = 0;
    const provider = handmade({
      generate: async () => {
        await new Promise((resolve) => setTimeout(resolve, 10));
        if (n++ % 2 === 0) throw busy({ code: "provider", status: 503 });
        return reply("ok");
      },
    });
    const A = defineAgent({ ...base, provider, retries: { max: 20, base: 0 } });
    const results = await batch(many(200).map((i) => [A, { i }] as const), {
      concurrency: { start: 10, max: 100 },
    });
    const found = results.flatMap(({ attempts }) =>
      attempts.map(({ concurrency }) => concurrency!)
    );
    assertEquals([Math.min(...found), Math.max(...found)], [10, 10]);
  });
});

Deno.test("adaptive: a scope shows its current concurrency", async () => {
  using _ = configured({ prices: { m: { input: 1, output: 1 } } });
  await virtualTime().run(async () => {
    const A = defineAgent({ ...base, provider: scripted("ok", { latency: 10 }) });
    await scope({ concurrency: { start: 2, max: 50 } }, async (scope) => {
      assertEquals(scope.concurrency, 2);
      await Promise.all(many(200).map((i) => A.call({ i })));
      assertEquals(scope.concurrency! > 20, true);
    });
  });
});

Deno.test("adaptive: discovers the limit of a real server", async () => {
  await using server = simulator({ latency: 20, limits: { concurrency: 20 }, seed: 3 });
  const limits = { concurrency: "adaptive" } as const;
  await using provider = openai({ baseURL: server.url, apiKey: "a", limits });
  const A = defineAgent({ ...base, provider });
  const results = await batch(many(500).map((i) => [A, { i }] as const), { concurrency: 100 });
  assertEquals(results.filter(({ ok }) => !ok), []);
  assert(server.stats.byStatus[429]! < 50, JSON.stringify(server.stats.byStatus));
});

Deno.test("adaptive: rejects contradictory options at once", () => {
  const A = defineAgent({ ...base, provider: scripted("ok") });
  const bad: [options: object, error: typeof TypeError | typeof RangeError, says: string][] = [
    [{ concurrency: { min: 5, max: 3 } }, RangeError, "min must not be above max: 5 is above 3"],
    [{ concurrency: { start: 5, max: 3 } }, RangeError, "start must not be above max"],
    [{ concurrency: { start: 1, min: 2 } }, RangeError, "start must not be below min"],
    [{ concurrency: { max: 0 } }, RangeError, "max must be a positive integer"],
    [{ concurrency: { maxx: 1 } }, TypeError, 'did you mean "max"?'],
    [{ concurrency: { onChange: 1 } }, TypeError, "onChange must be a function"],
    [{ limits: { adaptive: true } }, TypeError, 'use concurrency: "adaptive"'],
    [{ limits: { concurrency: "auto" } }, TypeError, 'must be a positive integer, "adaptive" or'],
    [{ limits: { reserve: 1.5 } }, RangeError, "reserve"],
    [{ limits: { requestsPerMinute: -1 } }, RangeError, "requestsPerMinute"],
  ];
  for (const [options, error, says] of bad) {
    assertThrows(() => stream([[A, { i: 1 }]], options as never), error, says);
  }
  const models = (limits: object) => () =>
    openai({ apiKey: "a", limits: { models: limits } as never });
  assertThrows(models({ m: { concurrency: 0 } }), RangeError, 'models["m"]');
  assertThrows(models([]), TypeError, "models must be an object with limits by model");
});

/** Runs the work in virtual time, with a price configured. */
function inVirtualTime<T>(work: () => Promise<T>): Promise<T> {
  const restore = configured({ prices: { m: { input: 1, output: 1 } } });
  return virtualTime({ seed: 1 }).run(work).finally(() => restore[Symbol.dispose]());
}

Deno.test("adaptive: never exceeds `max` of an agent, provider, run or process", async () => {
  const limits = { concurrency: { max: 20 } };
  for (const where of ["agent", "provider", "process", "run"] as const) {
    await inVirtualTime(async () => {
      const scripts = scripted("ok", { latency: 100 });
      const provider = where === "provider" ? { ...scripts, limits } : scripts;
      if (where === "process") configure({ limits });
      const A = defineAgent({ ...base, provider, ...(where === "agent" && { limits }) });
      const run = where === "run" ? { limits } : { concurrency: 200 };
      const results = await batch(many(400).map((i) => [A, { i }] as const), run);
      const found = results.map(({ attempts }) => attempts[0]!.concurrency!);
      assertEquals([scripts.peakInFlight, Math.min(...found), Math.max(...found)], [20, 8, 20]);
    });
  }
});

Deno.test("adaptive: run, scope, agent, provider and configure take the same option", async () => {
  const limits = { concurrency: "adaptive" } as const;
  for (const where of ["run", "scope", "agent", "provider", "configure"] as const) {
    await inVirtualTime(async () => {
      const scripts = scripted("ok", { latency: 100 });
      const provider = where === "provider" ? { ...scripts, limits } : scripts;
      if (where === "configure") configure(limits);
      const A = defineAgent({ ...base, provider, ...(where === "agent" && { limits }) });
      const calls = many(400).map((i) => [A, { i }] as const);
      const run = () =>
        batch(calls, where === "run" ? limits : where === "configure" ? {} : { concurrency: 200 });
      const results = where === "scope" ? await scope(limits, run) : await run();
      const discovered = results.map(({ attempts }) => attempts[0]!.concurrency!);
      assertEquals(Math.min(...discovered), 8, where);
      assert(Math.max(...discovered) > 100, where);
    });
  }
  assertEquals(configure().concurrency, 10);
});

Deno.test("adaptive: keeps the reserve free, and still discovers the limit", async () => {
  await inVirtualTime(async () => {
    const provider = scripted("ok", { latency: 100 });
    const limits = { concurrency: { start: 8, max: 100 }, reserve: 0.5 };
    const A = defineAgent({ ...base, provider, limits });
    await batch(many(1_000).map((i) => [A, { i }] as const), { concurrency: 500 });
    assertEquals(provider.peakInFlight, 50);
  });
});

Deno.test("adaptive: discovers the limit of each model separately", async () => {
  await inVirtualTime(async () => {
    const inFlight = { slow: 0, fast: 0 };
    const peak = { slow: 0, fast: 0 };
    const provider = handmade({
      generate: async ({ model }) => {
        const name = model as "slow" | "fast";
        if (name === "slow" && inFlight.slow >= 10) throw busy({ retryAfterMs: undefined });
        peak[name] = Math.max(peak[name], ++inFlight[name]);
        await new Promise((resolve) => setTimeout(resolve, 100));
        inFlight[name]--;
        return reply("ok");
      },
    });
    const limits = { concurrency: "adaptive" } as const;
    const A = defineAgent({ ...base, provider: { ...provider, limits }, retries: 50 });
    const [slow, fast] = ["slow", "fast"].map((model) => A.with({ model }));
    const calls = many(800).map((i) => [i % 2 === 0 ? slow! : fast!, { i }] as const);
    const results = await batch(calls, { concurrency: 400 });
    assertEquals(results.filter(({ ok }) => !ok), []);
    assert(peak.slow === 10 && peak.fast > 50, JSON.stringify(peak));
  });
});

Deno.test("adaptive: does not grow beyond the used concurrency under a rate limit", async () => {
  await inVirtualTime(async () => {
    const provider = virtualProvider({ latency: 500, limits: { requestsPerMinute: 600 } });
    const A = defineAgent({ ...base, provider });
    let widest = 0;
    const onChange = ({ concurrency }: ConcurrencyChange) => {
      widest = Math.max(widest, concurrency);
    };
    await batch(many(1_500).map((i) => [A, { i }] as const), {
      concurrency: { start: 8, max: 1_000, onChange },
    });
    const { refused, peakInFlight } = provider.stats;
    assertEquals(refused, 0);
    assert(widest <= 1.2 * peakInFlight, `${widest} for ${peakInFlight}`);
  });
});

Deno.test("adaptive: follows a rejecting rate limit without cutting the concurrency", async () => {
  await inVirtualTime(async () => {
    const provider = virtualProvider({ latency: 500, limits: { requestsPerMinute: 120 } });
    const A = defineAgent({ ...base, provider, retries: { rateLimited: 50 } });
    const changes: ConcurrencyChange[] = [];
    const onChange = (change: ConcurrencyChange) => void changes.push(change);
    const bounds = { start: 200, max: 200, onChange };
    const results = await batch(many(300).map((i) => [A, { i }] as const), { concurrency: bounds });
    assertEquals(results.filter(({ ok }) => !ok), []);
    // The requests that were sent before the first answer.
    assertEquals([provider.stats.refused > 50, changes], [true, []]);
  });
});

Deno.test("adaptive: ignores aborted attempts and errors of `onChange`", async () => {
  await inVirtualTime(async () => {
    const aborts = many(400).map(() => new AbortController());
    // Every second request is aborted in flight.
    const provider = handmade({
      generate: async ({ messages }) => {
        const i = Number(messages[0]!.content);
        if (i % 2 === 1) setTimeout(() => aborts[i]!.abort(), 50);
        await new Promise((resolve) => setTimeout(resolve, 100));
        return reply("ok");
      },
    });
    const A = defineAgent({ ...base, provider });
    const onChange = () => {
      throw new Error("no");
    };
    await scope({ concurrency: { start: 8, max: 100, onChange } }, async (scope) => {
      const calls = aborts.map(({ signal }, i) => A.settle({ i }, { signal }));
      const results = await Promise.all(calls);
      assertEquals(results.filter(({ ok }) => ok).length, 200);
      // The concurrency grows by one with each success.
      assertEquals(scope.concurrency! > 50, true);
    });
  });
});
