/** Agents with typed answers of all kinds, for the tests of the command line. */
import { defineAgent, defineParallel, definePipeline, defineRouter } from "@shoal/agents";
import { z } from "zod";

const base = { model: "gpt-5-mini", prompt: "{input}" };
const properties = { label: { type: "string" }, score: { type: "number" } } as const;

export const Text = defineAgent({ ...base, name: "text" });
export const Zod = defineAgent({
  ...base,
  name: "zod",
  output: z.object({ label: z.string(), score: z.number() }),
});
export const Changed = Zod.with({ name: "changed", temperature: 0 });
export const Json = defineAgent({ ...base, name: "json", output: { type: "object", properties } });
export const Referenced = defineAgent({
  ...base,
  name: "referenced",
  output: {
    $ref: "#/$defs/answer",
    $defs: { answer: { type: "object", properties, additionalProperties: false } },
  },
});
export const Nullable = defineAgent({
  ...base,
  name: "nullable",
  output: z.object({ label: z.string(), score: z.number() }).nullable(),
});
export const Intersection = defineAgent({
  ...base,
  name: "intersection",
  output: {
    type: "object",
    allOf: [
      { properties: { label: { type: "string" } } },
      { properties: { score: { type: "number" } } },
    ],
  },
});
export const Union = defineAgent({
  ...base,
  name: "union",
  output: z.discriminatedUnion("kind", [
    z.object({ kind: z.literal("label"), label: z.string() }),
    z.object({ kind: z.literal("word"), word: z.string() }),
  ]),
});
export const Choice = defineAgent({ ...base, name: "choice", output: z.enum(["good", "bad"]) });
export const List = defineAgent({ ...base, name: "list", output: z.array(z.string()) });
export const Count = defineAgent({ ...base, name: "count", output: { type: "integer" } });
/** Members of any name. */
export const Open = defineAgent({ ...base, name: "open", output: z.record(z.string(), z.any()) });
/** A schema library does not know what a function returns. */
export const Transformed = defineAgent({
  ...base,
  name: "transformed",
  output: z.object({ label: z.string(), score: z.number() }).transform((answer) => ({
    ...answer,
    upper: answer.label.toUpperCase(),
  })),
});
export const Function = defineAgent({
  name: "function",
  run: async ({ input }: { input: string }) => (await Zod.call({ input })).content,
});
export const Words = defineAgent({
  name: "words",
  run: async ({ input }: { input: string }) => (await Zod.call({ input })).content.label,
});
export const Parallel = defineParallel({ name: "parallel", branches: { zod: Zod, text: Text } });
export const Aggregate = defineParallel({
  name: "aggregate",
  branches: { zod: Zod },
  aggregate: ({ zod }) => zod.content!,
});
export const Pipeline = definePipeline({
  name: "pipeline",
  steps: [Text, { agent: Zod, params: (input: string) => ({ input }) }],
});
export const Router = defineRouter({
  name: "router",
  by: Text,
  routes: { a: Zod, b: Text },
  default: Json,
});
