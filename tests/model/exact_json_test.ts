import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  carryDigits,
  copyDigits,
  digitsOf,
  findDigits,
  hasDigits,
  restoreDigits,
} from "../../src/model/digits.ts";
import { parseExact, parseForWriting, stringifyExact } from "../../src/model/exact_json.ts";

/** Numbers that a JavaScript number cannot hold. */
const LOSSY = [
  "9007199254740993",
  "-9007199254740993",
  "1234567890123456789",
  "123456789012345678901234567890",
  "1000000000000000000000",
  "0.1234567890123456789",
  "-123456.78901234567890123",
  "1.00000000000000000001",
  "12345678901234567890.5",
  "1e400",
  "-1E+400",
  "1e-400",
  "9".repeat(5_000),
];
const EXACT = ["0", "-0", "1.50", "1e3", "1E+2", "9007199254740991", "0.1", "5e-324", "1e308"];

Deno.test("keeps the digits of numbers that a JavaScript number cannot hold", () => {
  for (const number of LOSSY) {
    for (
      const text of [`{"a":${number}}`, `[${number}]`, `{"a":[{"b":"x","c":[${number},1]}]}`]
    ) {
      assertEquals(stringifyExact(parseExact(text)), text);
      assertEquals(JSON.stringify(parseForWriting(text)), text);
    }
  }
});

Deno.test("an integer beyond 2^53 is a bigint, and other numbers are numbers", () => {
  const text = '{"a":1234567890123456789,"b":0.1234567890123456789,"c":1e400,"d":12,"e":-0}';
  const value = parseExact(text) as Record<string, unknown>;
  assertEquals(value, {
    a: 1234567890123456789n,
    b: 0.1234567890123456789,
    c: Infinity,
    d: 12,
    e: -0,
  });
  assertEquals(parseExact("1234567890123456789"), 1234567890123456789n);
  // These integers are the ones that a number holds.
  assertEquals(parseExact("[1152921504606847000, 1234567890123456800]"), [
    2 ** 60,
    1234567890123456800,
  ]);
});

Deno.test("reads and writes other JSON as JSON.parse and JSON.stringify do", () => {
  for (const number of EXACT) {
    const text = `{"a":[${number},"1234567890123456789"]}`;
    assertEquals(parseExact(text), JSON.parse(text));
    assertEquals(hasDigits(parseExact(text)), false);
  }
  for (const text of ["", "{", "[1234567890123456789", "nul", '{"a":01234567890123456789}']) {
    assertThrows(() => parseExact(text), SyntaxError);
    assertThrows(() => parseForWriting(text), SyntaxError);
  }
  const loop: Record<string, unknown> = {};
  loop.loop = loop;
  assertThrows(() => stringifyExact(loop), TypeError);
  assertEquals(
    stringifyExact({ a: [1, undefined], b: undefined }, 2),
    '{\n  "a": [\n    1,\n    null\n  ]\n}',
  );
  assertEquals(stringifyExact({ a: 5n }), '{"a":5}');
  assertEquals(
    stringifyExact({ at: new Date(0), n: 2n ** 64n }),
    '{"at":"1970-01-01T00:00:00.000Z","n":18446744073709551616}',
  );
});

Deno.test("the digits of any integer and decimal survive", () => {
  const digits = fc.stringMatching(/^-?(0|[1-9]\d{0,40})(\.\d{1,40})?([eE][+-]?\d{1,3})?$/);
  fc.assert(
    fc.property(fc.array(digits, { minLength: 1 }), fc.string(), (numbers, name) => {
      const text = `{${JSON.stringify(name)}:[${numbers.join(",")}]}`;
      const written = stringifyExact(parseExact(text));
      // The form may change, as that of 1.50 does: the value must not.
      const list = written.slice(written.indexOf(":[") + 2, -2);
      assert(written.endsWith(`${list}]}`));
      const after = written.slice(JSON.stringify(name).length + 3, -2).split(",");
      assertEquals(after.map(valueOf), numbers.map(valueOf));
    }),
    { numRuns: 500 },
  );
  fc.assert(
    fc.property(fc.bigInt(), (integer) => {
      assertEquals(stringifyExact(parseExact(`{"n":${integer}}`)), `{"n":${integer}}`);
    }),
  );
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = JSON.stringify(value);
      assertEquals(parseExact(text), JSON.parse(text));
      assertEquals(stringifyExact(parseExact(text)), JSON.stringify(JSON.parse(text)));
    }),
    { numRuns: 500 },
  );
});

