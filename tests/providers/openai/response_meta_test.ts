/** What the headers of a response report is passed on with the reply and with every error. */
import type { ModelReply, ProviderError, ProviderOptions } from "@shoal/agents";
import { openai } from "@shoal/agents/openai";
import type { SimulatorFault } from "@shoal/agents/testing";
import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import {
  chunk,
  completion,
  DONE,
  first,
  listen,
  neverAborts,
  type Pair,
  read,
  request,
  serve,
  startPair,
  tls,
  until,
} from "./helpers.ts";

const limits = { requestsPerMinute: 600, tokensPerMinute: 60_000 };

/** Sends a complete and a streamed request, and counts the calls of onResponse. */
async function both(pair: Pair): Promise<{ thrown: unknown; reply?: ModelReply; calls: number }[]> {
  const all = [];
  for (const streamed of [false, true]) {
    let calls = 0;
    const options: ProviderOptions = { signal: neverAborts(), onResponse: () => void calls++ };
    const { provider } = pair;
    const pending = streamed
      ? read(provider.stream(request(), options)).then(({ reply }) => reply)
      : provider.generate(request(), options);
    const outcome = await pending.then((reply) => ({ reply }), (thrown) => ({ thrown }));
    all.push({ thrown: undefined, ...outcome, calls });
  }
  return all;
}

for (const [scheme, options] of [["HTTP", {}], ["HTTPS", { tls }]] as const) {
  Deno.test(`response meta: reports the limits with the reply, over ${scheme}`, async () => {
    await using pair = startPair({ ...options, limits });
    const [complete, streamed] = await both(pair);
    for (const [used, { reply, calls }] of [[1, complete!], [2, streamed!]] as const) {
      assertEquals(calls, 1);
      const { requests, tokens } = reply!.rates!;
      assertEquals(requests!.limit, 600);
      // They are refilled at ten per second.
      assert(requests!.remaining >= 600 - used && requests!.remaining < 600);
      assert(requests!.resetMs! > 0 && requests!.resetMs! <= used * 100);
      assertEquals(tokens!.limit, 60_000);
      assert(tokens!.remaining < 60_000 && tokens!.resetMs! > 0);
    }
  });
}

Deno.test("response meta: reports no limits if the server sends none", async () => {
  await using pair = startPair({ script: ["ok", "ok", "500", "500"] });
  for (const { reply } of await both(pair)) assert(!("rates" in reply!));
  for (const { thrown } of await both(pair)) {
    assertEquals((thrown as ProviderError).rates, undefined);
  }
});

Deno.test("response meta: reports what remains with a 429", async () => {
  await using pair = startPair({ limits: { requestsPerMinute: 1 } });
  await pair.generate();
  for (const { thrown, calls } of await both(pair)) {
    const { code, rates } = thrown as ProviderError;
    assertEquals([code, calls], ["rate_limited", 1]);
    assertEquals([rates!.requests!.limit, rates!.requests!.remaining], [1, 0]);
    assert(rates!.requests!.resetMs! > 30_000 && rates!.requests!.resetMs! <= 60_000);
    assertEquals(rates!.tokens, undefined);
  }
});

/** Every fault that occurs after the headers. */
const FAULTS: [SimulatorFault, ProviderError["code"]][] = [
  ["429", "rate_limited"],
  ["insufficientQuota", "rate_limited"],
  ["408", "timeout"],
  ["401", "provider"],
  ["503", "provider"],
  ["streamError", "provider"],
  ["malformed", "provider"],
  ["resetBody", "network"],
];

for (const [fault, code] of FAULTS) {
  Deno.test(`response meta: reports the limits with ${fault}`, async () => {
    await using pair = startPair({ limits, script: () => fault, keepAlive: true });
    for (const { thrown, calls } of await both(pair)) {
      assertEquals([(thrown as ProviderError).code, calls], [code, 1]);
      assertEquals((thrown as ProviderError).rates?.requests?.limit, 600);
      assertEquals((thrown as ProviderError).rates?.tokens?.limit, 60_000);
    }
  });
}

Deno.test("response meta: reports the limits with a response without choices or end", async () => {
  await using empty = startPair({ limits, script: () => "emptyChoices" });
  await using cut = startPair({ limits, script: () => "truncate" });
  const [complete, streamed] = await both(empty);
  const [half, end] = await both(cut);
  const codes = ["provider", "truncated", "provider", "truncated"];
  for (const [i, { thrown }] of [complete!, streamed!, half!, end!].entries()) {
    const { code, rates } = thrown as ProviderError;
    assertEquals([code, rates?.requests?.limit], [codes[i], 600]);
  }
});

Deno.test("response meta: does not call onResponse without a response", async () => {
  await using pair = startPair({ limits, script: () => "reset", keepAlive: false });
  for (const { thrown, calls } of await both(pair)) {
    assertEquals([(thrown as ProviderError).code, calls], ["network", 0]);
    assertEquals((thrown as ProviderError).rates, undefined);
  }
});

Deno.test("response meta: calls onResponse once, before the body is read", async () => {
  await using pair = startPair({ script: () => ({ type: "stall", afterChunks: 1 }) });
  const { provider, sim } = pair;
  for (const streamed of [false, true]) {
    let calls = 0;
    const controller = new AbortController();
    const reason = new Error("enough");
    const options = { signal: controller.signal, onResponse: () => void calls++ };
    const pending = assertRejects(async () =>
      streamed
        ? await read(provider.stream(request(), options))
        : await provider.generate(request(), options)
    );
    await until(() => calls === 1, "the headers are there");
    assertEquals(sim.stats.inFlight, 1);
    controller.abort(reason);
    assertStrictEquals(await pending, reason);
    await until(() => sim.stats.inFlight === 0, "the request is gone");
    assertEquals(calls, 1);
  }
});

