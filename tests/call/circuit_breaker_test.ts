import {
  defineAgent,
  type ErrorCode,
  ProviderError,
  type ProviderErrorOptions,
} from "@shoal/agents";
import { openai } from "@shoal/agents/openai";
import { scripted, simulator } from "@shoal/agents/testing";
import { assert, assertEquals } from "@std/assert";
import { busy, configured, errorOf, fakeTime, handmade, never, reply } from "../helpers.ts";

const circuitBreaker = { failures: 2, within: 1_000, cooldown: 10_000 };
const base = { name: "a", model: "m", prompt: "x", retries: 0, circuitBreaker };
const serverError = (more: Partial<ProviderErrorOptions> = {}) =>
  new ProviderError("down", { code: "provider", status: 503, retryable: true, ...more });

/** Creates a provider whose answers wait until the test releases them, or end as `health` says. */
function controlledProvider() {
  const waiting: PromiseWithResolvers<ReturnType<typeof reply>>[] = [];
  const state = { calls: 0, waits: false, answer: serverError() as Error | string };
  const provider = handmade({
    generate(_, { signal }) {
      state.calls++;
      if (state.waits) {
        const deferred = Promise.withResolvers<ReturnType<typeof reply>>();
        signal.addEventListener("abort", () => deferred.reject(signal.reason), { once: true });
        waiting.push(deferred);
        return deferred.promise;
      }
      const { answer } = state;
      return typeof answer === "string" ? Promise.resolve(reply(answer)) : Promise.reject(answer);
    },
  });
  return { provider, state, waiting };
}

Deno.test("breaker: after N failures it sends nothing and reports the cooldown", async () => {
  using time = fakeTime();
  const provider = scripted(serverError());
  const A = defineAgent({ ...base, provider });
  await A.settle({});
  await time.tick(1_000);
  await A.settle({});
  await time.tick(3_000);
  const result = await A.settle({});
  const error = result.error!;
  assertEquals([error.code, error.retryAfterMs, error.retryable], ["circuit_open", 7_000, false]);
  assertEquals(
    error.message,
    'Cannot finish the call of "a" as the circuit for the model "m" is open after too many failures',
  );
  assertEquals([provider.calls, result.attempts, result.cost?.total], [2, [], 0]);
});

Deno.test("breaker: does not open if the failures are spread over a longer time", async () => {
  using time = fakeTime();
  const provider = scripted(serverError());
  const A = defineAgent({ ...base, provider });
  for (let n = 1; n <= 5; n++) {
    await A.settle({});
    assertEquals(provider.calls, n);
    await time.tick(1_001);
  }
});

Deno.test("breaker: all agents and calls share one for each provider and model", async () => {
  using _ = configured({ circuitBreaker });
  const provider = scripted(serverError());
  const other = scripted("ok");
  const A = defineAgent({ name: "a", prompt: "x", model: "m", provider, retries: 0 });
  const B = defineAgent({ name: "b", prompt: "y", model: "m", provider, retries: 0 });
  await A.settle({});
  await B.settle({});
  for (const C of [A, B, A.with({ system: "z" })]) {
    assertEquals((await errorOf(C.call({}))).code, "circuit_open");
  }
  assertEquals((await errorOf(A.call({}, { model: "n" }))).code, "provider");
  assertEquals((await A.with({ provider: other }).call({})).content, "ok");
  assertEquals(provider.calls, 3);
});

Deno.test("breaker: counts every attempt, and sends no retry once it is open", async () => {
  const provider = scripted(serverError());
  const retries = { max: 5, base: 0 };
  const result = await defineAgent({ ...base, provider, retries }).settle({});
  assertEquals([provider.calls, result.attempts.length], [2, 2]);
  assertEquals(result.error!.code, "provider", "the last attempt's");
});

Deno.test("breaker: a call does not wait for its cooldown, whatever its policy says", async () => {
  using _ = fakeTime(); // stands still, so a delay would never end
  for (const on of [undefined, () => true]) {
    const provider = scripted(({ model }) => model === "m" ? serverError() : "ok");
    const A = defineAgent({ ...base, provider, retries: { on }, fallbackModels: ["n"] });
    for (let n = 0; n < 3; n++) {
      const circuitBreaker = { failures: 1 };
      assertEquals((await A.call({}, { circuitBreaker })).timing.backoffMs, 0);
    }
    assertEquals(provider.requests.map(({ model }) => model), ["m", "n", "n", "n"]);
  }
});

