import { AgentError, defineAgent, type ErrorCode } from "@shoal/agents";
import { scripted } from "@shoal/agents/testing";
import { assert, assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { wholeNumber } from "../../src/model/check_options.ts";
import { provider } from "../../src/model/provider.ts";
import { fallbackModels, withFallbacks } from "../../src/resilience/fallback.ts";
import { configured, handmade } from "../helpers.ts";

/** Whether a fallback follows an error, by code. */
const CODES: Record<ErrorCode, boolean> = {
  rate_limited: true,
  network: true,
  provider: true,
  timeout: true,
  circuit_open: true,
  truncated: true,
  filtered: true,
  invalid_output: true,
  aborted: false,
  invalid_params: false,
  tool: false,
  budget: false,
  exhausted: false,
};
const failure = (code: ErrorCode) => new AgentError(`no: ${code}`, { code, agent: "a" });
const all = failure("exhausted");

/** Calls models that return their number, or throw the error in their place. */
async function run(
  outcomes: readonly unknown[],
  mayContinue: (called: number) => boolean = () => true,
) {
  const called: number[] = [];
  const fallbacks: [model: number, error: unknown][] = [];
  const exhausted: (readonly AgentError[])[] = [];
  const models = outcomes.map((_, i) => i);
  const ended = await withFallbacks(models, (i) => {
    called.push(i);
    return outcomes[i] === undefined ? Promise.resolve(i) : Promise.reject(outcomes[i]);
  }, {
    mayContinue: () => mayContinue(called.length),
    onFallback: (model, error) => fallbacks.push([model, error]),
    exhausted(errors) {
      exhausted.push(errors);
      return all;
    },
  }).then((value) => ({ value }), (error: unknown) => ({ error }));
  return { ended, called, fallbacks, exhausted };
}

Deno.test("withFallbacks: falls back on errors that another model may not have", async () => {
  for (const [code, worth] of Object.entries(CODES)) {
    const error = failure(code as ErrorCode);
    const { ended, called, fallbacks } = await run([error, undefined, undefined]);
    assertEquals(called, worth ? [0, 1] : [0], code);
    assertEquals(fallbacks, worth ? [[1, error]] : [], code);
    assertEquals(ended, worth ? { value: 1 } : { error }, code);
  }
});

Deno.test("withFallbacks: throws the error of an only model unchanged", async () => {
  const error = failure("network");
  const { ended, fallbacks, exhausted } = await run([error]);
  assertStrictEquals((ended as { error: unknown }).error, error);
  assertEquals([fallbacks, exhausted], [[], []]);
});

Deno.test("withFallbacks: passes the error of each model to exhausted, once", async () => {
  const errors = [failure("network"), failure("provider"), failure("circuit_open")];
  const { ended, called, fallbacks, exhausted } = await run(errors);
  assertStrictEquals((ended as { error: unknown }).error, all);
  assertEquals(called, [0, 1, 2]);
  assertEquals(fallbacks, [[1, errors[0]], [2, errors[1]]]);
  assertEquals(exhausted, [errors]);
});

Deno.test("withFallbacks: rethrows any value when it may not continue", async () => {
  for (const thrown of [failure("network"), null, undefined, "bye", new DOMException("x")]) {
    const models = [1, 2];
    const hooks = {
      mayContinue: () => false,
      onFallback: () => assert(false, "no other model is called"),
      exhausted: () => all,
    };
    const error = await withFallbacks(models, () => Promise.reject(thrown), hooks).then(
      () => assert(false, "it failed"),
      (error) => error,
    );
    assertStrictEquals(error, thrown);
  }
});

Deno.test("withFallbacks: fails if onFallback throws", async () => {
  const cause = new Error("mine");
  const called: number[] = [];
  const ask = (model: number) => {
    called.push(model);
    return Promise.reject(failure("network"));
  };
  const hooks = {
    mayContinue: () => true,
    onFallback: () => {
      throw cause;
    },
    exhausted: () => all,
  };
  assertStrictEquals(await assertRejects(() => withFallbacks([1, 2], ask, hooks), Error), cause);
  assertEquals(called, [1]);
});

Deno.test("withFallbacks: calls each model once, in order, until a final outcome", async () => {
  const codes = Object.keys(CODES) as ErrorCode[];
  const likely = codes.filter((code) => CODES[code]);
  const outcome = fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...likely) },
    { weight: 1, arbitrary: fc.constantFrom(...codes) },
    { weight: 1, arbitrary: fc.constant(undefined) },
  );
  const many = fc.array(outcome, { minLength: 1, maxLength: 8 });
  await fc.assert(fc.asyncProperty(many, fc.integer({ min: 1, max: 9 }), async (list, stop) => {
    const outcomes = list.map((code) => code && failure(code));
    const { ended, called, fallbacks, exhausted } = await run(outcomes, (called) => called < stop);
    const last = outcomes.findIndex((error, i) =>
      error === undefined || !CODES[error.code] || i + 1 === stop
    );
    const count = last < 0 ? outcomes.length : last + 1;
    assertEquals(called, outcomes.slice(0, count).map((_, i) => i));
    assertEquals(fallbacks.map(([model]) => model), called.slice(1));
    if (last >= 0) {
      assertEquals(ended, outcomes[last] ? { error: outcomes[last] } : { value: last });
      assertEquals(exhausted, []);
    } else {
      assertEquals(ended, { error: outcomes.length === 1 ? outcomes[0] : all });
    }
  }));
});

