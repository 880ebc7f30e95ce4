import { defineAgent, type ErrorCode } from "@shoal/agents";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { errorOf } from "../../helpers.ts";
import { type Pair, respondWith, startPair } from "./helpers.ts";

const agentOf = ({ provider }: Pair, retries: number) =>
  defineAgent({ name: "a", model: "m", prompt: "x", provider, retries: { max: retries, base: 1 } });

const STATUSES: [status: number, code: ErrorCode, retryable: boolean][] = [
  [400, "provider", false],
  [401, "provider", false],
  [402, "provider", false],
  [403, "provider", false],
  [404, "provider", false],
  [408, "timeout", true],
  [409, "provider", true],
  [413, "provider", false],
  [422, "provider", false],
  [429, "rate_limited", true],
  [500, "provider", true],
  [502, "provider", true],
  [503, "provider", true],
  [504, "provider", true],
  [529, "provider", true],
];

for (const [status, code, retryable] of STATUSES) {
  Deno.test(`status: ${status} is ${code}, ${retryable ? "retried" : "final"}`, async () => {
    await using pair = startPair({ script: (_, n) => n < 3 ? { type: "status", status } : "ok" });
    for (const error of [await pair.error(), await pair.streamError()]) {
      assertEquals([error.code, error.status, error.retryable], [code, status, retryable]);
      assertStringIncludes(error.message, `the server answered ${status}: `);
      assertEquals(error.cause, undefined);
    }
    assertEquals(pair.sim.stats.requests, 2);
    const result = await agentOf(pair, 2).settle({});
    assertEquals(result.ok, retryable);
    assertEquals(result.attempts.length, retryable ? 2 : 1);
    assertEquals(result.attempts[0]!.status, status);
    assertEquals(pair.sim.stats.requests, retryable ? 4 : 3);
  });
}

Deno.test("status: does not retry an exceeded quota, complete and streamed", async () => {
  await using pair = startPair({ script: () => "insufficientQuota" });
  for (const error of [await pair.error(), await pair.streamError()]) {
    assertEquals([error.code, error.status, error.retryable], ["rate_limited", 429, false]);
  }
  assertEquals((await errorOf(agentOf(pair, 3).call({}))).attempts.length, 1);
});

Deno.test("status: ignores the words of the message", async () => {
  const messages = [
    "max_tokens must be <= 1500",
    "timeout must be below 500",
    "rate limit of 429 is not a valid value; try again later",
    "insufficient_quota 503 ECONNRESET overloaded",
  ];
  for (const message of messages) {
    await using pair = respondWith({ error: { message, code: null } }, { status: 400 });
    const error = await errorOf(agentOf(pair, 3).call({}));
    assertEquals([error.code, error.status, error.retryable], ["provider", 400, false]);
    assertStringIncludes(error.message, message);
    assertEquals(pair.sim.stats.requests, 1);
  }
  await using busy = respondWith({ error: { message: "insufficient_quota, invalid request" } }, {
    status: 429,
    retryAfterMs: null,
  });
  assertEquals((await busy.error()).retryable, true);
});

Deno.test("status: reads how long the server asks to wait", async () => {
  const date = new Date(Date.now() + 40_000).toUTCString();
  const cases: [Record<string, string>, (ms: number | undefined) => boolean][] = [
    [{ "retry-after-ms": "1234" }, (ms) => ms === 1234],
    [{ "retry-after": "7" }, (ms) => ms === 7000],
    [{ "retry-after": "0.5" }, (ms) => ms === 500],
    [{ "retry-after-ms": "12", "retry-after": "7" }, (ms) => ms === 12],
    [{ "retry-after": date }, (ms) => ms !== undefined && ms > 5_000 && ms <= 40_000],
    [{ "retry-after": "in 3" }, (ms) => ms === undefined],
    [{}, (ms) => ms === undefined],
  ];
  for (const status of [429, 503]) {
    for (const [headers, right] of cases) {
      await using pair = respondWith(undefined, { status, retryAfterMs: null, headers });
      const thrown = await pair.error();
      assert(right(thrown.retryAfterMs), `${JSON.stringify(headers)}: ${thrown.retryAfterMs}`);
      // Each uses its own model: a model that sends a 429 is paused for that long.
      const error = await errorOf(agentOf(pair, 0).call({}, { model: "whole" }));
      assert(right(error.retryAfterMs) && right(error.attempts[0]!.retryAfterMs));
      const streamed = await errorOf(
        agentOf(pair, 0).call({}, { model: "streamed", onDelta() {} }),
      );
      assert(right(streamed.retryAfterMs));
    }
  }
});

Deno.test("status: waits as long as the server asks", async () => {
  await using pair = startPair({ script: [{ type: "rateLimit", retryAfterMs: 300 }] });
  const result = await agentOf(pair, 1).call({});
  assertEquals(result.attempts[0]!.retryAfterMs, 300);
  assert(result.timing.backoffMs >= 295, `${result.timing.backoffMs}`);
});

Deno.test("status: sends one request with retries: 0, whatever the server sends", async () => {
  const keys: (string | undefined)[] = [];
  await using pair = startPair({
    keepAlive: true,
    script(request, n) {
      keys.push(request.header("idempotency-key"));
      return (["ok", "429", "500", "503", "408", "truncate"] as const)[n] ?? "reset";
    },
  });
  await pair.generate();
  for (const code of ["rate_limited", "provider", "provider", "timeout", "provider"]) {
    assertEquals((await errorOf(agentOf(pair, 0).call({}))).code, code);
  }
  assertEquals(pair.sim.stats.requests, 6);
  assertEquals(new Set(keys).size, 6);
  assertEquals((await errorOf(agentOf(pair, 0).call({}))).code, "network");
  // Deno may resend it on another connection: with the same key it is still one request.
  assertEquals(new Set(keys).size, 7);
  assert(pair.sim.stats.requests <= 8, `${pair.sim.stats.requests}`);
});