Deno.test("breaker: falls back to the next model at once while it is open", async () => {
  using _ = fakeTime(); // stands still, so a delay would never end
  const provider = scripted(({ model }) => model === "m" ? serverError() : "ok");
  const A = defineAgent({ ...base, provider });
  for (let n = 0; n < 2; n++) await A.settle({});
  const result = await A.with({ fallbackModels: ["n"], retries: 3 }).call({});
  assertEquals([result.model, result.usedFallback, provider.calls], ["n", true, 3]);
  assertEquals(result.attempts.map(({ model }) => model), ["n"]);
});

Deno.test("breaker: reports the shortest wait if all models are open", async () => {
  using time = fakeTime();
  const provider = scripted(serverError());
  const other = scripted(serverError());
  const fallbackModels = ["n", { model: "n", provider: other }];
  const A = defineAgent({ ...base, provider, fallbackModels });
  const short = { ...circuitBreaker, cooldown: 4_000 };
  for (let n = 0; n < 2; n++) {
    await A.settle({}, { fallbackModels: [] });
    await A.settle({}, { fallbackModels: [], model: "n", circuitBreaker: short });
    await A.with({ provider: other }).settle({}, { fallbackModels: [], model: "n" });
  }
  assertEquals([provider.calls, other.calls], [4, 2]);
  await time.tick(1_000);
  const { error, attempts } = await A.settle({});
  assertEquals([error!.code, error!.retryAfterMs], ["circuit_open", 3_000]);
  assertEquals((error!.cause as typeof error)!.code, "circuit_open");
  assertEquals([provider.calls, other.calls, attempts], [4, 2, []]);

  // The circuit of model "n" may be probed by then, so its error is no longer circuit_open.
  await time.tick(3_000);
  assertEquals((await errorOf(A.call({}))).code, "exhausted");
  assertEquals([provider.calls, other.calls], [5, 2]);
});

Deno.test("breaker: sends only probes after the cooldown, and one success closes it", async () => {
  using time = fakeTime();
  for (const halfOpen of [undefined, 1, 3]) {
    const { provider, state, waiting } = controlledProvider();
    const A = defineAgent({ ...base, provider, circuitBreaker: { ...circuitBreaker, halfOpen } });
    for (let n = 0; n < 2; n++) await A.settle({});
    await time.tick(9_999);
    assertEquals((await errorOf(A.call({}))).code, "circuit_open");
    await time.tick(1);
    state.waits = true;
    const calls = Array.from({ length: 20 }, () => A.settle({}));
    await time.tick(0);
    const probes = halfOpen ?? 1;
    assertEquals(state.calls, 2 + probes);
    for (const { resolve } of waiting) resolve(reply("back"));
    const results = await Promise.all(calls);
    assertEquals(results.filter(({ ok }) => ok).length, probes);
    const open = results.filter(({ error }) => error?.code === "circuit_open");
    assertEquals(open.length, 20 - probes);
    assert(open.every(({ error }) => error!.retryAfterMs! > 0));
    Object.assign(state, { waits: false, answer: "ok" });
    const all = await Promise.all(Array.from({ length: 20 }, () => A.settle({})));
    assert(all.every(({ ok }) => ok));
  }
});

Deno.test("breaker: a failed probe opens it for another cooldown", async () => {
  using time = fakeTime();
  const { provider, state } = controlledProvider();
  const A = defineAgent({ ...base, provider });
  for (let n = 0; n < 2; n++) await A.settle({});
  await time.tick(10_000);
  assertEquals((await errorOf(A.call({}))).code, "provider");
  assertEquals((await errorOf(A.call({}))).retryAfterMs, 10_000);
  assertEquals(state.calls, 3);
  await time.tick(10_000);
  state.answer = "ok";
  assertEquals((await A.call({})).content, "ok");
});

