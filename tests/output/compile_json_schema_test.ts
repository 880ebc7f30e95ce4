/** JSON Schemas that are refused where they are defined, and the issues of values. */
import { defineAgent, defineParallel, defineTool, type JsonSchema } from "@shoal/agents";
import { scripted } from "@shoal/agents/testing";
import { assert, assertEquals, assertFalse, assertStringIncludes, assertThrows } from "@std/assert";
import { compileJsonSchema } from "../../src/output/compile_json_schema.ts";
import { errorOf } from "../helpers.ts";
import { runtime } from "../runtime.ts";

const base = { name: "a", model: "m", prompt: "x" };

/** The issues of a value as text: `path: message`. */
function issues(schema: JsonSchema, value: unknown): string[] {
  return compileJsonSchema(schema)(value)
    .map(({ path, message }) => path!.length === 0 ? message : `${path!.join(".")}: ${message}`);
}

Deno.test("JSON Schema: a value that is no schema is refused, with what to do", () => {
  const cases: [schema: unknown, message: string][] = [
    [{ label: "string" }, '"label", which is no keyword of JSON Schema: to describe an object'],
    [{ label: "string" }, '{ type: "object", properties: { label: … } }'],
    [{ title: "string", label: "string" }, '"label", which is no keyword'],
    [
      { type: "object", properties: { a: { b: 1 } } },
      '"properties.a" has "b", which is no keyword',
    ],
    [class {}, "current value is a function"],
    [new Map(), "is not a plain object"],
    [new (class {})(), "is not a plain object"],
    [{ type: "strnig" }, '"type" must be one of "array", "boolean"'],
    [{ type: [] }, '"type" must be one of'],
    [{ type: "object", properties: { a: "string" } }, '"properties.a" must be a schema'],
    [{ properties: [] }, '"properties" must be an object with a schema for each name'],
    [{ required: "a" }, '"required" must be a list of property names'],
    [{ properties: { a: { required: true } } }, '"properties.a.required" must be a list of'],
    [{ pattern: "(" }, '"pattern" must be a regular expression'],
    [{ patternProperties: { "(": {} } }, '"patternProperties" must be a regular expression'],
    [{ items: "string" }, '"items" must be a schema'],
    [{ additionalProperties: null }, '"additionalProperties" must be a schema'],
    [{ anyOf: [] }, '"anyOf" must be a list of schemas'],
    [{ anyOf: { type: "string" } }, '"anyOf" must be a list of schemas'],
    [{ enum: "a" }, '"enum" must be a list of values'],
    [{ minLength: -1 }, '"minLength" must be a whole number, 0 or more'],
    [{ minimum: "1" }, '"minimum" must be a number'],
    [{ exclusiveMinimum: true }, '"exclusiveMinimum" must be a number'],
    [{ multipleOf: 0 }, '"multipleOf" must be a number above 0'],
    [{ uniqueItems: "yes" }, '"uniqueItems" must be a boolean'],
    [{ dependentRequired: { a: "b" } }, '"dependentRequired.a" must be a list of property names'],
    [{ $ref: 5 }, '"$ref" must be a string'],
    [{ $ref: "#/$defs/none" }, '$ref "#/$defs/none", which leads to no part of the schema'],
    [
      { items: { $ref: "https://example.com/a.json" } },
      "nothing is fetched, so copy it into $defs",
    ],
    [{ $ref: "#" }, "it refers to itself without end"],
    [
      { $defs: { a: { anyOf: [{ $ref: "#/$defs/a" }] } } },
      '"$defs.a.anyOf.0" refers to itself without end',
    ],
    [{ items: { $dynamicRef: "#a" } }, '"items" has a $dynamicRef, which is not supported'],
    [{ $schema: "https://example.com" }, "$schema is not one of the drafts 04, 06, 07, 2019-09"],
    [{ const: 1n }, "cannot be written as JSON"],
    [nested(100_000), "is nested"],
  ];
  for (const [schema, message] of cases) {
    const error = assertThrows(
      () => defineAgent({ ...base, output: schema as JsonSchema }),
      TypeError,
      message,
    );
    assertStringIncludes(
      error.message,
      'Cannot define the agent "a" as output must be a Standard Schema or a JSON Schema: ',
    );
  }
});

