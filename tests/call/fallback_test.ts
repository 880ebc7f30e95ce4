import { type AgentError, defineAgent, type ErrorCode, ProviderError } from "@shoal/agents";
import { openai } from "@shoal/agents/openai";
import { scripted, simulator } from "@shoal/agents/testing";
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { z } from "zod";
import { busy, configured, errorOf, fakeTime, handmade, never, reply, used } from "../helpers.ts";

const base = { name: "a", model: "m1", prompt: "x", retries: 0 };

/**
 * A provider that answers for each model by its name: an error is thrown. Keeps the models asked.
 */
function byModel(answers: Record<string, string | Error>) {
  return scripted(({ model }) => answers[model]!);
}
const asked = (provider: ReturnType<typeof scripted>) => provider.requests.map((r) => r.model);
const refused = (status: number, code: ErrorCode = "provider") =>
  new ProviderError("no", { code, status, retryable: false });
const down = new ProviderError("down", { code: "provider", status: 503, retryable: true });

Deno.test("fallback: the result tells who answered, and sums up what all used", async () => {
  using _ = configured({
    prices: { m1: { input: 1, output: 1 }, m2: { input: 10, output: 100 } },
  });
  const provider = scripted(({ model }, n) =>
    model === "m1"
      ? busy({ usage: used(100, 0) })
      : n === 2
      ? busy({ usage: used(20, 0) })
      : reply("hello", { usage: used(7, 3) })
  );
  const A = defineAgent({ ...base, provider, retries: 1, fallbackModels: ["m2", "m3"] });
  const result = await A.call({});
  assertEquals([result.content, result.model, result.usedFallback], ["hello", "m2", true]);
  assertEquals(result.attempts.map(({ model, error }) => [model, error?.code]), [
    ["m1", "rate_limited"],
    ["m1", "rate_limited"],
    ["m2", "rate_limited"],
    ["m2", undefined],
  ]);
  assertEquals(result.usage, used(227, 3));
  assertAlmostEquals(result.cost!.input, (200 * 1 + 27 * 10) / 1e6);
  assertAlmostEquals(result.cost!.output, 3 * 100 / 1e6);
});

Deno.test("fallback: where the first model answers no other is asked", async () => {
  const provider = scripted([busy(), "ok"]);
  const A = defineAgent({ ...base, provider, retries: 1, fallbackModels: ["m2"] });
  const result = await A.call({});
  assertEquals([result.model, result.usedFallback], ["m1", false]);
  assertEquals(asked(provider), ["m1", "m1"]);
});

Deno.test("fallback: each model has its own retries, settings, limits and provider", async () => {
  const provider = scripted(busy());
  const other = scripted(busy());
  const A = defineAgent({
    ...base,
    provider,
    retries: 1,
    temperature: 0.5,
    maxTokens: 9,
    extra: { a: 1, b: 1 },
    fallbackModels: [
      { model: "m2", retries: 2, temperature: 0, extra: { b: 2 } },
      { model: "m3", retries: { max: 0 }, provider: other },
      "m4",
    ],
  });
  const error = await errorOf(A.call({}));
  assertEquals(asked(provider), ["m1", "m1", "m2", "m2", "m2", "m4", "m4"]);
  assertEquals(asked(other), ["m3"]);
  assertEquals(error.attempts.map(({ model }) => model).join(), "m1,m1,m2,m2,m2,m3,m4,m4");
  const own = { temperature: 0.5, maxTokens: 9, extra: { a: 1, b: 1 } };
  assertEquals(provider.requests[0]!.settings, own);
  assertEquals(provider.requests[2]!.settings, { ...own, temperature: 0, extra: { a: 1, b: 2 } });
  assertEquals(provider.requests.at(-1)!.settings, own);
});

Deno.test("fallback: what another attempt would not change goes to the next model at once", async () => {
  using _ = fakeTime(); // which stands still: nothing may wait
  const answers = [
    ...[400, 401, 403, 404, 422].map((status) => refused(status)),
    refused(429, "rate_limited"), // insufficient_quota
    new TypeError("a bug"),
    reply("no", { finishReason: "content_filter" }),
    reply("no", { refusal: "I will not" }),
    reply("{"),
    reply("{", { finishReason: "length" }),
  ];
  const output = { type: "object", properties: { n: { type: "number" } } };
  for (const answer of answers) {
    const provider = scripted(({ model }) => model === "m1" ? answer : '{"n":1}');
    const more = { retries: 3, repair: 0, fallbackModels: ["m2"] };
    const A = defineAgent({ ...base, provider, output, ...more });
    const result = await A.call({});
    assertEquals([asked(provider), result.content], [["m1", "m2"], { n: 1 }], `${answer}`);
    assertEquals(result.timing.backoffMs, 0);
  }
});