Deno.test("response meta: calls onResponse when the headers arrive, not before", async () => {
  await using pair = startPair({ script: () => ({ type: "slowHeaders", ms: 300 }) });
  const began = performance.now();
  let after = 0;
  await pair.provider.generate(request(), {
    signal: neverAborts(),
    onResponse: () => void (after = performance.now() - began),
  });
  assert(after >= 295, `${after}`);
});

Deno.test("response meta: calls onResponse for an abandoned stream", async () => {
  await using pair = startPair({ limits, tokensPerSecond: 50 });
  let calls = 0;
  const { provider } = pair;
  const spied = {
    ...provider,
    stream: (what: Parameters<typeof provider.stream>[0], options: ProviderOptions) =>
      provider.stream(what, { ...options, onResponse: () => void calls++ }),
  };
  assert(await first(spied, neverAborts()) !== "");
  assertEquals(calls, 1);
});

Deno.test("response meta: fails the request if onResponse throws, and cleans up", async () => {
  await using pair = startPair({ script: ["ok", "ok", "500", "500"] });
  const { provider, sim } = pair;
  for (let i = 0; i < 2; i++) {
    const reason = new RangeError("not mine");
    const options = {
      signal: neverAborts(),
      onResponse() {
        throw reason;
      },
    };
    const thrown = [
      await provider.generate(request(), options).catch((error) => error),
      await read(provider.stream(request(), options)).catch((error) => error),
    ];
    assertEquals(thrown, [reason, reason]);
  }
  await until(() => sim.stats.inFlight === 0, "nothing is left");
});

/** Sends requests to a server with these headers. Returns the limits of a reply and of a 429. */
async function heardFrom(headers: Record<string, string>) {
  let status = 200;
  await using server = serve(async (request) => {
    const { stream } = await request.json();
    const body = completion({ message: { content: "a" }, finish_reason: "stop" });
    return status === 429
      ? Response.json({ error: { message: "no" } }, { status, headers })
      : stream
      ? new Response(`data: ${JSON.stringify(chunk("a", "stop"))}\n\n${DONE}`, {
        headers: { "content-type": "text/event-stream", ...headers },
      })
      : Response.json(body, { headers });
  });
  await using provider = openai({ baseURL: server.url });
  const { rates: complete } = await provider.generate(request(), { signal: neverAborts() });
  const { reply } = await read(provider.stream(request(), { signal: neverAborts() }));
  assertEquals(reply.rates?.requests?.limit, complete?.requests?.limit);
  status = 429;
  const { rates: refused } = await assertRejects(() =>
    provider.generate(request(), { signal: neverAborts() })
  ) as ProviderError;
  return { complete, refused };
}

Deno.test("response meta: reads Anthropic's names, with dates", async () => {
  const { complete, refused } = await heardFrom({
    "anthropic-ratelimit-requests-limit": "50",
    "anthropic-ratelimit-requests-remaining": "49",
    "anthropic-ratelimit-requests-reset": new Date(Date.now() + 600_000).toISOString(),
    "anthropic-ratelimit-tokens-limit": "1000",
    "anthropic-ratelimit-tokens-remaining": "999",
    "anthropic-ratelimit-tokens-reset": new Date(Date.now() - 600_000).toISOString(),
  });
  for (const rates of [complete!, refused!]) {
    const { limit, remaining, resetMs } = rates.requests!;
    assertEquals([limit, remaining], [50, 49]);
    assert(resetMs! > 500_000 && resetMs! <= 600_000, `${resetMs}`);
    assertEquals(rates.tokens, { limit: 1000, remaining: 999, resetMs: 0 });
  }
});

Deno.test("response meta: reads names without a suffix from a 429", async () => {
  const { complete, refused } = await heardFrom({
    "X-RateLimit-Limit": "50",
    "X-RateLimit-Remaining": "0",
    "X-RateLimit-Reset": String(Date.now() + 600_000),
  });
  assertEquals(complete, undefined);
  const { limit, remaining, resetMs } = refused!.requests!;
  assertEquals([limit, remaining], [50, 0]);
  assert(resetMs! > 500_000 && resetMs! <= 600_000, `${resetMs}`);
});

Deno.test("response meta: ignores invalid headers", async () => {
  for (const nonsense of ["", "NaN", "-1", "unlimited", "9".repeat(400), "1e99", "{}", "\u00b5"]) {
    const headers: Record<string, string> = {};
    for (const kind of ["limit", "remaining", "reset"]) {
      for (const what of ["-requests", "-tokens", ""]) {
        headers[`x-ratelimit-${kind}${what}`] = nonsense;
      }
    }
    assertEquals(await heardFrom(headers), { complete: undefined, refused: undefined }, nonsense);
  }
});

Deno.test("response meta: reads Go's microseconds as they arrive", async () => {
  const body = JSON.stringify(completion({ message: { content: "a" }, finish_reason: "stop" }));
  const bytes = new TextEncoder().encode(
    "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx-ratelimit-limit-tokens: 9\r\n" +
      "x-ratelimit-remaining-tokens: 8\r\nx-ratelimit-reset-tokens: 2500\u00b5s\r\n" +
      `content-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`,
  );
  await using server = listen(async (conn) => {
    await conn.read();
    await conn.write(bytes);
    await conn.untilClosed();
    conn.close();
  });
  await using provider = openai({ baseURL: server.url });
  const { rates } = await provider.generate(request(), { signal: neverAborts() });
  assertEquals(rates, { tokens: { limit: 9, remaining: 8, resetMs: 3 } });
});
