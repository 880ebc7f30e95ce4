/** What the compiler knows of an answer: this file is a test by being checked. */
import { type ContentOf, defineAgent, type InferOutput } from "@shoal/agents";
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

Deno.test("output types: zod, arktype and valibot say what an answer is", async () => {
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

Deno.test("output types: what a schema makes of an answer is its type", () => {
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

Deno.test("output types: a JSON Schema tells the compiler nothing, and no schema means text", () => {
  const Json = defineAgent({ ...base, output: { type: "object", properties: {} } });
  same<ContentOf<typeof Json>, unknown>(true);
  same<InferOutput<undefined>, string>(true);
  const never = () => {
    // @ts-expect-error a text is no schema
    defineAgent({ ...base, output: "string" });
    // @ts-expect-error neither is a number
    defineAgent({ ...base, output: 5 });
  };
  assertEquals(typeof never, "function");
});