const rule = fallbackModels({ provider, retries: wholeNumber });
const check = (value: unknown) => rule("do it", "fallbackModels", value);

Deno.test("fallbackModels: accepts names and objects, and one name at two providers", () => {
  const [one, two] = [handmade({}), handmade({})];
  for (
    const right of [
      [],
      ["b"],
      ["b", "c"],
      ["b", { model: "c" }],
      [{ model: "b", retries: 0, provider: undefined }],
      ["b", { model: "b", provider: one }, { model: "b", provider: two }],
      [{ model: "b", provider: one }, { model: "c", provider: one }],
    ]
  ) {
    check(right);
  }
  const repeats = [
    ["b", "b"],
    ["b", { model: "b" }],
    [{ model: "b", retries: 1 }, "b"],
    [{ model: "b" }, { model: "b", provider: undefined }],
    [{ model: "b", provider: one }, { model: "b", provider: one, retries: 1 }],
  ];
  for (const wrong of repeats) {
    const message = "Cannot do it as fallbackModels[1] repeats an earlier model";
    assertEquals(assertThrows(() => check(wrong), TypeError).message, message);
  }
});

const base = { name: "a", model: "m", prompt: "x" };

Deno.test("fallbackModels: rejects invalid lists before anything is sent", async () => {
  const provider = scripted("never");
  const A = defineAgent({ ...base, provider });
  const cases: [list: unknown, kind: typeof TypeError | typeof RangeError, why: string][] = [
    ["m2", TypeError, "fallbackModels must be a list of models: current value is a text"],
    [[""], TypeError, "fallbackModels[0] must be a text: current value is an empty text"],
    [["m2", 5], TypeError, "fallbackModels[1] must be a text: current value is 5"],
    [[{}], TypeError, "fallbackModels[0].model must be a text: current value is undefined"],
    [
      [{ model: "m2", retries: -1 }],
      RangeError,
      "retries must be a whole number, 0 or more: current value is -1",
    ],
    [
      [{ model: "m2", timeout: 0 }],
      RangeError,
      "timeout must be a positive number of milliseconds: current value is 0",
    ],
    [
      [{ model: "m2", provider: {} }],
      TypeError,
      "provider.name must be a text: current value is undefined",
    ],
    [[{ model: "m2", modle: 1 }], TypeError, 'there is no option "modle": did you mean "model"?'],
    [["m2", { model: "m2" }], TypeError, "fallbackModels[1] repeats an earlier model"],
  ];
  for (const [list, kind, why] of cases) {
    const wrong = { fallbackModels: list } as never;
    const rejections: [doing: string, error: Error][] = [
      ['define the agent "a"', assertThrows(() => defineAgent({ ...base, ...wrong as object }))],
      ['change the agent "a"', assertThrows(() => A.with(wrong))],
      ["configure", assertThrows(() => void configured(wrong))],
      ['call "a"', await assertRejects(() => A.call({}, wrong))],
      ['call "a"', assertThrows(() => A.stream({}, wrong))],
    ].map(([doing, error]) => [doing as string, error as Error]);
    for (const [doing, error] of rejections) {
      assertEquals([error.constructor, error.message], [kind, `Cannot ${doing} as ${why}`]);
    }
  }
  assertEquals(provider.calls, 0);
});

Deno.test("fallbackModels: rejects the agent's own model, wherever both are set", async () => {
  const [provider, other] = [scripted("never"), scripted("never")];
  const own = { ...base, provider };
  const A = defineAgent(own);
  using _ = configured({ model: "m" });
  const why = "as fallbackModels repeats its own model: name other models";
  for (const repeat of ["m", { model: "m" }, { model: "m", provider, retries: 1 }]) {
    const fallbackModels = ["n", repeat];
    const B = A.with({ model: "n" });
    const rejections: [doing: string, error: unknown][] = [
      ['define the agent "a"', assertThrows(() => defineAgent({ ...own, fallbackModels }))],
      ['change the agent "a"', assertThrows(() => A.with({ fallbackModels }))],
      ['call "a"', await assertRejects(() => A.call({}, { fallbackModels }))],
      ['call "a"', await assertRejects(() => A.stream({}, { fallbackModels }).next())],
      ['call "a"', await assertRejects(() => B.call({}, { model: "m", fallbackModels: [repeat] }))],
      ["configure", assertThrows(() => void configured({ provider, fallbackModels }))],
    ];
    for (const [doing, error] of rejections as [string, Error][]) {
      assertEquals([error.constructor, error.message], [TypeError, `Cannot ${doing} ${why}`]);
    }
  }
  defineAgent({ ...own, fallbackModels: [{ model: "m", provider: other }] });
  assertEquals([provider.calls, other.calls], [0, 0]);
});
