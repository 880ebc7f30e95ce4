/** Values of answers that are not complete. */
import { assert, assertEquals, assertLess } from "@std/assert";
import fc from "fast-check";
import { z } from "zod";
import { prepareOutput } from "../../src/output/prepare_output.ts";
import type { Schema } from "../../src/output/standard_schema.ts";
import { createPartialReader } from "../../src/output/partial_reader.ts";

/** Returns the value after each delta, without repetitions. */
function valuesOf(schema: Schema, text: string, size = 1): unknown[] {
  const { partial } = prepareOutput("a", schema);
  const seen: unknown[] = [];
  for (let end = 0; end <= text.length; end += size) {
    const value = partial(text.slice(0, end));
    if (JSON.stringify(value) !== JSON.stringify(seen.at(-1))) seen.push(value);
  }
  return seen.filter((value) => value !== undefined);
}
const Any: Schema = { type: "object" };

Deno.test("partial: strings and arrays grow, numbers and literals come whole", () => {
  assertEquals(valuesOf(Any, '{"a":"hi","n":12,"l":[true,null,{"b":""}]}'), [
    {},
    { a: "" },
    { a: "h" },
    { a: "hi" },
    { a: "hi", n: 12 },
    { a: "hi", n: 12, l: [] },
    { a: "hi", n: 12, l: [true] },
    { a: "hi", n: 12, l: [true, null] },
    { a: "hi", n: 12, l: [true, null, {}] },
    { a: "hi", n: 12, l: [true, null, { b: "" }] },
  ]);
});

Deno.test("partial: unwraps values that are no objects", () => {
  assertEquals(valuesOf(z.array(z.number()), '{"value":[1, 2]}'), [[], [1], [1, 2]]);
  assertEquals(valuesOf(z.string(), '{"value":"ab"}'), ["", "a", "ab"]);
  assertEquals(valuesOf(z.boolean(), '{"value":false}'), [false]);
  assertEquals(valuesOf(z.null(), '{"value":null}'), [null]);
  assertEquals(valuesOf(z.number(), '{"value":0}'), [0]);
  assertEquals(valuesOf(z.array(z.number()), "[1, 2]"), [[], [1], [1, 2]]);
  assertEquals(valuesOf(z.union([z.object({ a: z.number() }), z.null()]), '{"a":1}'), [{ a: 1 }]);
});

Deno.test("partial: gives nothing for prose, reasoning and fences", () => {
  const { partial } = prepareOutput("a", z.object({ a: z.string() }));
  for (
    const text of [
      "",
      " ",
      "Here",
      "Here you are [1]:\n",
      "```",
      "```json",
      "```json\n",
      "{ I",
      "\ufeff",
    ]
  ) assertEquals(partial(text), undefined, text);
  assertEquals(partial("Here you are [1]:\n{"), undefined);
  assertEquals(partial('Here you are [1]:\n{"a": "x'), { a: "x" });
  assertEquals(partial('```json\n{"a": "x'), { a: "x" });
  assertEquals(partial('```json\n{"a": "x"}\n```\nThat'), { a: "x" });
  assertEquals(partial('<think>{"a":"draft"}'), undefined);
  assertEquals(partial('<think>{"a":"draft"}</think>{"a": "x'), { a: "x" });
  assertEquals(partial("{'a': 'x', // so\n b: [1,"), { a: "x", b: [1] });
});

Deno.test("partial: never splits a surrogate pair", () => {
  const text = JSON.stringify({ a: '\n"\\\u0007😀é' }).replace("😀", "\\ud83d\\ude00");
  const steps = ["", "\n", '\n"', '\n"\\', '\n"\\\u0007', '\n"\\\u0007😀', '\n"\\\u0007😀é'];
  assertEquals(valuesOf(Any, text), [{}, ...steps.map((a) => ({ a }))]);
  assertEquals(prepareOutput("a", Any).partial('{"a":"\ud83d'), { a: "" });
  assertEquals(prepareOutput("a", Any).partial('{"a":"\\\\ud83d'), { a: "\\ud83d" });
});

Deno.test("partial: removes nulls that mark absent properties", () => {
  const schema = z.object({ a: z.string().optional(), b: z.string().nullable() });
  assertEquals(valuesOf(schema, '{"a":null,"b":null}'), [{}, { b: null }]);
});

Deno.test("partial: no answer makes it throw or changes a prototype", () => {
  const { partial } = prepareOutput("a", Any);
  for (
    const text of [
      '{"__proto__":{"x":1}',
      '{"\\u005f_proto__":{"x":1}',
      "[".repeat(100_000),
      '{"a":'.repeat(100_000),
      '{"a":1,,',
      '{"a"}',
      "{{",
      '{"a":01',
      '{"a":-',
      '{"a":1e',
      '{"a":1.',
      '{"a":tru',
      '{"a":xyz',
      '{"a":"\\u12',
      '{"a":"\\',
      '{"a":/*',
      '{"a":1}}}',
    ]
  ) {
    const value = partial(text) as { x?: unknown } | undefined;
    assertEquals(value?.x, undefined);
  }
  assertEquals(Object.keys(partial('{"__proto__":{"x":1}') as object), ["__proto__"]);
});

Deno.test("partial: ends with the whole value, and is a prefix of it before", () => {
  /** Whether a value is a prefix of the whole value. */
  function isPart(part: unknown, whole: unknown): boolean {
    if (typeof part === "string") return typeof whole === "string" && whole.startsWith(part);
    if (typeof part !== "object" || part === null) return part === whole;
    return typeof whole === "object" && whole !== null &&
      Object.entries(part).every(([name, inner]) =>
        Object.hasOwn(whole, name) && isPart(inner, (whole as Record<string, unknown>)[name])
      );
  }
  const value = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 }));
  fc.assert(
    fc.property(value, fc.boolean(), fc.nat(), (value, isIndented, cut) => {
      const text = JSON.stringify(value, null, isIndented ? 2 : 0);
      const whole = JSON.parse(text);
      const { partial } = prepareOutput("a", Any);
      assertEquals(partial(text), whole);
      assertEquals(partial("```json\n" + text), whole);
      const part = partial(text.slice(0, 1 + cut % text.length));
      assert(part === undefined || isPart(part, whole), JSON.stringify(part));
    }),
    { numRuns: 500 },
  );
});

Deno.test("partials: reads short answers at each delta, and bounds the cost of long ones", () => {
  const seen: unknown[] = [];
  const next = createPartialReader(prepareOutput("a", z.array(z.number())));
  for (const piece of ['{"val', 'ue":', "[1,", "2", "]", "}"]) seen.push(next(piece));
  assertEquals(seen, [undefined, undefined, [1], [1], [1, 2], [1, 2]]);

  let read = 0;
  let calls = 0;
  const counting = createPartialReader({
    partial: (text) => {
      read += text.length;
      calls++;
      return text.length;
    },
  });
  const pieces = 25_000;
  for (let i = 0; i < pieces; i++) counting("1234");
  assertLess(read, 34 * 4 * pieces);
  assertLess(calls, 400);
});
