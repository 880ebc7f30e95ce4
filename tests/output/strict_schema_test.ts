/** Schemas that a server can enforce, and the answers to them. */
import { assert, assertEquals, assertFalse, assertThrows } from "@std/assert";
import { toStandardJsonSchema } from "@valibot/to-json-schema";
import { type } from "arktype";
import fc from "fast-check";
import * as v from "valibot";
import { z } from "zod";
import { prepareOutput } from "../../src/output/prepare_output.ts";
import type { Schema } from "../../src/output/standard_schema.ts";

const sent = (schema: Schema) => prepareOutput("a", schema).schema;
const strict = (schema: Schema) => {
  const { schema: made, strict } = sent(schema);
  assertEquals(strict, true, JSON.stringify(made));
  return made;
};

Deno.test("strict: closes objects and lets optional properties be null", () => {
  const schema = z.object({
    a: z.string(),
    b: z.number().optional(),
    c: z.string().nullish(),
    d: z.object({ e: z.boolean().default(true) }),
  });
  assertEquals(strict(schema), {
    type: "object",
    properties: {
      a: { type: "string" },
      b: { anyOf: [{ type: "number" }, { type: "null" }] },
      c: { type: ["string", "null"] },
      d: {
        type: "object",
        properties: { e: { anyOf: [{ type: "boolean" }, { type: "null" }] } },
        required: ["e"],
        additionalProperties: false,
      },
    },
    required: ["a", "b", "c", "d"],
    additionalProperties: false,
  });
});

Deno.test("strict: converts schemas of zod, arktype and valibot", () => {
  const expected = {
    type: "object",
    properties: {
      kind: { type: "string", const: "x" },
      tags: { type: "array", items: { type: "string" } },
    },
    required: ["kind", "tags"],
    additionalProperties: false,
  };
  for (
    const schema of [
      z.object({ kind: z.literal("x"), tags: z.array(z.string()) }),
      type({ kind: "'x'", tags: "string[]" }),
      toStandardJsonSchema(v.object({ kind: v.literal("x"), tags: v.array(v.string()) })),
    ]
  ) assertEquals(strict(schema), expected);
});

Deno.test("strict: describes what a server cannot enforce, and checks it afterwards", async () => {
  const schema = z.object({
    name: z.string().min(1).max(5).describe("The name."),
    site: z.url(),
    code: z.string().regex(/^(?=a)\w+$/),
    plain: z.string().regex(/^[a-z]+$/),
    mail: z.email(),
    n: z.int().min(1).max(3),
    list: z.array(z.number()).min(1).max(2),
    which: z.discriminatedUnion("k", [
      z.object({ k: z.literal("a"), n: z.number() }),
      z.object({ k: z.literal("b") }),
    ]),
  });
  const { properties } = strict(schema) as unknown as { properties: Record<string, unknown> };
  assertEquals(properties.name, {
    type: "string",
    description: "The name. (minLength: 1, maxLength: 5)",
  });
  assertEquals(properties.site, { type: "string", description: '(format: "uri")' });
  assertEquals(properties.code, { type: "string", description: '(pattern: "^(?=a)\\\\w+$")' });
  assertEquals(properties.plain, { type: "string", pattern: "^[a-z]+$" });
  assertEquals(properties.mail, { type: "string", format: "email" });
  assertEquals(properties.n, { type: "integer", minimum: 1, maximum: 3 });
  assertEquals(properties.list, {
    type: "array",
    items: { type: "number" },
    minItems: 1,
    maxItems: 2,
  });
  assertEquals((properties.which as { anyOf: unknown[] }).anyOf.length, 2);

  const Short = z.object({ name: z.string().max(2) });
  assert((await prepareOutput("a", Short).parse('{"name":"ab"}')).ok);
  assertFalse((await prepareOutput("a", Short).parse('{"name":"abc"}')).ok);
});