function nested(levels: number): JsonSchema {
  let schema: JsonSchema = { type: "string" };
  for (let i = 0; i < levels; i++) schema = { items: schema };
  return schema;
}

Deno.test("JSON Schema: it is refused wherever a schema can stand", () => {
  const input = { label: "string" } as JsonSchema;
  const run = () => "x";
  const one = defineAgent(base);
  const makers: (() => unknown)[] = [
    () => defineAgent({ ...base, params: input }),
    () => defineAgent({ name: "a", params: input, run }),
    () => defineTool({ name: "a", input, run }),
    () => defineParallel({ name: "a", params: input, branches: { one } }),
  ];
  for (const make of makers) assertThrows(make, TypeError, 'has "label", which is no keyword');
});

Deno.test("JSON Schema: these are schemas", () => {
  const schemas: JsonSchema[] = [
    {}, // any JSON
    Object.assign(Object.create(null), { type: "string" }),
    { type: "string", example: "a", "x-mine": { $ref: 5 }, nullable: true },
    { type: "object", properties: { label: {}, type: { type: "string" } } },
    { example: { $id: "http://[", id: 5, $ref: "nowhere" }, type: "object" },
    { type: "array", items: [{ type: "string" }] }, // as before 2020-12
    { format: "constructor" },
    { format: "__proto__" },
    { $ref: "#/components/name", components: { name: { type: "string" } } },
    { $schema: "http://json-schema.org/draft-04/schema#", minimum: 1, exclusiveMinimum: true },
    { $id: "https://example.com/a", $defs: { b: { $anchor: "b" } }, items: { $ref: "#b" } },
    { properties: { next: { $ref: "#" } } },
  ];
  for (const schema of schemas) compileJsonSchema(schema);
});

Deno.test("JSON Schema: issues name the place, what must be there and the type that is", () => {
  const schema = {
    type: "object",
    properties: {
      label: { enum: ["good", "bad"] },
      kind: { const: "review" },
      stars: { type: "integer", minimum: 1, exclusiveMaximum: 6, multipleOf: 2 },
      tags: { type: "array", items: { $ref: "#/$defs/tag" }, maxItems: 3, uniqueItems: true },
      at: { type: ["string", "null"], format: "date-time" },
      size: { anyOf: [{ type: "number" }, { type: "null" }] },
    },
    required: ["label", "kind"],
    additionalProperties: false,
    $defs: { tag: { type: "string", pattern: "^[a-z]+$", minLength: 2 } },
  };
  const cases: [value: unknown, expected: string[]][] = [
    [{ label: "good", kind: "review", stars: 2, tags: ["ab"], at: null, size: 1 }, []],
    ["text", ["must be an object, not a string"]],
    [undefined, ["is required"]],
    [{}, ["label: is required", "kind: is required"]],
    [{ label: "so", kind: 1 }, [
      'label: must be one of "good", "bad"',
      'kind: must be "review"',
    ]],
    [{ label: "bad", kind: "review", stars: 1.5 }, [
      "stars: must be an integer, not a number",
      "stars: must be a multiple of 2",
    ]],
    [{ label: "bad", kind: "review", stars: 0 }, ["stars: must be at least 1"]],
    [{ label: "bad", kind: "review", stars: 6 }, ["stars: must be below 6"]],
    [{ label: "bad", kind: "review", tags: ["ab", "ab", "X", 5] }, [
      "tags: must have at most 3 items",
      "tags.2: must have at least 2 characters",
      "tags.2: must match the pattern ^[a-z]+$",
      "tags.3: must be a string, not a number",
      "tags: must not have the same item twice",
    ]],
    [{ label: "bad", kind: "review", at: "today" }, ['at: must have the format "date-time"']],
    [{ label: "bad", kind: "review", size: "x" }, [
      "size: must be a number or null, not a string",
    ]],
    [{ label: "bad", kind: "review", more: 1 }, ["more: is not a known property"]],
  ];
  for (const [value, expected] of cases) {
    assertEquals(issues(schema, value).sort(), expected.sort(), JSON.stringify(value));
  }
  const [issue] = compileJsonSchema(schema)({ label: "good", kind: "review", tags: ["ab", 1] });
  assertEquals(issue!.path, ["tags", 1]);
});

