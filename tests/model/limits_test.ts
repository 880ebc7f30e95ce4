import { assertEquals, assertThrows } from "@std/assert";
import {
  adaptiveBounds,
  concurrency,
  limits,
  maxConcurrency,
  providerLimits,
} from "../../src/model/limits.ts";
import type { Concurrency } from "../../src/model/limits.ts";
import type { Rule } from "../../src/model/check_options.ts";
import { print } from "../print.ts";

type Refused = [value: unknown, error: typeof TypeError | typeof RangeError, says: string];

function assertRefused(rule: Rule, name: string, cases: readonly Refused[]): void {
  for (const [value, error, says] of cases) {
    const thrown = assertThrows(() => rule("do it", name, value), error, says);
    // None of these classes is a subclass of another.
    assertEquals(thrown.constructor, error, print(value));
  }
}

const INTEGER = "concurrency must be a positive integer";

Deno.test("concurrency: accepts a positive integer, or consistent bounds", () => {
  const onChange = () => {};
  for (
    const value of [
      1,
      10_000,
      "adaptive",
      {},
      { start: 1 },
      { min: 1_000 },
      { start: 5, min: 5, max: 5 },
      { start: undefined, min: undefined, max: 3 },
      { max: 1_000_000, onChange },
    ]
  ) concurrency("do it", "concurrency", value);
});

Deno.test("concurrency: rejects everything else", () => {
  const wrong: [unknown, typeof TypeError | typeof RangeError, string][] = [
    [0, RangeError, "0"],
    [-1, RangeError, "-1"],
    [1.5, RangeError, "1.5"],
    [NaN, RangeError, "NaN"],
    [Infinity, RangeError, "Infinity"],
    [2 ** 53, RangeError, "9007199254740992"],
    ["5", TypeError, "a text"],
    [null, TypeError, "null"],
    [true, TypeError, "true"],
    [[5], TypeError, "an array"],
  ];
  const must = `${INTEGER}, "adaptive" or { start, min, max, onChange }`;
  assertRefused(
    concurrency,
    "concurrency",
    wrong.map(([value, error, shown]) => [
      value,
      error,
      `Cannot do it as ${error === RangeError ? INTEGER : must}: current value is ${shown}`,
    ]),
  );
  for (const name of ["start", "min", "max"]) {
    for (const [value, error, shown] of wrong) {
      const says = `Cannot do it: concurrency as ${name} must be a positive integer: ` +
        `current value is ${shown}`;
      assertRefused(concurrency, "concurrency", [[{ [name]: value }, error, says]]);
    }
  }
  assertRefused(concurrency, "concurrency", [
    [{ min: 3, max: 2 }, RangeError, "in concurrency min must not be above max: 3 is above 2"],
    [{ start: 1, min: 2 }, RangeError, "in concurrency start must not be below min: 1 < 2"],
    [{ start: 3, max: 2 }, RangeError, "in concurrency start must not be above max: 3 > 2"],
    // The default of `max` is 1,000.
    [{ min: 1_001 }, RangeError, "min must not be above max: 1001 is above 1000"],
    [{ start: 1_001 }, RangeError, "start must not be above max: 1001 > 1000"],
    [{ mx: 5 }, TypeError, 'there is no option "mx": did you mean "max"?'],
    [{ onChange: "log" }, TypeError, "onChange must be a function"],
  ]);
});

/** Options that both kinds of limits reject. */
const BOTH: readonly Refused[] = [
  [5, TypeError, "must be an object"],
  [null, TypeError, "must be an object"],
  [[], TypeError, "must be an object"],
  [{ concurency: 5 }, TypeError, 'did you mean "concurrency"?'],
  [{ concurrency: 0 }, RangeError, INTEGER],
  [{ concurrency: { max: 0 } }, RangeError, "max must be a positive integer"],
  [{ concurrency: "adaptiv" }, TypeError, `${INTEGER}, "adaptive" or { start`],
  [{ adaptive: true }, TypeError, 'no option "adaptive": use concurrency: "adaptive"'],
  [{ adaptive: true, concurrency: 5 }, TypeError, '"adaptive": use concurrency: { max }'],
  [{ adaptive: false }, TypeError, 'no option "adaptive": leave it out'],
  ...["requestsPerMinute", "tokensPerMinute"].flatMap((name): Refused[] => [
    [{ [name]: 0 }, RangeError, `${name} must be a positive number a minute`],
    [{ [name]: -1 }, RangeError, "current value is -1"],
    [{ [name]: NaN }, RangeError, "current value is NaN"],
    [{ [name]: Infinity }, RangeError, "current value is Infinity"],
    [{ [name]: "60" }, TypeError, "current value is a text"],
  ]),
  [{ reserve: 1 }, RangeError, "reserve must be a share from 0 up to, but not, 1"],
  [{ reserve: -0.1 }, RangeError, "reserve must be a share"],
  [{ reserve: NaN }, RangeError, "reserve must be a share"],
  [{ reserve: "half" }, TypeError, "reserve must be a share"],
];

Deno.test("limits: rejects invalid options", () => {
  assertRefused(limits, "limits", BOTH);
  assertRefused(limits, "limits", [[{ models: {} }, TypeError, 'no option "models"']]);
  for (const value of [{}, { concurrency: 5 }, { concurrency: "adaptive", reserve: 0 }]) {
    limits("do it", "limits", value);
  }
  limits("do it", "limits", {
    concurrency: { max: 5 },
    requestsPerMinute: 0.5,
  });
});

Deno.test("limits of a provider: rejects the same, and names the model", () => {
  assertRefused(providerLimits, "limits", BOTH);
  for (const [value, error, says] of BOTH) {
    const models = { good: {}, m: value };
    for (const said of [says, 'models["m"]']) {
      assertRefused(providerLimits, "limits", [[{ models }, error, said]]);
    }
  }
  const must = "models must be an object with limits by model";
  assertRefused(providerLimits, "limits", [
    [{ models: 5 }, TypeError, must],
    [{ models: [] }, TypeError, must],
    [{ models: null }, TypeError, must],
    [{ models: { m: { models: {} } } }, TypeError, 'no option "models"'],
    [{ models: { m: { adaptive: true } } }, TypeError, 'models["m"] as there is no option'],
  ]);
  providerLimits("do it", "limits", { models: {} });
  providerLimits("do it", "limits", {
    concurrency: "adaptive",
    models: { a: { concurrency: 3 }, b: { concurrency: { max: 5 } }, c: undefined },
  });
});

Deno.test("adaptiveBounds fills in absent bounds", () => {
  const onChange = () => {};
  const table: [
    Concurrency | undefined,
    bounds: [start: number, min: number, max: number] | undefined,
    max: number | undefined,
  ][] = [
    [undefined, undefined, undefined],
    [5, undefined, 5],
    ["adaptive", [8, 1, 1_000], 1_000],
    [{ max: 5_000 }, [8, 1, 5_000], 5_000],
    [{}, [8, 1, 1_000], 1_000],
    [{ max: 3 }, [3, 1, 3], 3],
    [{ min: 20 }, [20, 20, 1_000], 1_000],
    [{ min: 20, max: 30 }, [20, 20, 30], 30],
    [{ start: 100 }, [100, 1, 1_000], 1_000],
    [{ onChange }, [8, 1, 1_000], 1_000],
  ];
  for (const [option, expected, max] of table) {
    const bounds = adaptiveBounds(option);
    const actual = bounds && [bounds.start, bounds.min, bounds.max];
    assertEquals([actual, maxConcurrency(option)], [expected, max], print(option));
  }
  assertEquals(adaptiveBounds({ onChange })!.onChange, onChange);
});
