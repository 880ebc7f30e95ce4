import { configure, defineAgent } from "@shoal/agents";
import { scripted } from "@shoal/agents/testing";
import { assertEquals, assertMatch, assertStrictEquals, assertThrows } from "@std/assert";
import { resetConfiguration } from "../../helpers.ts";

/** The configuration without any call of `configure`. */
const DEFAULTS = {
  concurrency: 10,
  timeout: { attempt: 300_000 },
  retries: {
    max: 3,
    backoff: "exponential",
    base: 400,
    maxDelay: 3_000,
    jitter: 0.5,
    patience: 90_000,
  },
} as const;

Deno.test("configure: returns the configuration and keeps absent options", () => {
  try {
    assertEquals(configure(), DEFAULTS);
    const provider = scripted("ok");
    assertEquals(configure({ model: "m", provider }), { ...DEFAULTS, model: "m", provider });
    assertEquals(configure({ concurrency: 3 }).model, "m");
    assertStrictEquals(configure().provider, provider);
    assertEquals(configure({}), configure());
  } finally {
    resetConfiguration();
  }
});

Deno.test("configure: undefined restores the default", () => {
  configure({ concurrency: 3, model: "m", timeout: 5, retries: 0, prices: {} });
  assertEquals(configure({ concurrency: undefined, model: undefined }), {
    concurrency: 10,
    timeout: 5,
    retries: 0,
    prices: {},
  });
  resetConfiguration();
  assertEquals(configure(), DEFAULTS);
});

Deno.test("configure: returns a value that cannot be changed", () => {
  const active = configure();
  assertThrows(() => (active as { concurrency: number }).concurrency = 99, TypeError);
  assertEquals(configure().concurrency, 10);
});

Deno.test("configure: rejects an invalid option and then changes nothing", () => {
  const cases: [options: unknown, kind: typeof TypeError | typeof RangeError, message: string][] = [
    [null, TypeError, "Cannot configure as its options must be an object: current value is null"],
    [5, TypeError, "its options must be an object"],
    [{ concurrency: 0 }, RangeError, "concurrency must be a positive integer: current value is 0"],
    [{ concurrency: -1 }, RangeError, "current value is -1"],
    [{ concurrency: NaN }, RangeError, "current value is NaN"],
    [{ concurrency: 1.5 }, RangeError, "current value is 1.5"],
    [{ concurrency: Infinity }, RangeError, "current value is Infinity"],
    [{ concurrency: "5" }, TypeError, "concurrency must be a positive integer"],
    [{ concurency: 5 }, TypeError, 'there is no option "concurency": did you mean "concurrency"?'],
    [{ model: "" }, TypeError, "model must be a text"],
    [{ provider: { name: "p", generate() {} } }, TypeError, "provider.stream must be a function"],
    [{ provider: "openai" }, TypeError, "provider must be a provider: current value is a text"],
    [{ timeout: -1 }, RangeError, "timeout must be a positive number of milliseconds"],
    [{ timeout: { totl: 1 } }, TypeError, 'did you mean "total"?'],
    [{ retries: { base: -1 } }, RangeError, "base must be a number of milliseconds, 0 or more"],
    [{ prices: 5 }, TypeError, "prices must be a table of prices or a function"],
    [{ prices: [] }, TypeError, "prices must be a table of prices or a function"],
    [{ prices: { m: 5 } }, TypeError, 'prices["m"] must be { input, output } in dollars'],
    [{ prices: { m: { input: 1 } } }, TypeError, 'prices["m"].output must be a number of US'],
    [{ prices: { m: { input: -1, output: 1 } } }, RangeError, 'prices["m"].input must be'],
    [{ prices: { m: { input: 1, output: 1, cached: 1 } } }, TypeError, 'no option "cached"'],
  ];
  const before = configure();
  for (const [options, kind, message] of cases) {
    // A valid option beside the invalid one is not applied either.
    const both = typeof options === "object" && options !== null
      ? { model: "m", ...options }
      : options;
    const error = assertThrows(() => configure(both as never), Error, message);
    assertEquals(error.constructor, kind);
    assertMatch(error.message, /^Cannot configure(: (timeout|retries))? as /);
    assertEquals(configure(), before);
  }
});

Deno.test("configure: does not print a rejected value", () => {
  const error = assertThrows(() => configure({ provider: "sk-s3cret" as never }), TypeError);
  assertEquals(error.message.includes("s3cret"), false);
});

Deno.test("configure: sets provider and model of agents without their own", async () => {
  configure({ provider: scripted("ok"), model: "m" });
  try {
    const result = await defineAgent({ name: "a", prompt: "x" }).call({});
    assertEquals([result.content, result.model], ["ok", "m"]);
  } finally {
    resetConfiguration();
  }
});