Deno.test("fallback: not for what is no model's fault", async () => {
  const mine = () => {
    throw new Error("mine");
  };
  const fallbackModels = ["m2"];
  const A = defineAgent({ ...base, prompt: "{x}", provider: scripted('"ok"'), fallbackModels });
  const picky = { ...base, fallbackModels, provider: scripted('"ok"') };
  const P = defineAgent({ ...picky, output: z.string().transform(mine) });
  const B = A.with({ provider: byModel({ m1: busy(), m2: "ok" }), retries: { on: mine } });
  const cases: [code: ErrorCode, sent: string[], call: ReturnType<typeof A.settle>][] = [
    ["invalid_params", [], A.settle({} as never)],
    ["aborted", [], A.settle({ x: 1 }, { signal: AbortSignal.abort() })],
    ["tool", ["m1"], A.settle({ x: 1 }, { onDelta: mine })],
    ["tool", ["m1"], P.settle({}) as ReturnType<typeof A.settle>],
    ["tool", ["m1"], B.settle({ x: 1 })],
  ];
  for (const [code, sent, call] of cases) {
    const result = await call;
    assertEquals(result.error?.code, code);
    assertEquals([result.attempts.map((a) => a.model), result.usedFallback], [sent, false], code);
  }
});

Deno.test("fallback: not when the call is aborted, on the wire or while it waits, for any reason", async () => {
  using time = fakeTime();
  for (const reason of [undefined, null, "bye", { code: "network" }]) {
    const provider = scripted(busy({ retryAfterMs: 1_000 }), { latency: 1_000 });
    const abort = new AbortController();
    const A = defineAgent({ ...base, provider, retries: 3, fallbackModels: ["m2"] });
    const call = A.settle({}, { signal: abort.signal });
    await time.tick(reason === undefined ? 500 : 1_500);
    abort.abort(reason);
    assertEquals((await call).error!.code, "aborted");
    assertEquals(asked(provider), ["m1"]);
  }
});

Deno.test("fallback: an attempt's time limit asks the next model, the total one ends it all", async () => {
  using time = fakeTime();
  const seen: string[] = [];
  const provider = handmade({
    generate: ({ model }) => {
      seen.push(model);
      return never();
    },
  });
  const fallbackModels = ["m2", { model: "m3", timeout: { attempt: 10 } }, "m4"];
  const A = defineAgent({
    ...base,
    provider,
    timeout: { attempt: 60, total: 140 },
    fallbackModels,
  });
  const call = A.settle({});
  await time.tick(60);
  assertEquals(seen, ["m1", "m2"]);
  await time.tick(70);
  assertEquals(seen, ["m1", "m2", "m3", "m4"]);
  await time.tick(10);
  const { error, durationMs, attempts } = await call;
  assertEquals([error!.code, durationMs], ["timeout", 140]);
  assert(error!.message.includes("it was not finished within 140 ms"), error!.message);
  assertEquals(attempts.map((a) => a.durationMs), [60, 60, 10, 10]);
});

Deno.test("fallback: exhausted where more than one was tried, with the last error as its cause", async () => {
  const provider = byModel({ m1: busy(), m2: refused(401) });
  const A = defineAgent({ ...base, provider, fallbackModels: ["m2"] });
  const { error, model, usedFallback } = await A.settle({});
  assert(error !== undefined);
  const cause = error.cause as AgentError;
  assertEquals([error.code, error.model, model, usedFallback], ["exhausted", "m2", "m2", true]);
  assertEquals(
    error.message,
    'Cannot finish the call of "a" as all 2 models failed: see `attempts`',
  );
  assertEquals([cause.code, cause.status, error.retryable], ["provider", 401, false]);
  assertEquals(error.attempts.map((a) => a.status), [429, 401]);

  const alone = await errorOf(A.call({}, { fallbackModels: [] }));
  assertEquals([alone.code, alone.status], ["rate_limited", 429]);
});