Deno.test("breaker: frees the place of a probe that is aborted or has no outcome", async () => {
  using time = fakeTime();
  const { provider, state } = controlledProvider();
  const A = defineAgent({ ...base, provider });
  for (let n = 0; n < 2; n++) await A.settle({});
  await time.tick(10_000);
  state.waits = true;
  const abort = new AbortController();
  const probe = A.settle({}, { signal: abort.signal });
  await time.tick(0);
  assertEquals((await errorOf(A.call({}))).code, "circuit_open");
  abort.abort();
  assertEquals((await probe).error!.code, "aborted");
  const late = A.settle({}, { timeout: { total: 50 } });
  await time.tick(50);
  assertEquals((await late).error!.code, "timeout");
  state.waits = false;
  for (const answer of [busy(), serverError({ status: 400, retryable: false })]) {
    state.answer = answer;
    assertEquals((await errorOf(A.call({}))).status, answer.status);
    await time.tick(1); // the delay that the server asked for
  }
  assertEquals(state.calls, 6);
  state.answer = "ok";
  assertEquals((await A.call({})).content, "ok");
});

Deno.test("breaker: counts only errors that are the fault of the model", async () => {
  using time = fakeTime();
  const provider = (answer: Error | string) => scripted(answer);
  const hanging = () => handmade({ generate: never });
  const mine = () => {
    throw new Error("mine");
  };
  const A = defineAgent({ ...base, prompt: "{x}" });
  type Call = [agent: ReturnType<typeof A.with>, options?: object, params?: object];
  const cases: [code: ErrorCode, counts: boolean, call: Call][] = [
    ["provider", true, [A.with({ provider: provider(serverError()) })]],
    ["network", true, [A.with({ provider: provider(serverError({ code: "network" })) })]],
    ["truncated", true, [A.with({ provider: provider(serverError({ code: "truncated" })) })]],
    ["timeout", true, [A.with({ provider: hanging() }), { timeout: { attempt: 10 } }]],
    ["rate_limited", false, [A.with({ provider: provider(busy()) })]],
    ["provider", false, [A.with({ provider: provider(serverError({ retryable: false })) })]],
    ["provider", false, [A.with({ provider: provider(new TypeError("a bug")) })]],
    ["tool", false, [A.with({ provider: provider("ok") }), { onDelta: mine }]],
    ["invalid_params", false, [A.with({ provider: provider("ok") }), {}, {}]],
    ["aborted", false, [A.with({ provider: hanging() }), { signal: AbortSignal.abort() }]],
    ["timeout", false, [A.with({ provider: hanging() }), { timeout: { total: 10 } }]],
  ];
  for (const [code, counts, [agent, options, params = { x: 1 }]] of cases) {
    for (let n = 0; n < 3; n++) {
      const call = agent.settle(params as never, options);
      await time.tick(11);
      const expected = counts && n === 2 ? "circuit_open" : code;
      assertEquals((await call).error?.code, expected, `${code} ${n}`);
    }
  }
});

Deno.test("breaker: stops requests to a real server that is down", async () => {
  await using server = simulator({ faults: { error503: 1 } });
  await using provider = openai({ baseURL: server.url, apiKey: "none" });
  const A = defineAgent({ ...base, provider, circuitBreaker: { failures: 3 } });
  for (let n = 0; n < 10; n++) await A.settle({});
  assertEquals(server.stats.requests, 3);
  assert((await errorOf(A.call({}))).retryAfterMs! > 290_000);
});

Deno.test("breaker: rejected calls use nothing of the agent's limits", async () => {
  using time = fakeTime();
  const { provider, state } = controlledProvider();
  const A = defineAgent({ ...base, provider, limits: { requestsPerMinute: 60 } });
  const codes: string[] = [];
  for (let n = 0; n < 6; n++) A.settle({}).then(({ error }) => codes.push(error!.code));
  // The second request is sent after about a second and opens the circuit. The queued calls then
  // fail at once.
  await time.tick(2_100);
  assertEquals(codes, ["provider", "provider", ...Array(4).fill("circuit_open")]);
  assertEquals(state.calls, 2);
});