Deno.test("JSON Schema: of a union the issues are those of the schema that was meant", () => {
  const schema = {
    oneOf: [
      { type: "object", properties: { k: { const: "a" }, n: { type: "number" } }, required: ["k"] },
      { type: "object", properties: { k: { const: "b" }, t: { type: "string" } }, required: ["k"] },
      { type: "string" },
    ],
  };
  assertEquals(issues(schema, { k: "b", t: 5 }), ["t: must be a string, not a number"]);
  assertEquals(issues(schema, { k: "c" }), ["must fit one of the 3 schemas in oneOf"]);
  assertEquals(issues({ oneOf: [{ type: "number" }, { minimum: 1 }] }, 2), [
    "must fit exactly one of the schemas in oneOf",
  ]);
});

Deno.test("JSON Schema: no issue, error or request to repair has a value in it", async () => {
  const schema = {
    type: "object",
    properties: {
      a: { type: "number" },
      b: { const: 1 },
      c: { enum: [1] },
      d: { pattern: "^x" },
      e: { format: "email" },
      f: { maxLength: 1 },
      g: { type: "array", contains: { type: "number" } },
      h: { maximum: 3, multipleOf: 7 },
      i: { anyOf: [{ type: "null" }, { minLength: 99 }] },
      j: { not: { type: "string" } },
    },
  };
  const value: Record<string, unknown> = { g: ["s3cret"], h: 8_675_309 };
  for (const name of "abcdefij") value[name] = "s3cret";
  const provider = scripted([JSON.stringify(value), JSON.stringify(value)]);
  const error = await errorOf(defineAgent({ ...base, output: schema, provider }).call({}));
  assertEquals(error.code, "invalid_output");
  assert(error.issues!.length >= 11);
  assertFalse(/s3cret|8675309/.test(JSON.stringify(error.issues) + error.message));
  const { content } = provider.requests[1]!.messages.at(-1)!;
  assertStringIncludes(content as string, "- at a: must be a number, not a string\n");
});

Deno.test("JSON Schema: names that every object has are names like any other", () => {
  const names = ["__proto__", "constructor", "toString", "hasOwnProperty"];
  const properties = JSON.parse(
    `{${names.map((name) => `"${name}":{"type":"string"}`).join()}}`,
  );
  const closed = { type: "object", properties, required: names, additionalProperties: false };
  assertEquals(issues(closed, {}), names.map((name) => `${name}: is required`));
  const value = (inner: string) => JSON.parse(`{${names.map((n) => `"${n}":${inner}`).join()}}`);
  assertEquals(issues(closed, value('"x"')), []);
  assertEquals(
    issues(closed, value("1")),
    names.map((name) => `${name}: must be a string, not a number`),
  );
  assertEquals(
    issues({ type: "object", additionalProperties: false }, value("1")),
    names.map((name) => `${name}: is not a known property`),
  );
  assertEquals(issues({ allOf: [{ properties }], unevaluatedProperties: false }, value('"x"')), []);
});

Deno.test("JSON Schema: formats of the specification are checked, others are annotations", () => {
  const cases: [format: string, fits: string, other: string][] = [
    ["date", "2024-02-29", "2023-02-29"],
    ["date-time", "2024-01-01T10:00:00Z", "2024-01-01 at ten"],
    ["time", "10:00:00Z", "10"],
    ["duration", "P1D", "1 day"],
    ["email", "a@example.com", "a at example.com"],
    ["hostname", "example.com", "-x-"],
    ["ipv4", "127.0.0.1", "256.0.0.1"],
    ["ipv6", "::1", "1"],
    ["uri", "https://example.com/", "example"],
    ["uuid", "123e4567-e89b-12d3-a456-426614174000", "123"],
    ["json-pointer", "/a", "a"],
    ["regex", "^a$", "("],
  ];
  for (const [format, fits, other] of cases) {
    assertEquals(issues({ format }, fits), [], format);
    assertEquals(issues({ format }, other), [`must have the format "${format}"`]);
    assertEquals(issues({ format }, 5), []);
  }
  for (const format of ["int32", "url", "phone", "toString"]) {
    assertEquals(issues({ format }, "any text"), []);
  }
});

