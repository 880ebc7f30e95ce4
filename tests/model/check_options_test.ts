import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import * as check from "../../src/model/check_options.ts";

Deno.test("rules: each accepts its values and rejects all others", () => {
  const bad = [NaN, Infinity, -Infinity, -1, "1", null, {}, [], true, 1n, () => 1];
  const cases: [rule: check.Rule, right: unknown[], wrong: unknown[]][] = [
    [check.positiveInteger, [1, 2, 2 ** 53 - 1], [...bad, 0, 1.5, 2 ** 53]],
    [check.wholeNumber, [0, 1, 2], [...bad, 0.5]],
    [check.positiveMs, [0.5, 1, 1e12], [...bad, 0]],
    [check.milliseconds, [0, 0.5, 1e12], bad],
    [check.dollars, [0, 0.01, 1e6], bad],
    [check.share, [0, 0.5, 1], [...bad, 1.01]],
    [check.finite, [0, -1, 1.5], bad.filter((v) => v !== -1)],
    [check.text, ["a", " "], ["", 0, null, {}, ["a"], Symbol("a")]],
    [check.flag, [true, false], [0, 1, "true", null]],
    [check.callback, [() => 1, class {}], ["f", null, {}]],
    [check.abortSignal, [new AbortController().signal], [new AbortController(), {}, null]],
    [check.record, [{}, Object.create(null)], [null, [], "x", () => 1]],
    [check.oneOf("a", "b"), ["a", "b"], ["c", "", null, ["a"]]],
  ];
  for (const [rule, right, wrong] of cases) {
    for (const value of right) rule("do it", "x", value);
    for (const value of wrong) {
      const error = assertThrows(
        () => rule("do it", "x", value),
        Error,
        "Cannot do it as x must be",
      );
      const range = typeof value === "number" && rule !== check.text && rule !== check.flag;
      assertEquals(error.constructor, range ? RangeError : TypeError, error.message);
    }
  }
});

Deno.test("rules: messages do not show the content of strings and objects", () => {
  for (const value of ["s3cret", { a: "s3cret" }, ["s3cret"], () => "s3cret"]) {
    for (const rule of [check.positiveInteger, check.flag, check.abortSignal, check.oneOf("a")]) {
      const error = assertThrows(() => rule("do it", "x", value), TypeError);
      assert(!error.message.includes("s3cret"), error.message);
    }
  }
});

Deno.test("checkOptions: rejects an unknown name and suggests the nearest", () => {
  const rules = { concurrency: check.positiveInteger, signal: check.abortSignal };
  check.checkOptions("run", undefined, rules);
  check.checkOptions("run", {}, rules);
  check.checkOptions("run", { concurrency: undefined, signal: undefined }, rules);
  const cases: [options: unknown, message: string][] = [
    [
      { concurency: 1 },
      'Cannot run as there is no option "concurency": did you mean "concurrency"?',
    ],
    [{ sig: 1 }, 'Cannot run as there is no option "sig": did you mean "signal"?'],
    [{ constructor: 1 }, 'there is no option "constructor"'],
    [{ toString: undefined }, 'there is no option "toString"'],
    [null, "Cannot run as its options must be an object: current value is null"],
    ["x", "Cannot run as its options must be an object: current value is a text"],
    [[], "current value is an array"],
    [() => 1, "current value is a function"],
  ];
  for (const [options, message] of cases) {
    assertThrows(() => check.checkOptions("run", options, rules), TypeError, message);
  }
});

Deno.test("checkOptions: throws only TypeError and RangeError", () => {
  const rules = { a: check.positiveInteger, b: check.share, c: check.text, d: check.flag };
  fc.assert(fc.property(fc.anything(), fc.constantFrom("a", "b", "c", "d"), (value, name) => {
    for (const options of [value, { [name]: value }]) {
      try {
        check.checkOptions("run", options, rules);
      } catch (error) {
        assert(error instanceof TypeError || error instanceof RangeError);
        assert(error.message.startsWith("Cannot run as "), error.message);
      }
    }
  }));
});
