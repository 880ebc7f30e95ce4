import { assert, assertEquals } from "@std/assert";
import { z } from "zod";
import { simulator } from "../../../src/testing/simulator/simulator.ts";
import { answerTo, user } from "./client.ts";

const sim = () => simulator();

/** What the model says, as JSON, to a review with this schema. */
async function fill(
  schema: unknown,
  review = "I love it",
  ask = "Look at this review.",
): Promise<unknown> {
  await using server = sim();
  const { choices } = await answerTo(server, {
    messages: [{ role: "system", content: ask }, ...user(`Review: ${review}`)],
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

Deno.test("references, prototype names and unknown keywords do no harm", async () => {
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

Deno.test("enums of feelings follow the review, however they are spelled", async () => {
  const cases: [string[], string, string][] = [
    [["positive", "negative"], "It is awful", "negative"],
    [["positive", "negative", "neutral"], "I love it", "positive"],
    [["POSITIVE", "NEGATIVE", "NEUTRAL", "MIXED"], "It is a box", "NEUTRAL"],
    [["Neg", "Neutral", "Pos"], "Sehr gut!", "Pos"],
    [["good", "bad"], "👎", "bad"],
    [["negative", "mixed", "positive"], "Good sound, bad battery.", "mixed"],
  ];
  for (const [values, review, wanted] of cases) {
    assertEquals(await fill({ type: "string", enum: values }, review), wanted);
  }
});

Deno.test("enums of categories follow the review", async () => {
  const schema = z.toJSONSchema(z.object({ category: z.enum(["books", "kitchen", "other"]) }));
  const ask = "Name the product category.";
  assertEquals(await fill(schema, "The knife is sharp and the pan is heavy", ask), {
    category: "kitchen",
  });
  assertEquals(await fill(schema, "A novel with a thin plot", ask), { category: "books" });
  assertEquals(await fill(schema, "Well.", ask), { category: "other" });
});

Deno.test("values make sense by their names", async () => {
  const number = { type: "number", minimum: 0, maximum: 1 };
  const schema = {
    type: "object",
    properties: {
      sentiment: { type: "string" },
      summary: { type: "string" },
      score: number,
      stars: { type: "integer", minimum: 1, maximum: 5 },
      toxic: { type: "boolean" },
    },
  };
  // deno-lint-ignore no-explicit-any
  const good: any = await fill(schema, "Great phone, I love it. It has a big screen.");
  // deno-lint-ignore no-explicit-any
  const bad: any = await fill(schema, "Terrible phone, I hate it, you idiots. It broke.");
  assertEquals([good.sentiment, bad.sentiment], ["positive", "negative"]);
  assertEquals(good.summary, "Great phone, I love it");
  assert(good.score > bad.score && good.stars > bad.stars);
  assertEquals([good.toxic, bad.toxic], [false, true]);
});

Deno.test("json_object gives an object named after the task", async () => {
  await using server = sim();
  const ask = async (system: string) => {
    const messages = [{ role: "system", content: system }, ...user("Review: I love it")];
    const { choices } = await answerTo(server, {
      messages,
      response_format: { type: "json_object" },
    });
    return JSON.parse(choices[0].message.content);
  };
  assertEquals(await ask("Label the sentiment, as JSON."), { sentiment: "positive" });
  assertEquals(Object.keys(await ask("Answer in JSON.")), ["answer"]);
});