Deno.test("JSON Schema: a value that is too large, deep or strange has one issue", () => {
  const list = compileJsonSchema({
    type: "object",
    properties: { x: { type: "object", additionalProperties: false } },
  });
  const many = Object.fromEntries(Array.from({ length: 150_000 }, (_, i) => [`k${i}`, 1]));
  // In Bun, the stack is large enough for them, and at most 100 are returned.
  assertEquals(list({ x: many }).length, runtime === "bun" ? 100 : 1);
  const tree = compileJsonSchema({ properties: { k: { $ref: "#" } } });
  let deep: unknown = null;
  for (let i = 0; i < 100; i++) deep = { k: deep };
  assertEquals(tree(deep), []);
  for (let i = 0; i < 100_000; i++) deep = { k: deep };
  assertEquals(tree(deep).length, 1);
  const numbers = compileJsonSchema({ type: "array", items: { type: "string" } });
  assertEquals(numbers(Array.from({ length: 2_000 }, () => 1)).length, 100);
  const unique = compileJsonSchema({ uniqueItems: true });
  assertEquals(unique(Array.from({ length: 1_000 }, (_, i) => ({ i }))), []);
  for (const length of [10_001, 200_000]) {
    assertStringIncludes(unique(Array.from({ length }, (_, i) => i))[0]!.message, "too long");
  }
  const half = JSON.parse('{"\\ud800":1}');
  assertEquals(issues({ additionalProperties: { type: "number" } }, half), [
    "has a property name that is no valid Unicode",
  ]);
});

Deno.test("JSON Schema: parameters need not be JSON", () => {
  const schema = { properties: { a: { type: "string" }, b: { type: "object" } }, required: ["b"] };
  assertEquals(issues(schema, { a: undefined, b: {} }), []);
  assertEquals(issues(schema, { a: "x", b: undefined }), ["b: is required"]);
  assertEquals(issues(schema, { b: {}, c: () => 1 }), []);
  const loop: Record<string, unknown> = { b: {} };
  loop.c = loop;
  assertEquals(issues(schema, loop), []);
  loop.a = 5;
  assertEquals(issues(schema, loop), ["a: must be a string, not a number"]);
  assertEquals(issues({ properties: { n: { type: "integer" } } }, { n: Symbol("n") }), [
    "has a value that JSON cannot hold",
  ]);
});

Deno.test("JSON Schema: a bigint is an integer", () => {
  const big = 2n ** 70n + 1n;
  const integer = { properties: { n: { type: "integer", minimum: 3 } } };
  for (const n of [5n, big]) {
    assertEquals(issues(integer, { n }), []);
    assertEquals(issues({ properties: { n: { type: "number" } } }, { n }), []);
  }
  assertEquals(issues(integer, { n: 2n }), ["n: must be at least 3"]);
  assertEquals(issues({ properties: { n: { type: "string" } } }, { n: big }), [
    "n: must be a string, not a number",
  ]);
});

Deno.test("JSON Schema: later changes of it change nothing, and it is not changed itself", () => {
  const schema = { type: "object", properties: { a: { $ref: "#/$defs/a" } }, $defs: { a: {} } };
  const before = JSON.stringify(schema);
  const frozen = Object.freeze({ ...schema });
  const validate = compileJsonSchema(frozen);
  schema.properties.a = { $ref: "#/nowhere" };
  assertEquals(validate({ a: 1 }), []);
  schema.properties.a = { $ref: "#/$defs/a" };
  assertEquals(JSON.stringify(schema), before);
  assertEquals(Reflect.ownKeys(schema.$defs.a), []);
});
