import { type ModelRequest, ProviderError, type ProviderErrorOptions } from "@shoal/agents";
import {
  type VirtualProvider,
  virtualProvider,
  type VirtualProviderOptions,
  virtualTime,
} from "@shoal/agents/testing";
import { assert, assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { delay } from "@std/async/delay";
import fc from "fast-check";
import { settled, used } from "../../helpers.ts";
import { watchedSignal } from "../../run/helpers.ts";

function request(text = "12345678"): ModelRequest {
  return { model: "m", messages: [{ role: "user", content: text }], settings: {} };
}
const { signal } = new AbortController();
const ask = (provider: VirtualProvider, text?: string) =>
  provider.generate(request(text), { signal });
const failure = (provider: VirtualProvider, text?: string) =>
  assertRejects(() => ask(provider, text), ProviderError);

/** The fields of an error that are set. */
function fieldsOf(error: ProviderError): ProviderErrorOptions {
  const { code, status, retryable, retryAfterMs, rates } = error;
  const all = { code, status, retryable, retryAfterMs, rates };
  return JSON.parse(JSON.stringify(all));
}

/** Runs a test in virtual time, with a provider that is created at 0. */
function virtually<T>(
  options: VirtualProviderOptions,
  work: (provider: VirtualProvider, time: { readonly now: number }) => Promise<T>,
): Promise<T> {
  const time = virtualTime();
  return time.run(() => work(virtualProvider(options), time));
}

Deno.test("virtual provider: repeats the last message at once by default", async () => {
  await virtually({}, async (provider, time) => {
    assertEquals(await ask(provider), {
      text: "12345678",
      finishReason: "stop",
      usage: used(2, 2),
    });
    const parts = [{ type: "text", text: "a" }, { type: "image", url: "data:," }] as const;
    const mixed = { ...request(), messages: [{ role: "user", content: parts }] } as const;
    assertEquals((await provider.generate(mixed, { signal })).text, "a");
    assertEquals((await provider.generate({ ...request(), messages: [] }, { signal })).text, "");
    assertEquals([time.now, provider.stats.byStatus], [0, { 200: 3 }]);
    assertEquals([provider.name, provider.limits], ["virtual", undefined]);
  });
});

Deno.test("virtual provider: draws latency from any distribution, repeatably", async () => {
  const took = (options: VirtualProviderOptions, n = 2_000) =>
    virtually(options, async (provider, time) => {
      const all: number[] = [];
      await Promise.all(Array.from({ length: n }, async (_, i) => {
        await ask(provider);
        all[i] = time.now;
      }));
      return all;
    });
  assertEquals(await took({ latency: 800 }, 2), [800, 800]);
  assertEquals(await took({ latency: () => 50 }, 1), [50]);
  const spread = { latency: { p50: 800, p99: 4_000 } };
  const one = await took({ ...spread, seed: 5 });
  assertEquals(one, await took({ ...spread, seed: 5 }));
  assert(one.some((ms, i) => ms !== one.at(i - 1)));
  const sorted = one.toSorted((a, b) => a - b);
  assert(Math.abs(sorted[1_000]! / 800 - 1) < 0.1, `${sorted[1_000]}`);
  assert(Math.abs(sorted[1_980]! / 4_000 - 1) < 0.3, `${sorted[1_980]}`);
  const even = await took({ latency: { min: 100, max: 200 } });
  assert(even.every((ms) => ms >= 100 && ms <= 200));
  assert((await took({ latency: { mean: 100, stddev: 10 } })).some((ms) => ms > 110));
  assert((await took({ ...spread, seed: 6 })).some((ms, i) => ms !== one[i]));
});

Deno.test("virtual provider: requests per minute, with reports and retry delays", async () => {
  await virtually({ limits: { requestsPerMinute: 3 }, latency: 10 }, async (provider, time) => {
    const replies = await Promise.all([ask(provider), ask(provider), ask(provider)]);
    // The state at arrival, not at the answer.
    assertEquals(
      replies.map(({ rates }) => rates),
      [2, 1, 0].map((remaining) => ({
        requests: { limit: 3, remaining, resetMs: (3 - remaining) * 20_000 },
        tokens: undefined,
      })),
    );
    const error = await failure(provider);
    assertEquals(time.now, 30);
    assertEquals(fieldsOf(error), {
      code: "rate_limited",
      status: 429,
      retryable: true,
      retryAfterMs: 19_990,
      rates: { requests: { limit: 3, remaining: 0, resetMs: 59_990 } },
    });
    await delay(19_970);
    await ask(provider);
    const { byStatus, accepted, refused, requests } = provider.stats;
    assertEquals([byStatus, accepted, refused, requests], [{ 200: 4, 429: 1 }, 4, 1, 5]);
    assertEquals(provider.arrivals.map(({ at, accepted }) => [at, accepted]), [
      [0, true],
      [0, true],
      [0, true],
      [10, false],
      [20_000, true],
    ]);
  });
});

Deno.test("virtual provider: reports and retry delays can be turned off", async () => {
  const limits = { requestsPerMinute: 1, tokensPerMinute: 1_000 };
  const closed = { limits, reportRates: false, retryAfter: false, refusalLatency: 5 };
  await virtually(closed, async (provider, time) => {
    assertEquals((await ask(provider)).rates, undefined);
    const error = await failure(provider);
    assertEquals(fieldsOf(error), { code: "rate_limited", status: 429, retryable: true });
    assertEquals(time.now, 5);
  });
});

Deno.test("virtual provider: tokens per minute count the prompt and the answer", async () => {
  await virtually({ limits: { tokensPerMinute: 100 }, outputTokens: 30 }, async (provider) => {
    const { usage, rates } = await ask(provider, "x".repeat(40));
    assertEquals(usage, used(10, 30));
    assertEquals(rates!.tokens, { limit: 100, remaining: 60, resetMs: 24_000 });
    await ask(provider, "x".repeat(40));
    assertEquals((await failure(provider, "x".repeat(100))).retryAfterMs, 3_000);
    const large = await failure(provider, "x".repeat(500));
    assertEquals([large.retryAfterMs, large.retryable], [undefined, true]);
    assertEquals(provider.arrivals.map(({ tokens }) => tokens), [40, 40, 25, 125]);
    assertEquals(provider.stats.peakTokensPerMinute, 80);
  });
});

Deno.test("virtual provider: rejects requests beyond the concurrency", async () => {
  await virtually({ limits: { concurrency: 2 }, latency: 100 }, async (provider) => {
    const all = Array.from({ length: 3 }, () => ask(provider));
    const outcomes = await Promise.allSettled(all);
    assertEquals(outcomes.map(({ status }) => status), ["fulfilled", "fulfilled", "rejected"]);
    await ask(provider);
    assertEquals([provider.stats.peakInFlight, provider.stats.inFlight], [3, 0]);
  });
});

Deno.test("virtual provider: requests beyond the stream limit wait in line", async () => {
  await virtually({ streams: 2, latency: 100 }, async (provider, time) => {
    const controllers = Array.from({ length: 6 }, () => new AbortController());
    const ends: [number, number][] = [];
    const all = controllers.map(async ({ signal }, i) => {
      await provider.generate(request(), { signal });
      ends.push([i, time.now]);
    });
    await delay(50);
    assertEquals([provider.stats.waiting, provider.stats.inFlight], [4, 6]);
    assertEquals(provider.stats.accepted, 2);
    controllers[3]!.abort("bye");
    controllers[0]!.abort("bye");
    const outcomes = await Promise.allSettled(all);
    assertEquals(ends, [[1, 100], [2, 150], [4, 200], [5, 250]]);
    assertEquals(outcomes.filter(({ status }) => status === "rejected").length, 2);
    assertEquals(provider.arrivals.map(({ at }) => at), [0, 0, 50, 100, 150]);
    const { waiting, inFlight, aborted, requests } = provider.stats;
    assertEquals([waiting, inFlight, aborted, requests], [0, 0, 2, 6]);
  });
});

Deno.test("virtual provider: a request aborted as its stream opens never arrives", async () => {
  let latency = 10;
  await virtually({ streams: 1, latency: () => latency }, async (provider) => {
    const controller = new AbortController();
    const onResponse = () => queueMicrotask(() => controller.abort("bye"));
    const first = provider.generate(request(), { signal, onResponse });
    latency = 0;
    const second = provider.generate(request(), controller).catch((reason) => reason);
    assertEquals([(await first).text, await second], ["12345678", "bye"]);
    const { accepted, aborted, inFlight } = provider.stats;
    assertEquals([accepted, aborted, inFlight], [1, 1, 0]);
  });
});

Deno.test("virtual provider: the stream limit holds, first come, first served", async () => {
  const plan = fc.array(
    fc.record({
      at: fc.nat(30),
      ms: fc.integer({ min: 1, max: 20 }),
      abortAt: fc.option(fc.nat(60), { nil: undefined }),
    }),
    { maxLength: 40 },
  );
  await fc.assert(fc.asyncProperty(plan, fc.integer({ min: 1, max: 4 }), async (calls, streams) => {
    const sent: number[] = [];
    const open = new Map<number, { from: number; to: number }>();
    const time = virtualTime();
    await time.run(async () => {
      const provider = virtualProvider({
        streams,
        latency({ model }) {
          open.set(Number(model), { from: time.now, to: Infinity });
          return calls[Number(model)]!.ms;
        },
      });
      await Promise.all(calls.map(async ({ at, abortAt }, i) => {
        await delay(at);
        const controller = new AbortController();
        const stop = setTimeout(() => controller.abort(), abortAt ?? 10_000);
        sent.push(i);
        await provider.generate({ ...request(), model: `${i}` }, controller).catch(() => {});
        clearTimeout(stop);
        if (open.has(i)) open.get(i)!.to = time.now;
      }));
      const { inFlight, waiting, accepted } = provider.stats;
      assertEquals([inFlight, waiting, accepted], [0, 0, open.size]);
    });
    assertEquals([...open.keys()], sent.filter((i) => open.has(i)));
    for (const { from: now } of open.values()) {
      const then = [...open.values()].filter(({ from, to }) => from <= now && now < to);
      assert(then.length <= streams);
    }
    for (const [i, { abortAt }] of calls.entries()) if (abortAt === undefined) assert(open.has(i));
  }));
});

Deno.test("virtual provider: outages", async () => {
  const outages = [
    { from: 1_000, to: 2_000 },
    { from: 3_000, to: 4_000, status: "network" },
    { from: 5_000, to: 6_000, status: "stall" },
    { from: 7_000, to: 8_000, status: 529 },
  ] as const;
  await virtually({ outages, latency: 100, refusalLatency: 5 }, async (provider, time) => {
    const at = async (ms: number) => {
      await delay(ms - time.now);
      const controller = new AbortController();
      setTimeout(() => controller.abort("stalled"), 500);
      const began = time.now;
      const outcome = await provider.generate(request(), controller).then(
        () => 200,
        (error) => error.status ?? error.code ?? error,
      );
      return [outcome, time.now - began];
    };
    assertEquals(await at(900), [200, 100]);
    assertEquals(await at(1_000), [503, 5]);
    assertEquals(await at(1_999), [503, 5]);
    assertEquals(await at(2_500), [200, 100]);
    assertEquals(await at(3_500), ["network", 5]);
    assertEquals(await at(5_500), ["stalled", 500]);
    assertEquals(await at(7_500), [529, 5]);
    assertEquals(await at(8_000), [200, 100]);
    const { broken, aborted, byStatus, accepted } = provider.stats;
    assertEquals([broken, aborted, accepted], [1, 1, 3]);
    assertEquals(byStatus, { 200: 3, 503: 2, 529: 1 });
  });
});

Deno.test("virtual provider: classifies faults as over HTTP", async () => {
  const limits = { requestsPerMinute: 1_000 };
  const all: [fault: string, ms: number, error: Partial<ProviderErrorOptions>, accepted: 0 | 1][] =
    [
      ["rateLimit", 20, {
        code: "rate_limited",
        status: 429,
        retryable: true,
        retryAfterMs: 100,
      }, 0],
      ["insufficientQuota", 20, { code: "rate_limited", status: 429, retryable: false }, 0],
      ["error400", 20, { code: "provider", status: 400, retryable: false }, 0],
      ["error408", 20, { code: "timeout", status: 408, retryable: true }, 0],
      ["error409", 20, { code: "provider", status: 409, retryable: true }, 0],
      ["error500", 300, { code: "provider", status: 500, retryable: true }, 1],
      ["error529", 300, { code: "provider", status: 529, retryable: true }, 1],
      ["reset", 300, { code: "network", retryable: true }, 1],
      ["truncate", 400, { code: "truncated", retryable: true }, 1],
    ];
  for (const [fault, ms, expected, accepted] of all) {
    const options = { faults: { [fault]: 1 }, limits, latency: 300, tokensPerSecond: 10 };
    await virtually(options, async (provider, time) => {
      const error = await failure(provider, "12345678");
      const { rates, ...rest } = fieldsOf(error);
      assertEquals(rest, expected as typeof rest);
      assertEquals([time.now, provider.stats.accepted], [ms, accepted]);
      assertEquals(rates === undefined, fault === "reset");
      if (fault === "truncate") assertEquals([error.text, error.usage], ["1234", used(2, 2)]);
      else assertEquals(error.usage, undefined);
    });
  }
});

Deno.test("virtual provider: a stall ends when its signal aborts", async () => {
  await virtually({ faults: { stall: 1 } }, async (provider, time) => {
    const controller = new AbortController();
    setTimeout(() => controller.abort("enough"), 700);
    const reason = await provider.generate(request(), controller).catch((reason) => reason);
    assertEquals([reason, time.now], ["enough", 700]);
  });
});

Deno.test("virtual provider: faults occur at their rates", async () => {
  const faults = { rateLimit: 0.2, error500: 0.05, truncate: 0.01 };
  await virtually({ faults }, async (provider) => {
    const n = 20_000;
    await Promise.allSettled(Array.from({ length: n }, () => ask(provider)));
    const { byStatus, refused, accepted } = provider.stats;
    assert(Math.abs(byStatus[429]! / n - 0.2) < 0.02, `${byStatus[429]}`);
    assert(Math.abs(byStatus[500]! / n - 0.05) < 0.01, `${byStatus[500]}`);
    assertEquals([refused, accepted], [byStatus[429]!, n - byStatus[429]!]);
  });
});

Deno.test("virtual provider: respond makes the answers", async () => {
  const numbers: number[] = [];
  const respond = (request: ModelRequest, n: number) => {
    numbers.push(n);
    return request.messages[0]!.content === "json" ? { text: "{}", finishReason: "length" } : "no";
  };
  const limits = { requestsPerMinute: 3 };
  await virtually({ respond, limits, reportRates: false }, async (provider) => {
    assertEquals(await ask(provider, "json"), {
      text: "{}",
      finishReason: "length",
      usage: used(1, 1),
    });
    assertEquals((await ask(provider)).text, "no");
    await ask(provider);
    await failure(provider);
    assertEquals(numbers, [0, 1, 2]);
  });
  const free = { respond: () => ({ text: "x", usage: undefined }) };
  await virtually(free, async (provider) => assertEquals((await ask(provider)).usage, undefined));
  const dear = { ...free, outputTokens: () => 7.4 };
  await virtually(dear, async (provider) => assertEquals((await ask(provider)).usage, used(2, 7)));
});

Deno.test("virtual provider: respond may be slow, throw, and return errors", async () => {
  const error = new ProviderError("own", { code: "provider", status: 501, retryable: false });
  const mine = new RangeError("mine");
  const respond = async (request: ModelRequest) => {
    await delay(50);
    const text = request.messages[0]!.content;
    if (text === "throw") throw mine;
    return text === "error" ? error : text === "never" ? new Promise<string>(() => {}) : "late";
  };
  await virtually({ respond, latency: 10, limits: { tokensPerMinute: 6_000 } }, async (p, time) => {
    assertEquals([(await ask(p)).text, time.now], ["late", 60]);
    assertStrictEquals(await ask(p, "error").catch((error) => error), error);
    assertStrictEquals(await ask(p, "throw").catch((error) => error), mine);
    const controller = new AbortController();
    setTimeout(() => controller.abort("enough"), 100);
    const never = p.generate(request("never"), controller).catch((reason) => reason);
    assertEquals(await never, "enough");
    assertEquals(p.stats.byStatus, { 200: 1, 501: 1 });
    assertEquals([p.stats.inFlight, p.stats.aborted], [0, 1]);
  });
  for (const nonsense of [undefined, null, 5, {}, []]) {
    await assertRejects(
      () => ask(virtualProvider({ respond: () => nonsense as never })),
      TypeError,
      "Cannot answer as what respond returns must be a text",
    );
  }
  for (const option of ["latency", "outputTokens"]) {
    const provider = virtualProvider({ [option]: () => NaN });
    await assertRejects(() => ask(provider), RangeError, `Cannot answer as ${option} must return`);
    assertEquals(provider.stats.inFlight, 0);
  }
});

Deno.test("virtual provider: tokensPerSecond spaces out a stream", async () => {
  const options = { latency: 1_000, tokensPerSecond: 10, outputTokens: 20 };
  await virtually(options, async (provider, time) => {
    const events: unknown[] = [];
    const onResponse = () => events.push([time.now, "headers"]);
    for await (const chunk of provider.stream(request("a b c d"), { signal, onResponse })) {
      events.push([
        time.now,
        chunk.type === "reply" ? chunk.reply.text : "text" in chunk && chunk.text,
      ]);
    }
    assertEquals(events, [
      [1_000, "headers"],
      [1_000, "a"],
      [1_500, " b"],
      [2_000, " c"],
      [2_500, " d"],
      [3_000, "a b c d"],
    ]);
    const began = time.now;
    await ask(provider);
    assertEquals(time.now - began, 3_000);
  });
});

Deno.test("virtual provider: fast words need no timer each", async () => {
  await virtually({ tokensPerSecond: 100_000 }, async (provider, time) => {
    const text = "word ".repeat(4_000);
    const times = new Set<number>();
    for await (const _ of provider.stream(request(text), { signal })) times.add(time.now);
    assertEquals([time.now, times.size < 60], [50, true]);
  });
});

Deno.test("virtual provider: a truncated stream keeps the text before the cut", async () => {
  const options = { faults: { truncate: 1 }, tokensPerSecond: 1 };
  await virtually(options, async (provider, time) => {
    const deltas: string[] = [];
    const error = await assertRejects(async () => {
      for await (const chunk of provider.stream(request("a b c d "), { signal })) {
        assert(chunk.type === "delta");
        deltas.push(chunk.text);
      }
    }, ProviderError);
    assertEquals([deltas, error.text, error.code], [["a", " b"], "a b", "truncated"]);
    assertEquals([time.now, provider.stats.inFlight, provider.stats.aborted], [1_000, 0, 0]);
  });
});

Deno.test("virtual provider: onResponse is called when any answer starts", async () => {
  const outages = [{ from: 500, to: 600 }, { from: 700, to: 800, status: "network" }] as const;
  await virtually({ latency: 100, outages }, async (provider, time) => {
    const events: number[] = [];
    const options = { signal, onResponse: () => events.push(time.now) };
    await provider.generate(request(), options);
    for (const ms of [500, 700]) {
      await delay(ms - time.now);
      await provider.generate(request(), options).catch(() => {});
    }
    assertEquals(events, [100, 520]);
  });
});

Deno.test("virtual provider: an abort rejects at once and leaves nothing behind", async () => {
  const time = virtualTime();
  await time.run(async () => {
    const ways: VirtualProviderOptions[] = [
      { latency: 10_000 },
      { tokensPerSecond: 0.1 },
      { limits: { requestsPerMinute: 0.001 }, refusalLatency: 10_000 },
      { faults: { stall: 1 } },
      { streams: 1, latency: 10_000 },
    ];
    for (const options of ways) {
      for (const how of ["generate", "stream"] as const) {
        const provider = virtualProvider(options);
        const { controller, signal, seen } = watchedSignal();
        const reason = new Error("enough");
        const all = Array.from({ length: 3 }, async () => {
          if (how === "generate") await provider.generate(request("a b"), { signal });
          else for await (const _ of provider.stream(request("a b"), { signal }));
        });
        await delay(5);
        assertEquals(provider.stats.inFlight, 3);
        controller.abort(reason);
        const began = time.now;
        for (const outcome of await Promise.allSettled(all)) {
          assert(outcome.status === "rejected");
          if (outcome.reason !== reason) assertEquals(outcome.reason.status, 429);
        }
        assertEquals([time.now, time.pending], [began, 0]);
        assertEquals([provider.stats.inFlight, provider.stats.waiting], [0, 0]);
        assertEquals(seen.added, seen.removed);
        // Nothing is counted before it starts.
        const { requests } = provider.stats;
        const late = how === "generate"
          ? provider.generate(request(), { signal })
          : Array.fromAsync(provider.stream(request(), { signal }));
        assertStrictEquals(await late.catch((thrown) => thrown), reason);
        assertEquals([provider.stats.requests, provider.stats.inFlight], [requests, 0]);
      }
    }
  });
});

Deno.test("virtual provider: removes its listener from a shared signal", async () => {
  const { signal, seen } = watchedSignal();
  await virtually({ latency: { min: 0, max: 50 } }, async (provider) => {
    await Promise.all(Array.from({ length: 500 }, () => provider.generate(request(), { signal })));
    for await (const _ of provider.stream(request(), { signal }));
  });
  assertEquals(seen.added, seen.removed);
});

Deno.test("virtual provider: a stream that is not read to the end is aborted", async () => {
  await virtually({ tokensPerSecond: 1, streams: 1 }, async (provider) => {
    for await (const _ of provider.stream(request("a b c"), { signal })) break;
    assertEquals([provider.stats.inFlight, provider.stats.aborted], [0, 1]);
    await ask(provider);
  });
});

Deno.test("virtual provider: the peaks per minute match a naive count", async () => {
  const arrivals = fc.array(
    fc.record({ after: fc.nat(40_000), tokens: fc.nat(100) }),
    { maxLength: 40 },
  );
  await fc.assert(fc.asyncProperty(arrivals, async (calls) => {
    await virtually({ outputTokens: 0 }, async (provider) => {
      for (const { after, tokens } of calls) {
        if (after > 0) await delay(after);
        await ask(provider, "x".repeat(4 * tokens));
      }
      let [requests, tokens] = [0, 0];
      for (const { at } of provider.arrivals) {
        const within = provider.arrivals.filter((one) => one.at <= at && one.at > at - 60_000);
        requests = Math.max(requests, within.length);
        tokens = Math.max(tokens, within.reduce((sum, one) => sum + one.tokens, 0));
      }
      const { peakPerMinute, peakTokensPerMinute } = provider.stats;
      assertEquals([peakPerMinute, peakTokensPerMinute], [requests, tokens]);
    });
  }));
});

Deno.test("virtual provider: keeps the first arrivals and counts all", async () => {
  for (const keep of [0, 2, Infinity]) {
    const provider = virtualProvider({ keep });
    for (let i = 0; i < 3; i++) await ask(provider);
    assertEquals([provider.arrivals.length, provider.stats.accepted], [Math.min(keep, 3), 3]);
  }
});

Deno.test("virtual provider: also works in real time", async () => {
  const provider = virtualProvider({ latency: 5, limits: { requestsPerMinute: 2 } });
  const began = performance.now();
  await Promise.all([ask(provider), ask(provider)]);
  assert(performance.now() - began >= 4);
  assertEquals((await failure(provider)).status, 429);
  await settled();
  assertEquals(provider.stats.inFlight, 0);
});

Deno.test("virtual provider: rejects invalid options at once", () => {
  const doing = "Cannot create a virtual provider as";
  const cases: [options: unknown, kind: typeof TypeError | typeof RangeError, message: string][] = [
    [{ latency: -1 }, RangeError, `${doing} latency must be a number of milliseconds`],
    [{ latency: {} }, TypeError, "latency must be milliseconds, { mean, stddev }, { min, max }"],
    [{ latency: { min: 5, max: 4 } }, RangeError, "latency.max must be at least latency.min"],
    [{ latency: { p50: 0, p99: 4 } }, RangeError, "latency.p50 must be milliseconds above 0"],
    [{ outputTokens: -1 }, RangeError, "outputTokens must be a number of tokens, 0 or more"],
    [{ outputTokens: { p50: 0, p99: 1 } }, RangeError, "outputTokens.p50 must be tokens above 0"],
    [{ refusalLatency: Infinity }, RangeError, "refusalLatency must be"],
    [{ limits: { requestPerMinute: 5 } }, TypeError, 'did you mean "requestsPerMinute"?'],
    [{ limits: { requestsPerMinute: 0 } }, RangeError, "limits.requestsPerMinute must be"],
    [{ reportRates: 1 }, TypeError, "reportRates must be true or false"],
    [{ retryAfter: "yes" }, TypeError, "retryAfter must be true or false"],
    [{ outages: {} }, TypeError, "outages must be an array of { from, to, status }"],
    [{ outages: [{ from: 1 }] }, TypeError, "outages[0].to must be"],
    [{ outages: [{ from: 5, to: 4 }] }, RangeError, "outages[0].to must be at least"],
    [
      { outages: [{ from: 0, to: 1, status: 200 }] },
      RangeError,
      "outages[0].status must be a status",
    ],
    [{ outages: [{ from: 0, to: 1, status: "down" }] }, TypeError, '"network" or "stall"'],
    [{ faults: { error600: 0.1 } }, TypeError, 'there is no option "error600"'],
    [{ faults: { reset: 1.1 } }, RangeError, "faults.reset must be a number from 0 to 1"],
    [{ faults: { reset: 0.6, stall: 0.6 } }, RangeError, "faults must add up to at most 1"],
    [{ respond: "x" }, TypeError, "respond must be a function"],
    [{ tokensPerSecond: 0 }, RangeError, "tokensPerSecond must be a number above 0"],
    [{ streams: 0 }, RangeError, "streams must be a positive integer or Infinity"],
    [{ seed: -1 }, RangeError, "seed must be a whole number"],
    [{ keep: 0.5 }, RangeError, "keep must be a whole number, 0 or more, or Infinity"],
    [{ latncy: 1 }, TypeError, 'there is no option "latncy": did you mean "latency"?'],
    [null, TypeError, "its options must be an object"],
  ];
  for (const [options, kind, message] of cases) {
    const error = assertThrows(() => virtualProvider(options as never), Error, message);
    assertEquals(error.constructor, kind);
  }
});
