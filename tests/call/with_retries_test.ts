import { type AgentError, defineAgent, type ErrorCode, ProviderError, scope } from "@shoal/agents";
import { scripted } from "@shoal/agents/testing";
import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { busy, configured, errorOf, fakeTime, handmade, reply } from "../helpers.ts";

const base = { name: "a", model: "m", prompt: "x" };

Deno.test("retries: 0 sends exactly one request, and n at most n + 1", async () => {
  for (const retries of [0, 1, 3, { max: 0 }, { max: 2 }, { rateLimited: 1 }]) {
    const provider = scripted(busy());
    const error = await errorOf(defineAgent({ ...base, provider, retries }).call({}));
    const max = typeof retries === "object" ? retries.max ?? retries.rateLimited! : retries;
    assertEquals(provider.calls, max + 1);
    assertEquals(error.attempts.length, max + 1);
    assertEquals(error.code, "rate_limited");
  }
});

Deno.test("retries: call takes precedence over agent, and agent over configure", async () => {
  const provider = scripted(busy());
  using _ = configured({ retries: 2 });
  await defineAgent({ ...base, provider }).settle({});
  assertEquals(provider.calls, 3);
  const A = defineAgent({ ...base, provider, retries: 1 });
  await A.settle({});
  assertEquals(provider.calls, 5);
  await A.settle({}, { retries: 0 });
  assertEquals(provider.calls, 6);
});

Deno.test("retries: end with the first success", async () => {
  const provider = scripted([busy(), busy(), "ok"]);
  const result = await defineAgent({ ...base, provider }).call({});
  assertEquals([result.content, result.attempts.length, provider.calls], ["ok", 3, 3]);
  assertEquals(result.attempts.map((a) => a.error?.code), [
    "rate_limited",
    "rate_limited",
    undefined,
  ]);
});

Deno.test("retries: do not repeat errors that the adapter reports as final", async () => {
  const finals: [status: number, code: ErrorCode][] = [
    [400, "provider"],
    [401, "provider"],
    [403, "provider"],
    [404, "provider"],
    [422, "provider"],
    [429, "rate_limited"], // insufficient_quota
  ];
  for (const [status, code] of finals) {
    const provider = scripted(new ProviderError("no", { code, status, retryable: false }));
    const error = await errorOf(defineAgent({ ...base, provider }).call({}));
    assertEquals([error.code, error.status, error.retryable], [code, status, false]);
    assertEquals(provider.calls, 1, `${status}`);
  }
});

Deno.test("retries: do not repeat an unexpected exception of the provider", async () => {
  const provider = scripted(new TypeError("undefined is not a function"));
  assertEquals((await errorOf(defineAgent({ ...base, provider }).call({}))).code, "provider");
  assertEquals(provider.calls, 1);
});

Deno.test("retries: do not repeat after invalid parameters and invalid answers", async () => {
  const provider = scripted(reply("no", { finishReason: "content_filter" }));
  const A = defineAgent({ ...base, prompt: "{x}", provider });
  await A.settle({} as never);
  assertEquals(provider.calls, 0);
  await A.settle({ x: 1 });
  assertEquals(provider.calls, 1);
});

Deno.test("retries: on decides, and receives attempts counted from 1", async () => {
  const seen: [code: string, attempt: number][] = [];
  const on = (error: AgentError, attempt: number) => {
    seen.push([error.code, attempt]);
    return error.code === "provider";
  };
  const provider = scripted([
    new ProviderError("a", { code: "provider", retryable: false }),
    new ProviderError("b", { code: "provider", retryable: false }),
    new ProviderError("c", { code: "network", retryable: true }),
    "never",
  ]);
  const error = await errorOf(
    defineAgent({ ...base, provider, retries: { base: 0, on } }).call({}),
  );
  assertEquals(error.code, "network");
  assertEquals(seen, [["provider", 1], ["provider", 2], ["network", 3]]);
  assertEquals(provider.calls, 3);
});

Deno.test("retries: on is not called after the last attempt or for aborts and params", async () => {
  let decisions = 0;
  const retries = { max: 1, base: 0, on: () => ++decisions > 0 };
  await defineAgent({ ...base, provider: scripted(busy()), retries }).settle({});
  assertEquals(decisions, 1);
  const A = defineAgent({ ...base, prompt: "{x}", provider: scripted("ok"), retries });
  await A.settle({} as never);
  await A.settle({ x: 1 }, { signal: AbortSignal.abort() });
  assertEquals(decisions, 1);
});

Deno.test("retries: an on that throws fails the call once with a clear error", async () => {
  const cause = new Error("mine");
  const on = () => {
    throw cause;
  };
  const provider = scripted(busy());
  const result = await defineAgent({ ...base, provider, retries: { on } }).settle({});
  assertEquals(result.error!.code, "tool");
  assertStrictEquals(result.error!.cause, cause);
  assertEquals([provider.calls, result.attempts.length], [1, 1]);
});

Deno.test("retries: Retry-After is a lower bound", async () => {
  using time = fakeTime();
  for (const retryAfterMs of [1, 1_500, 20_000, 60_000, 60_001, 3_600_000]) {
    const provider = scripted([busy({ retryAfterMs }), "ok"]);
    const call = defineAgent({ ...base, provider }).call({});
    await time.tick(retryAfterMs - 1);
    assertEquals(provider.calls, 1, `${retryAfterMs}: not before`);
    await time.tick(Math.min(6_000, retryAfterMs * 0.1) + 2);
    assertEquals(provider.calls, 2, `${retryAfterMs}: a tenth later at the latest`);
    const result = await call;
    assertEquals(result.attempts[0]!.retryAfterMs, retryAfterMs);
    assert(result.timing.backoffMs >= retryAfterMs);
  }
});

Deno.test("retries: do not wait for a Retry-After of more than an hour", async () => {
  using _ = fakeTime();
  const provider = scripted([busy({ retryAfterMs: 3_600_001 }), "ok"]);
  const error = await errorOf(defineAgent({ ...base, provider }).call({}));
  assertEquals([error.code, error.retryAfterMs, provider.calls], ["rate_limited", 3_600_001, 1]);
});

Deno.test("retries: delays grow as the policy says", async () => {
  using time = fakeTime();
  const provider = scripted(busy({ retryAfterMs: undefined }));
  const retries = { max: 4, base: 100, maxDelay: 500, jitter: 0 };
  const call = defineAgent({ ...base, provider, retries }).settle({});
  const sent: number[] = [];
  for (let ms = 0; ms < 1300; ms += 50) {
    await time.tick(ms === 0 ? 0 : 50);
    while (sent.length < provider.calls) sent.push(ms);
  }
  assertEquals(sent, [0, 100, 300, 700, 1200]);
  assertEquals((await call).timing.backoffMs, 1200);
});

Deno.test("retries: a call holds no permit during backoff", async () => {
  using time = fakeTime();
  const order: string[] = [];
  const provider = handmade({
    generate: ({ messages }) => {
      const text = String(messages[0]!.content);
      order.push(text);
      if (order.length === 1) throw busy({ code: "provider", status: 503, retryAfterMs: 1000 });
      return Promise.resolve(reply(text));
    },
  });
  const A = defineAgent({ ...base, prompt: "{x}", provider });
  const all = scope(
    { concurrency: 1 },
    () => Promise.all([A.call({ x: "first" }), A.call({ x: "second" }), A.call({ x: "third" })]),
  );
  await time.tick(500);
  assertEquals(order, ["first", "second", "third"]);
  await time.tick(1000);
  await all;
  assertEquals(order, ["first", "second", "third", "first"]);
});