/** Returns a number as an integer and a power of ten. */
function valueOf(number: string): [integer: bigint, power: number] {
  const [, sign, whole, fraction = "", power = "0"] = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/
    .exec(number)!;
  let integer = BigInt(whole! + fraction), shift = Number(power) - fraction.length;
  if (integer === 0n) return [0n, 0];
  while (integer % 10n === 0n) {
    integer /= 10n;
    shift++;
  }
  return [sign === "-" ? -integer : integer, shift];
}

Deno.test("forgets the digits of a number that has changed", () => {
  const value = parseExact('{"a":0.1234567890123456789,"b":1234567890123456789}') as {
    a: number;
    b: unknown;
  };
  value.a = 0.5;
  value.b = 5;
  assertEquals(stringifyExact(value), '{"a":0.5,"b":5}');
  value.b = "text";
  assertEquals(stringifyExact(value), '{"a":0.5,"b":"text"}');
});

Deno.test("digits are copied, carried and restored", () => {
  const text = '{"a":0.1234567890123456789,"list":[{"b":1234567890123456789}],"c":1}';
  const value = parseExact(text) as Record<string, unknown>;
  const copy = { ...value, c: 2 };
  copyDigits(value, copy);
  assertEquals(stringifyExact(copy), text.replace('"c":1', '"c":2'));
  const clone = structuredClone(value) as typeof value;
  assertStrictEquals(digitsOf(clone, "a"), undefined);
  const found = structuredClone(findDigits(value));
  assertEquals(found, [[["a"], "0.1234567890123456789"], [
    ["list", "0", "b"],
    "1234567890123456789",
  ]]);
  restoreDigits(clone, found);
  assertEquals(stringifyExact(clone), text);
  const numbers = { a: value.a, list: [{ b: Number(1234567890123456789n) }], c: 1 };
  carryDigits(value, numbers);
  assertEquals(stringifyExact(numbers), text);
  // A member with another value gets no digits.
  const others = { a: 1, list: [{}, 2], c: 1 };
  carryDigits(value, others);
  carryDigits(value, null);
  carryDigits(value, { list: null });
  assertEquals(stringifyExact(others), '{"a":1,"list":[{},2],"c":1}');
});

Deno.test("names of the prototype are names, and values may contain themselves", () => {
  const text = '{"__proto__":{"a":1234567890123456789},"constructor":0.1234567890123456789}';
  const value = parseExact(text) as Record<string, unknown>;
  assertEquals(Object.keys(value), ["__proto__", "constructor"]);
  assertEquals(stringifyExact(value), text);
  const loop = parseExact('{"a":1234567890123456789}') as Record<string, unknown>;
  loop.self = loop;
  loop.more = [loop];
  assertEquals(findDigits(loop), [[["a"], "1234567890123456789"]]);
});

Deno.test("reads and writes as JSON does in runtimes that do not know the source of numbers", async () => {
  const json = JSON as { rawJSON?: unknown };
  const { rawJSON } = json;
  json.rawJSON = undefined;
  try {
    // Bun ignores the query of a URL, but not that of a path.
    const path = "../../src/model/exact_json.ts?without";
    const old: typeof import("../../src/model/exact_json.ts") = await import(path);
    for (const text of LOSSY.map((number) => `{"a":${number}}`)) {
      assertEquals(old.parseExact(text), JSON.parse(text));
      assertEquals(old.parseForWriting(text), JSON.parse(text));
      assertEquals(old.stringifyExact(old.parseExact(text)), JSON.stringify(JSON.parse(text)));
    }
    assertThrows(() => old.stringifyExact({ a: 1n }), TypeError);
  } finally {
    json.rawJSON = rawJSON;
  }
});

Deno.test("takes time in proportion to the text", () => {
  const number = "12345678901234567890";
  const texts = [
    `[${`${number},`.repeat(50_000)}1]`,
    `{"a":${"1".repeat(5_000_000)}}`,
    `{"a":0.${"0".repeat(5_000_000)}1}`,
    `["${"1.".repeat(2_500_000)}"]`,
    `["${"1e".repeat(2_500_000)}"]`,
    `${"[".repeat(100_000)}${number}${"]".repeat(100_000)}`,
    `[${`{"a":${number}},`.repeat(25_000)}1]`,
  ];
  for (const text of texts) {
    const began = performance.now();
    const value = parseExact(text);
    findDigits(value);

    assert(performance.now() - began < 20_000, text.slice(0, 30));
  }
});
