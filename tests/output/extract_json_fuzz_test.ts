/** Any text gives either content or issues, and an answer that fits survives any text around it. */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { z } from "zod";
import { readLenientJson } from "../../src/output/lenient_json.ts";
import { type PreparedOutput, prepareOutput } from "../../src/output/prepare_output.ts";
import type { Schema } from "../../src/output/standard_schema.ts";

const Review = z.object({
  label: z.enum(["good", "bad"]),
  score: z.number().optional(),
  tags: z.array(z.object({ name: z.string(), sure: z.boolean().nullish() })),
});
const review = fc.record({
  label: fc.constantFrom("good", "bad"),
  score: fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => n + 0),
  tags: fc.array(fc.record({ name: fc.string(), sure: fc.boolean() }, { requiredKeys: ["name"] })),
}, { requiredKeys: ["label", "tags"] });

const SCHEMAS: readonly Schema[] = [
  Review,
  z.array(z.string()),
  z.number(),
  z.string(),
  z.record(z.string(), z.unknown()),
  z.union([z.null(), z.object({ value: z.unknown() })]),
  { type: "object", required: ["label"] },
  { type: "array" },
  {},
];
const OUTPUTS: readonly PreparedOutput[] = SCHEMAS.map((schema) => prepareOutput("a", schema));

/** Reads the text with each schema, and checks that each gives either content or issues. */
async function readAll(text: string): Promise<void> {
  for (const output of OUTPUTS) {
    const parsed = await output.parse(text);
    if (parsed.ok) {
      assertEquals(Object.keys(parsed).sort(), ["content", "ok"]);
      assert(parsed.content !== undefined);
      JSON.stringify(parsed.content);
    } else {
      assertEquals(Object.keys(parsed).sort(), ["issues", "ok"]);
      assert(parsed.issues.length > 0);
      for (const { message } of parsed.issues) {
        assert(typeof message === "string" && message !== "");
      }
    }
    output.partial(text);
  }
  assertEquals(Object.keys(Object.prototype), []);
}

/** Texts of the tokens of JSON and of what surrounds it. */
const pieces = fc.array(
  fc.oneof(
    fc.constantFrom(
      ..."{ } [ ] , : \" ' \\ / ` ~ . - + e 0 1 \n \t true false null True None NaN // /* */".split(
        " ",
      ),
      "```json\n",
      "```",
      "~~~\n",
      "<think>",
      "</think>",
      "__proto__",
      '"label"',
      '"value":',
      '"tags":[',
      "\\u00",
      "\ud83d",
      "\ufeff",
      "\u2028",
    ),
    fc.string({ maxLength: 4 }),
  ),
  { maxLength: 40 },
).map((list) => list.join(""));

Deno.test("fuzz: any text gives either content or issues", async () => {
  await fc.assert(fc.asyncProperty(fc.string({ unit: "binary", maxLength: 200 }), readAll));
  await fc.assert(fc.asyncProperty(pieces, readAll), { numRuns: 1_000 });
});

Deno.test("fuzz: an answer with a random change gives either content or issues", async () => {
  const change = fc.tuple(fc.nat(), fc.nat(20), fc.oneof(fc.string({ maxLength: 3 }), pieces));
  await fc.assert(
    fc.asyncProperty(
      review,
      fc.constantFrom("", "```json\n", "So: ", "<think>{}</think>"),
      fc.array(change, { minLength: 1, maxLength: 4 }),
      async (value, before, changes) => {
        let text = before + JSON.stringify(value, null, 1);
        for (const [at, length, piece] of changes) {
          const from = at % (text.length + 1);
          text = text.slice(0, from) + piece + text.slice(from + length);
        }
        await readAll(text);
      },
    ),
    { numRuns: 300 },
  );
});

Deno.test("fuzz: JSON of a wrong type and truncated JSON give content or issues", async () => {
  await fc.assert(
    fc.asyncProperty(fc.json({ maxDepth: 5 }), fc.nat(), async (json, cut) => {
      await readAll(json);
      await readAll(json.slice(0, cut % (json.length + 1)));
    }),
    { numRuns: 200 },
  );
});

