import { type Agent, defineAgent, type Provider } from "@shoal/agents";
import { scripted } from "@shoal/agents/testing";
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { z } from "zod";
import { handmade } from "../helpers.ts";

const provider = scripted("ok");
const right = { name: "a", model: "m", prompt: "{x}", provider };

function define(options: unknown): Agent {
  return defineAgent(options as Parameters<typeof defineAgent>[0]) as Agent;
}

Deno.test("defineAgent: rejects invalid options with an error that names them", () => {
  const cases: [options: unknown, kind: typeof TypeError | typeof RangeError, message: string][] = [
    [undefined, TypeError, "Cannot define an agent as its options must be an object"],
    [null, TypeError, "Cannot define an agent as its options must be an object"],
    [[], TypeError, "must be an object: current value is an array"],
    [{}, TypeError, "Cannot define an agent as name must be a text: current value is undefined"],
    [{ ...right, name: "" }, TypeError, "name must be a text: current value is an empty text"],
    [{ name: "a" }, TypeError, 'Cannot define the agent "a" as it has neither a prompt nor a run'],
    [{ ...right, run: () => 1 }, TypeError, "has both a prompt and a run"],
    [{ ...right, prompt: 5 }, TypeError, "prompt must be a template or a function"],
    [{ ...right, modle: "m" }, TypeError, 'there is no option "modle": did you mean "model"?'],
    [{ ...right, model: "" }, TypeError, "model must be a text"],
    [{ ...right, model: 5 }, TypeError, "model must be a text: current value is 5"],
    [{ ...right, system: ["x"] }, TypeError, "system must be a text: current value is an array"],
    [{ ...right, output: "json" }, TypeError, "output must be a Standard Schema or a JSON Schema"],
    [{ ...right, output: [] }, TypeError, "output must be a Standard Schema or a JSON Schema"],
    [{ ...right, provider: {} }, TypeError, "provider.name must be a text"],
    [{ ...right, provider: { name: "p" } }, TypeError, "provider.generate must be a function"],
    [{ ...right, temperature: NaN }, RangeError, "temperature must be a finite number"],
    [{ ...right, temperature: "hot" }, TypeError, "temperature must be a finite number"],
    [{ ...right, maxTokens: 0 }, RangeError, "maxTokens must be a positive integer"],
    [{ ...right, maxTokens: 1.5 }, RangeError, "current value is 1.5"],
    [{ ...right, stop: [1] }, TypeError, "stop must be a text or a list of texts"],
    [{ ...right, extra: [] }, TypeError, "extra must be an object"],
    [{ ...right, retries: -1 }, RangeError, "retries must be a whole number, 0 or more"],
    [{ ...right, retries: NaN }, RangeError, "retries must be a whole number"],
    [{ ...right, retries: "3" }, TypeError, "retries must be a whole number or an object"],
    [{ ...right, retries: { max: 0.5 } }, RangeError, "max must be a whole number"],
    [{ ...right, retries: { maxx: 1 } }, TypeError, 'no option "maxx": did you mean "max"?'],
    [{ ...right, retries: { backoff: "none" } }, TypeError, 'backoff must be "exponential" or'],
    [{ ...right, retries: { jitter: 2 } }, RangeError, "jitter must be a number from 0 to 1"],
    [{ ...right, retries: { on: true } }, TypeError, "on must be a function"],
    [{ ...right, timeout: 0 }, RangeError, "timeout must be a positive number of milliseconds"],
    [{ ...right, timeout: Infinity }, RangeError, "current value is Infinity"],
    [{ ...right, timeout: { atempt: 1 } }, TypeError, 'did you mean "attempt"?'],
    [{ ...right, timeout: { idle: -1 } }, RangeError, "idle must be a positive number"],
    [{ name: "a", run: 5 }, TypeError, 'Cannot define the agent "a" as run must be a function'],
    [{ name: "a", run: () => 1, system: "x" }, TypeError, 'no option "system"'],
    [{ name: "a", run: () => 1, timeout: "1s" }, TypeError, "timeout must be a number of"],
  ];
  for (const [options, kind, message] of cases) {
    const error = assertThrows(() => define(options), Error, message);
    assertEquals(error.constructor, kind, error.message);
    assertEquals(
      error.message.slice(0, 7) + /\bas\b/.exec(error.message),
      "Cannot as",
      error.message,
    );
  }
});

Deno.test("defineAgent: checks the limits of a custom provider", () => {
  const make = (limits: object) => () =>
    defineAgent({ name: "a", prompt: "x", provider: { ...scripted("ok"), limits } as Provider });
  assertThrows(make({ concurrency: 0 }), RangeError, "limits as concurrency must be a positive");
  assertThrows(make({ models: { m: { requestPerMinute: 1 } } }), TypeError, "requestsPerMinute");
  make({ concurrency: 1, models: { m: { requestsPerMinute: 1 } } })();
});

