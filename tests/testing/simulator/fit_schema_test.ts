import { assert, assertEquals } from "@std/assert";
import { z } from "zod";
import { simulator } from "../../../src/testing/simulator/simulator.ts";
import { answerTo, say, user } from "./client.ts";

/** Returns the answer to a request with this schema. */
async function fill(schema: unknown, text = "I love it"): Promise<unknown> {
  await using server = simulator();
  const { choices } = await answerTo(server, {
    messages: user(text),
    response_format: { type: "json_schema", json_schema: { name: "x", strict: true, schema } },
  });
  return JSON.parse(choices[0].message.content);
}

Deno.test("answers fit schemas of every kind", async () => {
  const Node: z.ZodType = z.lazy(() =>
    z.object({ name: z.string(), children: z.array(Node).max(3) })
  );
  const List: z.ZodType = z.lazy(() => z.object({ value: z.number(), next: List.nullable() }));
  const schemas: z.ZodType[] = [
    z.string(),
    z.string().min(30),
    z.string().max(3),
    z.string().length(5),
    z.string().regex(/^[A-Z]{3}-\d{2,4}(?:x|y)?$/),
    z.email(),
    z.uuid(),
    z.iso.datetime(),
    z.iso.date(),
    z.number(),
    z.number().min(0.2).max(0.4),
    z.number().gt(5).lt(6),
    z.number().max(-3),
    z.int().min(10),
    z.int().gt(3).lt(5),
    z.int().min(-9).max(-7),
    z.number().multipleOf(5).min(7),
    z.number().multipleOf(0.25).min(0.3).max(0.6),
    z.boolean(),
    z.null(),
    z.literal("only"),
    z.literal(42),
    z.enum(["a", "b"]),
    z.array(z.int()).min(3),
    z.array(z.string()).length(2),
    z.array(z.string()).max(0),
    z.tuple([z.string(), z.number(), z.boolean()]),
    z.object({}),
    z.strictObject({ a: z.string(), b: z.number().optional(), c: z.array(z.boolean()).min(2) }),
    z.object({ deep: z.object({ deeper: z.object({ list: z.array(z.object({ n: z.int() })) }) }) }),
    z.union([z.object({ kind: z.literal("a"), a: z.int() }), z.object({ kind: z.literal("b") })]),
    z.discriminatedUnion("type", [
      z.strictObject({ type: z.literal("x"), x: z.number() }),
      z.strictObject({ type: z.literal("y"), y: z.string() }),
    ]),
    z.intersection(z.object({ a: z.string() }), z.object({ b: z.int() })),
    z.string().nullable(),
    z.record(z.string(), z.number()),
    z.object({ "with.dot": z.string(), "": z.int(), "ünï": z.boolean() }),
    Node,
    List,
  ];
  for (const schema of schemas) {
    const json = z.toJSONSchema(schema);
    const result = schema.safeParse(await fill(json));
    assert(result.success, `${JSON.stringify(json)}: ${result.error?.message}`);
  }
});

Deno.test("supports references, prototype names and unknown keywords", async () => {
  const schema = {
    $defs: { "a/b": { type: "string", enum: ["yes"] }, two: { $ref: "#/$defs/a~1b" } },
    type: "object",
    properties: {
      one: { $ref: "#/$defs/two" },
      __proto__x: true,
      constructor: { type: "integer" },
    },
    required: ["one", "constructor"],
    "x-unknown": { $ref: 5 },
  };
  const value = await fill(schema) as Record<string, unknown>;
  assertEquals(value.one, "yes");
  assertEquals(typeof value.constructor, "number");
  assertEquals(await fill({ $ref: "#/nowhere" }) !== undefined, true);
  assertEquals(await fill({ $ref: "#" }) !== undefined, true);
});

Deno.test("the first value of an enum is chosen, whatever the text", async () => {
  const cases: [unknown[], string, unknown][] = [
    [["positive", "negative"], "It is awful", "positive"],
    [["negative", "mixed", "positive"], "Good sound, bad battery.", "negative"],
    [["POSITIVE", "NEGATIVE"], "negative", "POSITIVE"],
    [[7, "seven"], "", 7],
    [[null], "x", null],
  ];
  for (const [values, text, expected] of cases) {
    assertEquals(await fill({ enum: values }, text), expected);
  }
});

Deno.test("an array of enum values has each of them before one repeats", async () => {
  const items = { type: "string", enum: ["a", "b", "c"] };
  assertEquals(await fill({ type: "array", items }), ["a"]);
  assertEquals(await fill({ type: "array", items, minItems: 4 }), ["a", "b", "c", "a"]);
});

Deno.test("texts are named after their property, numbers lie mid-range", async () => {
  const properties = {
    summary: { type: "string" },
    score: { type: "number", minimum: 0, maximum: 1 },
    stars: { type: "integer", minimum: 1, maximum: 5 },
    toxic: { type: "boolean" },
    tags: { type: "array", items: { type: "string" }, minItems: 2, uniqueItems: true },
  };
  assertEquals(await fill({ type: "object", properties }), {
    summary: "simulated summary",
    score: 0.5,
    stars: 3,
    toxic: true,
    tags: ["simulated tags", "simulated tags 2"],
  });
});

Deno.test("json_object returns an object with the generic answer", async () => {
  await using server = simulator();
  const { choices } = await answerTo(server, {
    messages: user("Answer in JSON."),
    response_format: { type: "json_object" },
  });
  assertEquals(JSON.parse(choices[0].message.content), {
    answer: "Simulated answer to: Answer in JSON.",
  });
});

Deno.test("a generic text repeats the first 12 words of the request", async () => {
  await using server = simulator();
  const cases = [
    ["What is love?", "Simulated answer to: What is love?"],
    ["", "Simulated answer."],
    ["Say 'ok'", "ok"],
    ["Please reply only with the word “yes”.", "yes"],
    [" \n ", "Simulated answer."],
    ["a b c d e f g h i j k l m", "Simulated answer to: a b c d e f g h i j k l …"],
  ] as const;
  for (const [text, expected] of cases) {
    assertEquals(await say(server, text), expected);
    assertEquals(await say(server, text), expected, "the same text gets the same answer");
  }
});