Deno.test("strict: leaves a schema as it is that cannot be strict", () => {
  const standard: z.ZodType[] = [
    z.looseObject({ a: z.string() }),
    z.object({ a: z.string() }).catchall(z.number()),
    z.record(z.string(), z.number()),
    z.object({ a: z.any() }),
    z.object({ a: z.tuple([z.string()]) }),
    z.array(z.unknown()),
    z.any(),
    z.object({ a: z.array(z.record(z.string(), z.string())) }),
    Array.from({ length: 11 }).reduce<z.ZodType>((inner) => z.object({ inner }), z.string()),
    z.enum(Array.from({ length: 1_001 }, (_, i) => `e${i}`) as [string]),
    z.enum(Array.from({ length: 251 }, (_, i) => `${i}`.padEnd(60, "x")) as [string]),
    z.object(Object.fromEntries(Array.from({ length: 5_001 }, (_, i) => [`p${i}`, z.null()]))),
    z.object({ ["p".repeat(120_001)]: z.null() }),
  ];
  for (const schema of standard) assertEquals(sent(schema).strict, false);
  const closed = { type: "object", additionalProperties: false };
  const string = { type: "string" };
  const plain = [
    { type: "object" },
    { type: "object", properties: { a: string }, required: ["a"] },
    { ...closed, properties: { a: { ...string, minLength: 1 } }, required: ["a"] },
    { ...closed, properties: { a: { ...string, format: "uri" } }, required: ["a"] },
    { ...closed, properties: { a: { ...string, pattern: "(?!a)" } }, required: ["a"] },
    { ...closed, properties: { a: { oneOf: [string] } }, required: ["a"] },
    { ...closed, properties: { a: { allOf: [string] } }, required: ["a"] },
    { ...closed, properties: { a: { not: string } }, required: ["a"] },
    { ...closed, properties: { a: { type: "array" } }, required: ["a"] },
    { ...closed, properties: { a: true }, required: ["a"] },
    { ...closed, properties: { a: {} }, required: ["a"] },
    { ...closed, properties: { a: { ...string, "x-mine": 1 } }, required: ["a"] },
    { ...closed, properties: { a: string, b: { $ref: "#/properties/a" } }, required: ["a", "b"] },
    { ...closed, properties: { a: { $id: "b", ...string } }, required: ["a"] },
    { ...closed, properties: { a: { enum: [{}] } }, required: ["a"] },
    { ...closed, properties: { a: string }, required: ["a", "b"] },
    { ...closed, properties: { a: string }, dependentRequired: { a: ["a"] }, required: ["a"] },
    { ...closed, properties: { a: string }, if: {}, then: {}, required: ["a"] },
    { ...closed, patternProperties: { a: string } },
  ];
  for (const schema of plain) {
    const { schema: made, strict } = sent(schema);
    assertEquals([strict, made], [false, schema]);
  }
});

Deno.test("strict: a plain JSON Schema that keeps the rules is strict", () => {
  const schema = {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    $id: "https://example.com/node",
    title: "Node",
    description: "A node.",
    type: "object",
    properties: {
      kind: { enum: ["a", "b"], default: "a" },
      size: { type: "integer", minimum: 0, examples: [1] },
      at: { type: "string", format: "date-time" },
      next: { anyOf: [{ $ref: "#" }, { type: "null" }] },
      leaf: { $ref: "#/$defs/leaf", description: "The leaf." },
      maybe: { type: ["string", "null"] },
    },
    required: ["kind", "size", "at", "next", "leaf"],
    additionalProperties: false,
    $defs: { leaf: { type: "object", properties: {}, additionalProperties: false } },
  };
  const before = structuredClone(schema);
  assertEquals(strict(schema), {
    title: "Node",
    description: "A node.",
    type: "object",
    properties: {
      kind: { type: "string", enum: ["a", "b"] },
      size: { type: "integer", minimum: 0 },
      at: { type: "string", format: "date-time" },
      next: { anyOf: [{ $ref: "#" }, { type: "null" }] },
      leaf: { anyOf: [{ $ref: "#/$defs/leaf" }], description: "The leaf." },
      maybe: { type: ["string", "null"] },
    },
    required: ["kind", "size", "at", "next", "leaf", "maybe"],
    additionalProperties: false,
    $defs: { leaf: { type: "object", properties: {}, required: [], additionalProperties: false } },
  });
  assertEquals(schema, before);
});