Deno.test("fuzz: huge and deep answers do not overflow the stack", async () => {
  const repeated = fc.tuple(pieces, fc.constantFrom(1_000, 30_000), pieces)
    .map(([piece, times, end]) => piece.slice(0, 8).repeat(times) + end);
  await fc.assert(fc.asyncProperty(repeated, readAll), { numRuns: 25 });
});

/** Prose without anything that may begin JSON, code or reasoning. */
const prose = fc.array(
  fc.constantFrom(
    ..."Here is the answer, I'm “sure” it's 5 < 6 & true: so. \n é 😀 \"quoted\" - * #".split(" "),
  ),
).map((words) => words.join(" "));
const space = fc.array(fc.constantFrom(" ", "\n", "\r\n", "\t")).map((list) => list.join(""));

/** Ways in which models write JSON. */
const around: fc.Arbitrary<(json: string) => string> = fc.oneof(
  fc.tuple(space, space).map(([a, b]) => (json: string) => a + json + b),
  fc.tuple(prose, prose).map(([a, b]) => (json: string) => `${a}\n${json}\n${b}`),
  fc.tuple(prose, prose).map(([a, b]) => (json: string) => `${a}: ${json}\n${b}`),
  fc.tuple(prose, fc.constantFrom("", "json", "JSON", "json5"), space, prose).map(
    ([a, language, s, b]) => (json: string) =>
      `${a}\n\`\`\`${language}\n${s}${json}${s}\n\`\`\`\n${b}`,
  ),
  fc.tuple(prose, space).map(([a, s]) => (json: string) => `${a}\n~~~\n${s}${json}\n~~~`),
  fc.tuple(prose).map(([a]) => (json: string) =>
    `<think>${a}{"label":"draft"} ${json}</think>\n${json}`
  ),
);

Deno.test("fuzz: an answer that fits survives spaces, fences, prose and reasoning", async () => {
  const cases: [schema: Schema, value: fc.Arbitrary<unknown>, isWrapped: boolean][] = [
    [Review, review, false],
    [{ type: "object" }, fc.dictionary(fc.string(), fc.jsonValue()), false],
    [{}, fc.jsonValue(), true],
    [z.any(), fc.jsonValue(), true],
    [z.string(), fc.string({ unit: "binary" }), true],
    [
      z.array(z.union([z.number(), z.string()])),
      fc.array(fc.oneof(fc.integer(), fc.string())),
      true,
    ],
    [
      z.union([z.null(), z.boolean(), z.literal(0), z.literal("")]),
      fc.constantFrom(null, false, true, 0, ""),
      true,
    ],
  ];
  for (const [schema, values, isWrapped] of cases) {
    const output = prepareOutput("a", schema);
    await fc.assert(
      fc.asyncProperty(values, around, fc.boolean(), async (value, wrap, isIndented) => {
        const json = JSON.stringify(isWrapped ? { value } : value, null, isIndented ? 2 : 0);
        const expected = JSON.parse(json);
        const parsed = await output.parse(wrap(json));
        assertEquals(parsed, { ok: true, content: isWrapped ? expected.value : expected });
      }),
      { numRuns: 150 },
    );
  }
});

Deno.test("fuzz: reading JSON in pieces gives the same as reading it at once", () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 6 }), fc.string(), (json, after) => {
      const { state, json: read, exact, end } = readLenientJson(`${json} ${after}`, 0);
      assertEquals([state, exact, end, JSON.parse(read)], [
        "whole",
        true,
        json.length,
        JSON.parse(json),
      ]);
    }),
    { numRuns: 500 },
  );
  // The result is always JSON.
  fc.assert(
    fc.property(pieces, (text) => {
      const { json, end } = readLenientJson(text, 0);
      assert(end <= text.length);
      if (json !== "") JSON.parse(json);
    }),
    { numRuns: 5_000 },
  );
});
