/** The types of content, parameters and arguments: these tests run when the file is compiled. */
import {
  type ContentOf,
  defineAgent,
  defineTool,
  type FromJsonSchema,
  type InferInput,
  type InferOutput,
  type JsonSchema,
  type Tool,
} from "@shoal/agents";
import { scripted } from "@shoal/agents/testing";
import { assertEquals } from "@std/assert";
import { toStandardJsonSchema } from "@valibot/to-json-schema";
import { type } from "arktype";
import * as v from "valibot";
import { z } from "zod";

type Equals<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true
  : false;
function same<A, B>(_: Equals<A, B>): void {}

interface Review {
  label: "good" | "bad";
  stars: number;
  why?: string | undefined;
}
const Zod = z.object({
  label: z.enum(["good", "bad"]),
  stars: z.number(),
  why: z.string().optional(),
});
const Ark = type({ label: "'good'|'bad'", stars: "number", "why?": "string | undefined" });
const Valibot = toStandardJsonSchema(v.object({
  label: v.picklist(["good", "bad"]),
  stars: v.number(),
  why: v.optional(v.string()),
}));
const base = { name: "a", model: "m", prompt: "{text}" } as const;

Deno.test("output types: content has the type of a schema of zod, arktype or valibot", async () => {
  same<InferOutput<typeof Zod>, Review>(true);
  same<InferOutput<typeof Ark>, Review>(true);
  same<InferOutput<typeof Valibot>, Review>(true);

  const provider = scripted('{"label":"good","stars":5}');
  const A = defineAgent({ ...base, output: Zod, provider });
  const B = defineAgent({ ...base, output: Ark, provider });
  const C = defineAgent({ ...base, output: Valibot, provider });
  for (const agent of [A, B, C]) {
    const { content } = await agent.call({ text: "x" });
    same<typeof content, Review>(true);
    assertEquals(content satisfies Review, { label: "good", stars: 5 });
  }
});

Deno.test("output types: content has the type that the schema returns", () => {
  const At = z.string().transform((text) => text.length);
  same<InferOutput<typeof At>, number>(true);
  const Def = z.object({ n: z.number().default(1) });
  same<InferOutput<typeof Def>, { n: number }>(true);
  const Lists = toStandardJsonSchema(v.array(v.nullable(v.number())));
  same<InferOutput<typeof Lists>, (number | null)[]>(true);
  const Either = type("'yes' | 'no'");
  same<InferOutput<typeof Either>, "yes" | "no">(true);
  const Record = z.record(z.string(), z.number());
  same<InferOutput<typeof Record>, { [name: string]: number }>(true);
});

const Tree = {
  $defs: {
    tree: {
      type: "object",
      properties: { name: { type: "string" }, kids: { type: "array", items: { $ref: "#" } } },
      required: ["name"],
    },
  },
  $ref: "#/$defs/tree",
} as const;
interface Tree {
  name: string;
  kids?: Tree[];
}

Deno.test("output types: a JSON Schema that is const gives the type of the answer", async () => {
  const schema = {
    type: "object",
    properties: {
      label: { enum: ["good", "bad"] },
      stars: { type: "integer", minimum: 1 },
      why: { type: ["string", "null"] },
      tags: { type: "array", items: { type: "string" } },
      kind: { const: "review" },
      sure: { type: "boolean" },
      size: { anyOf: [{ type: "number" }, { enum: ["s", "m"] }] },
      more: { type: "object", additionalProperties: { type: "number" } },
      any: {},
    },
    required: ["label", "stars", "tags"],
    additionalProperties: false,
  } as const;
  interface Expected {
    label: "good" | "bad";
    stars: number;
    tags: string[];
    why?: string | null;
    kind?: "review";
    sure?: boolean;
    size?: number | "s" | "m";
    more?: { [name: string]: number };
    any?: unknown;
  }
  same<InferOutput<typeof schema>, Expected>(true);
  same<FromJsonSchema<typeof schema>, Expected>(true);
  const provider = scripted('{"label":"good","stars":5,"tags":["a"]}');
  const { content } = await defineAgent({ ...base, output: schema, provider }).call({ text: "x" });
  same<typeof content, Expected>(true);
  assertEquals(content.label, "good");
});