Deno.test("strict: removes the nulls of absent properties, and no others", async () => {
  const schema = z.object({
    absent: z.string().optional(),
    nullable: z.string().nullish(),
    needed: z.null(),
    set: z.number().default(7),
    inner: z.object({ a: z.array(z.object({ b: z.boolean().optional() })) }).optional(),
  });
  const { parse } = prepareOutput("a", schema);
  const text = '{"absent":null,"nullable":null,"needed":null,"set":null,' +
    '"inner":{"a":[{"b":null},{"b":false}]}}';
  assertEquals(await parse(text), {
    ok: true,
    content: { nullable: null, needed: null, set: 7, inner: { a: [{}, { b: false }] } },
  });
  const plain = {
    type: "object",
    properties: { a: { type: "string" }, b: { enum: ["x", null] } },
    additionalProperties: false,
  };
  assertEquals(await prepareOutput("a", plain).parse('{"a":null,"b":null}'), {
    ok: true,
    content: { b: null },
  });
  // Null in the place of a required property does not stand for its absence.
  const string = { type: "string" };
  const needed = { ...plain, properties: { a: string, c: string }, required: ["a"] };
  assertEquals(await prepareOutput("a", needed).parse('{"a":null,"c":null}'), {
    ok: false,
    issues: [{ message: "must be a string, not null", path: ["a"] }],
  });
  // A schema that is not strict does not make the model answer null.
  const open = { type: "object", properties: { a: { type: "string" } } };
  assertEquals(await prepareOutput("a", open).parse('{"a":null}'), {
    ok: false,
    issues: [{ message: "must be a string, not null", path: ["a"] }],
  });
});

Deno.test("strict: in a union, the branch of the value decides about its nulls", async () => {
  const schema = z.array(z.union([
    z.object({ kind: z.literal("a"), n: z.number().optional() }),
    z.object({ kind: z.literal("b"), n: z.number().nullable() }),
    z.object({ other: z.string().optional() }),
  ]));
  const content = [{ kind: "a" }, { kind: "b", n: null }, {}, { kind: "a", n: 1 }];
  const said = [{ kind: "a", n: null }, { kind: "b", n: null }, { other: null }, content[3]];
  const output = prepareOutput("a", schema);
  assertEquals(output.schema.strict, true);
  assertEquals(await output.parse(JSON.stringify({ value: said })), { ok: true, content });

  interface Tree {
    name?: string;
    left?: Tree;
  }
  const Tree: z.ZodType<Tree> = z.object({
    name: z.string().optional(),
    get left() {
      return Tree.optional();
    },
  });
  for (const [schema, wrap] of [[Tree, false], [z.nullable(Tree), true]] as const) {
    const value = { name: null, left: { name: "x", left: { name: null, left: null } } };
    const text = JSON.stringify(wrap ? { value } : value);
    assertEquals(await prepareOutput("a", schema).parse(text), {
      ok: true,
      content: { left: { name: "x", left: {} } },
    });
  }
});