Deno.test("defineAgent: treats an undefined option as absent", async () => {
  const A = define({
    ...right,
    run: undefined,
    system: undefined,
    retries: undefined,
    output: undefined,
  });
  assertEquals((await A.call({ x: 1 })).content, "ok");
  const R = define({ name: "r", run: () => 1, prompt: undefined, timeout: undefined });
  assertEquals((await R.call({})).content, 1);
  assertThrows(
    () => define({ name: "a", run: undefined }),
    TypeError,
    "neither a prompt nor a run",
  );
});

Deno.test("defineAgent: ignores later changes of the options object", async () => {
  const options = { ...right, prompt: "one" };
  const A = define(options);
  options.prompt = "two";
  options.model = "other";
  const result = await A.call({});
  assertEquals(result.model, "m");
  assertEquals(provider.requests.at(-1)!.messages[0]!.content, "one");
});

Deno.test("call: rejects an agent without a model before anything is sent", async () => {
  const silent = handmade({});
  const A = defineAgent({ name: "a", prompt: "x", provider: silent });
  const message = 'Cannot call "a" as no model is named: pass `model` or configure({ model })';
  await assertRejects(() => A.call({}), TypeError, message);
  await assertRejects(() => A.settle({}), TypeError, message);
  await assertRejects(() => A.ask("x"), TypeError, message);
  await assertRejects(() => A.stream({}).result, TypeError, message);
  await assertRejects(() => A.stream({}).next(), TypeError, message);
});

Deno.test("call: rejects invalid options before anything is sent", async () => {
  const A = defineAgent({ ...right, provider: handmade({}) });
  const cases: [options: unknown, kind: typeof TypeError | typeof RangeError, message: string][] = [
    [null, TypeError, 'Cannot call "a" as its options must be an object'],
    [{ singal: 1 }, TypeError, 'there is no option "singal": did you mean "signal"?'],
    [{ signal: {} }, TypeError, "signal must be an AbortSignal: current value is an object"],
    [{ messages: {} }, TypeError, "messages must be a list of messages"],
    [{ messages: [{ role: "me" }] }, TypeError, 'Cannot call "a" as in messages message 0 must'],
    [{ onDelta: "log" }, TypeError, "onDelta must be a function"],
    [{ maxTokens: -1 }, RangeError, "maxTokens must be a positive integer"],
    [{ timeout: NaN }, RangeError, "timeout must be a positive number of milliseconds"],
    [{ retries: 1.5 }, RangeError, "retries must be a whole number"],
    [{ system: "x" }, TypeError, 'there is no option "system"'],
  ];
  for (const [options, kind, message] of cases) {
    for (const verb of ["call", "settle"] as const) {
      const error = await assertRejects(() => A[verb]({ x: 1 }, options as never), Error, message);
      assertEquals(error.constructor, kind);
    }
    const error = assertThrows(() => A.stream({ x: 1 }, options as never), Error, message);
    assertEquals(error.constructor, kind);
  }
});

Deno.test("with: returns a copy with other settings and keeps the original unchanged", async () => {
  const other = scripted("other");
  const A = defineAgent({ ...right, system: "S", output: z.string(), temperature: 1 });
  const B = A.with({ name: "b", model: "m2", system: "T", temperature: 0, provider: other });
  assertEquals([A.name, A.model, B.name, B.model], ["a", "m", "b", "m2"]);
  const result = await B.settle({ x: "q" });
  assertEquals([result.agent, result.model], ["b", "m2"]);
  const [request] = other.requests;
  assertEquals(request!.messages.map((m) => m.content), ["T", "q"]);
  assertEquals(request!.settings, { temperature: 0 });
  await A.settle({ x: "q" });
  assertEquals(provider.requests.at(-1)!.settings, { temperature: 1 });
});

Deno.test("with: ignores undefined options", async () => {
  const A = defineAgent(right);
  const B = A.with({ name: undefined, model: undefined, provider: undefined });
  assertEquals([B.name, B.model, (await B.call({ x: 1 })).agent], ["a", "m", "a"]);
  const R = defineAgent({ name: "r", run: () => 1 }).with({ name: undefined });
  assertEquals(R.name, "r");
});

Deno.test("with: rejects invalid options", () => {
  const A = defineAgent(right);
  const R = defineAgent({ name: "r", run: () => 1 });
  const change = (agent: { with: (o: never) => unknown }, o: unknown) => () =>
    agent.with(o as never);
  assertThrows(
    change(A, { temprature: 1 }),
    TypeError,
    'Cannot change the agent "a" as there is no option "temprature": did you mean "temperature"?',
  );
  assertThrows(change(A, { prompt: "x" }), TypeError, 'there is no option "prompt"');
  assertThrows(change(A, { retries: -1 }), RangeError, "retries must be a whole number");
  assertThrows(change(A, null), TypeError, "its options must be an object");
  assertThrows(change(R, { model: "m" }), TypeError, 'there is no option "model"');
});