Deno.test("output types: a JSON Schema that is const types parameters and arguments", async () => {
  const params = {
    type: "object",
    properties: { text: { type: "string" }, n: { type: "integer" } },
    required: ["text"],
  } as const;
  interface Expected {
    text: string;
    n?: number;
  }
  same<InferInput<typeof params>, Expected>(true);
  const provider = scripted(["1", "2"]);
  const Template = defineAgent({ ...base, params, provider });
  same<Parameters<typeof Template.call>[0], Expected>(true);
  const Fn = defineAgent({
    name: "a",
    model: "m",
    params,
    prompt: (given) => {
      same<typeof given, Expected>(true);
      return given.text;
    },
    provider,
  });
  same<Parameters<typeof Fn.call>[0], Expected>(true);
  const Run = defineAgent({ name: "a", params, run: ({ text, n = 0 }) => `${text}${n}` });
  same<Parameters<typeof Run.call>[0], Expected>(true);
  assertEquals((await Run.call({ text: "x" })).content, "x0");
  const tool = defineTool({
    name: "t",
    input: params,
    run: (args) => {
      same<typeof args, Expected>(true);
      return args.n ?? 0;
    },
  });
  same<typeof tool, Tool<Expected, number>>(true);
  const declared = defineTool({
    name: "t",
    input: { type: "object", properties: {} },
    run: ({ city }: { city: string }) => city,
  });
  same<typeof declared, Tool<{ city: string }, string>>(true);
  const never = () => {
    // @ts-expect-error a number is no text
    Template.call({ text: 5 });
    // @ts-expect-error a text is required
    Fn.call({ n: 5 });
  };
  assertEquals(typeof never, "function");
});

Deno.test("output types: each keyword of a JSON Schema that is const", () => {
  same<FromJsonSchema<true>, unknown>(true);
  same<FromJsonSchema<false>, never>(true);
  same<FromJsonSchema<{ readonly enum: readonly [1, "a", null, true] }>, 1 | "a" | null | true>(
    true,
  );
  same<FromJsonSchema<{ readonly type: "array" }>, unknown[]>(true);
  same<FromJsonSchema<{ readonly type: "object" }>, { [name: string]: unknown }>(true);
  same<FromJsonSchema<{ readonly type: "object"; readonly properties: object }>, object>(false);
  const tuple = { type: "array", prefixItems: [{ type: "string" }], items: false } as const;
  same<FromJsonSchema<typeof tuple>, string[]>(true);
  const both = {
    allOf: [
      { type: "object", properties: { a: { type: "string" } }, required: ["a"] },
      { type: "object", properties: { b: { type: "number" } }, required: ["b", "c"] },
    ],
  } as const;
  const value: FromJsonSchema<typeof both> = { a: "", b: 1, c: true };
  same<typeof value.a, string>(true);
  same<typeof value.c, unknown>(true);
  const tagged = {
    oneOf: [
      { type: "object", properties: { k: { const: "a" }, n: { type: "number" } }, required: ["k"] },
      { type: "object", properties: { k: { const: "b" } }, required: ["k"] },
    ],
  } as const;
  same<FromJsonSchema<typeof tagged>, { k: "a"; n?: number } | { k: "b" }>(true);
  const old = { definitions: { id: { type: "string" } }, $ref: "#/definitions/id" } as const;
  same<FromJsonSchema<typeof old>, string>(true);
  same<FromJsonSchema<{ readonly $ref: "https://example.com" }>, unknown>(true);
  const tree: FromJsonSchema<typeof Tree> = { name: "a", kids: [{ name: "b", kids: [] }] };
  const same1: Tree = tree;
  const same2: FromJsonSchema<typeof Tree> = same1;
  assertEquals(same2.kids?.[0]?.name, "b");
});

Deno.test("output types: other JSON Schemas give unknown, and no schema means text", () => {
  const Json = defineAgent({ ...base, output: { type: "object", properties: {} } });
  same<ContentOf<typeof Json>, unknown>(true);
  const loose = { type: "object", properties: { a: { enum: ["x"] }, b: { const: 1 } } };
  same<InferOutput<typeof loose>, unknown>(true);
  const choices = { enum: ["x"] };
  same<InferOutput<typeof choices>, unknown>(true);
  same<InferOutput<JsonSchema>, unknown>(true);
  same<InferOutput<undefined>, string>(true);
  const never = () => {
    // @ts-expect-error a text is no schema
    defineAgent({ ...base, output: "string" });
    // @ts-expect-error neither is a number
    defineAgent({ ...base, output: 5 });
  };
  assertEquals(typeof never, "function");
});