Deno.test("strict: a value that fits survives the conversion", async () => {
  const Leaf = z.object({ a: z.string().optional(), b: z.number().nullish() });
  const schema = z.object({
    leaf: Leaf.optional(),
    list: z.array(z.union([Leaf, z.string(), z.null()])),
    flag: z.boolean().optional(),
  });
  const output = prepareOutput("a", schema);
  const server = z.fromJSONSchema(output.schema.schema as never);
  const leaf = fc.record({ a: fc.string(), b: fc.option(fc.integer()) }, { requiredKeys: [] });
  const value = fc.record({
    leaf,
    list: fc.array(fc.oneof(leaf, fc.string(), fc.constant(null))),
    flag: fc.boolean(),
  }, { requiredKeys: ["list"] });
  // A server that enforces the schema answers null for each absent property.
  const full = (leaf: unknown) =>
    typeof leaf === "object" && leaf !== null ? { a: null, b: null, ...leaf } : leaf;
  await fc.assert(
    fc.asyncProperty(value, async (meant) => {
      const said = {
        leaf: meant.leaf === undefined ? null : full(meant.leaf),
        list: meant.list.map(full),
        flag: meant.flag ?? null,
      };
      assert(server.safeParse(said).success);
      const parsed = await output.parse(JSON.stringify(said));
      // b may be both null and absent: then null is kept.
      const back = (leaf: unknown) =>
        typeof leaf === "object" && leaf !== null ? { b: null, ...leaf } : leaf;
      const content = JSON.parse(JSON.stringify({
        ...meant,
        leaf: back(meant.leaf),
        list: meant.list.map(back),
      }));
      assertEquals(parsed, { ok: true, content });
    }),
  );
});

Deno.test("wrapping: references of a schema stay valid", async () => {
  const name = { type: "string" };
  const cases: [schema: Schema, value: unknown][] = [
    [{ anyOf: [{ type: "string" }, { type: "array", items: { $ref: "#" } }] }, ["a", ["b"]]],
    [{ $ref: "#/$defs/name", $defs: { name } }, "a"],
    [{ $ref: "#/definitions/name", definitions: { name } }, "a"],
    [{ type: "array", items: { $ref: "#/$defs/value" }, $defs: { value: name } }, ["a"]],
    [{
      $id: "https://example.com/list",
      type: "array",
      items: { $ref: "https://example.com/list#/$defs/name" },
      $defs: { name },
    }, ["a"]],
    [{
      $defs: { value: { anyOf: [name, { $ref: "#" }] } },
      type: "array",
      items: { $ref: "#/$defs/value" },
    }, ["a", ["b"]]],
    [{
      type: "array",
      items: { type: "object", properties: { $ref: name, "#": { $ref: "#" } } },
    }, [{ $ref: "#", "#": [] }]],
  ];
  for (const [schema, value] of cases) {
    const output = prepareOutput("a", schema);
    const made = output.schema.schema;
    const check = z.fromJSONSchema(made as never, {
      defaultTarget: made.definitions === undefined ? "draft-2020-12" : "draft-7",
    });
    const text = JSON.stringify(made);
    assert(check.safeParse({ value }).success, text);
    assertFalse(check.safeParse({ value: 5 }).success, text);
    assertFalse(check.safeParse({ value: [5] }).success, text);
    assertEquals(await output.parse(JSON.stringify({ value })), { ok: true, content: value });
  }
  const tuple = { type: "array", prefixItems: [name], items: { $ref: "#/prefixItems/0" } };
  assertEquals(sent(tuple).schema.$defs, {
    value: { ...tuple, items: { $ref: "#/$defs/value/prefixItems/0" } },
  });
  // A value that looks like a reference is none.
  const data = { enum: [{ $ref: "#" }], default: { $ref: "#" } };
  assertEquals(sent(data).schema.properties, { value: data });
});

Deno.test("output: later changes of a schema do not change what is sent", () => {
  const schema = { type: "object", properties: { a: { type: "string" } } };
  const output = prepareOutput("a", schema);
  schema.properties.a.type = "number";
  assertEquals(output.schema.schema.properties, { a: { type: "string" } });
});

Deno.test("output: refuses a value that is no schema", () => {
  const loop: Record<string, unknown> = { type: "object" };
  loop.properties = { loop };
  for (const schema of [loop, { big: 1n }, "string", 5, null, [], false]) {
    assertThrows(
      () => prepareOutput("a", schema as Schema),
      TypeError,
      'Cannot define the agent "a" as output must be a Standard Schema or a JSON Schema',
    );
  }
});