Deno.test("fallback: the call wins over the agent, the agent over configure", async () => {
  using _ = configured({ fallbackModels: ["m4"] });
  const provider = scripted(down);
  const A = defineAgent({ ...base, provider });
  await A.settle({});
  await A.with({ fallbackModels: ["m3"] }).settle({});
  await A.with({ fallbackModels: ["m3"] }).settle({}, { fallbackModels: ["m2"] });
  await A.with({ fallbackModels: [] }).settle({});
  assertEquals(asked(provider), ["m1", "m4", "m1", "m3", "m1", "m2", "m1"]);
});

Deno.test("fallback: a call for a model that is a fallback does not ask it twice", async () => {
  const provider = scripted(down);
  const other = scripted(down);
  const fallbackModels = ["m2", { model: "m2", provider: other }, "m3"];
  const A = defineAgent({ ...base, provider, fallbackModels });
  const result = await A.settle({}, { model: "m2" });
  assertEquals([asked(provider), asked(other)], [["m2", "m3"], ["m2"]]);
  assertEquals(result.attempts.map((a) => a.model), ["m2", "m2", "m3"]);
  const B = A.with({ fallbackModels: ["m2"] });
  assertEquals((await errorOf(B.call({}, { model: "m2" }))).code, "provider");
});

Deno.test("fallback: a stream tells of it, and does not after its first piece", async () => {
  const broken = (pieces: string[]) =>
    handmade({
      async *stream({ model }) {
        for (const text of model === "m1" ? pieces : ["good"]) yield { type: "delta", text };
        await Promise.resolve();
        if (model === "m1") throw down;
        yield { type: "reply", reply: reply("good") };
      },
    });
  const fallbackModels = ["m2"];
  const A = defineAgent({ ...base, provider: broken([]), retries: { max: 1, base: 0 } });
  const events = await Array.fromAsync(A.with({ fallbackModels }).stream({}));
  assertEquals(events.map((e) => e.type), ["retry", "fallback", "delta", "result"]);
  const [, fallback, , last] = events;
  assert(fallback?.type === "fallback" && last?.type === "result");
  assertEquals([fallback.model, fallback.error.code, fallback.error.model], [
    "m2",
    "provider",
    "m1",
  ]);
  assertEquals([last.result.content, last.result.usedFallback], ["good", true]);

  const late = A.with({ fallbackModels, provider: broken(["ba"]) });
  const seen: string[] = [];
  const result = await late.settle({}, { onDelta: (text) => void seen.push(text) });
  assertEquals([result.error?.status, result.model, result.usedFallback], [503, "m1", false]);
  assertEquals([result.error?.code, result.attempts.length, seen], ["provider", 1, ["ba"]]);
  assertEquals((await errorOf(Array.fromAsync(late.stream({})))).code, "provider");
});

Deno.test("fallback: at a real server, with one model down and one that is not there", async () => {
  await using server = simulator({
    script: ({ model }) => model === "m1" ? "error503" : model === "m2" ? "error404" : undefined,
    respond: ({ model }) => `I am ${model}`,
  });
  await using provider = openai({ baseURL: server.url, apiKey: "none" });
  const retries = { max: 1, base: 0 };
  const A = defineAgent({ ...base, provider, retries, fallbackModels: ["m2", "m3"] });
  const result = await A.call({});
  assertEquals([result.content, result.model], ["I am m3", "m3"]);
  const tried = result.attempts.map(({ model, status }) => [model, status]);
  assertEquals(tried, [["m1", 503], ["m1", 503], ["m2", 404], ["m3", undefined]]);
  assertEquals(server.stats.requests, 4);
});

Deno.test("fallback: a number as its timeout limits that model, retries and all", async () => {
  using time = fakeTime();
  const seen: string[] = [];
  const provider = handmade({
    generate: ({ model }) => {
      seen.push(model);
      if (model === "m3") return Promise.resolve(reply("third"));
      return model === "m1" ? Promise.reject(refused(401)) : never();
    },
  });
  const A = defineAgent({
    ...base,
    provider,
    timeout: { attempt: 20 },
    retries: { max: 10, base: 0 },
    fallbackModels: [{ model: "m2", timeout: 50 }, "m3"],
  });
  const call = A.settle({});
  await time.tick(50);
  const { content, model, attempts, durationMs } = await call;
  assertEquals([content, model, durationMs], ["third", "m3", 50]);
  assertEquals(seen, ["m1", "m2", "m2", "m2", "m3"]);
  assert(attempts[3]!.error!.message.includes('timeout.total of the fallback model "m2" passed'));
});
