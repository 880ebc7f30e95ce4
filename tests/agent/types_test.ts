/**
 * What the compiler knows: this file is a test by being checked, and calls what it defines only
 * where that is free.
 */
import {
  type Agent,
  batch,
  type ContentOf,
  defineAgent,
  defineParallel,
  type ParamsOf,
  type Result,
  type TemplateParams,
  type TemplateValue,
} from "@shoal/agents";
import { scripted } from "@shoal/agents/testing";
import type { Placeholders } from "../../src/call/options/template.ts";
import { assertEquals } from "@std/assert";
import { z } from "zod";

type Equals<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true
  : false;
function same<A, B>(_: Equals<A, B>): void {}

const provider = scripted("5");
const Greet = defineAgent({
  name: "greet",
  model: "m",
  prompt: "Say {greeting} to {name}",
  provider,
});
const Count = defineAgent({
  name: "count",
  model: "m",
  prompt: "Count {text}",
  output: z.number(),
  provider,
});

Deno.test("types: placeholders are read from the template", () => {
  same<Placeholders<"no names">, never>(true);
  same<Placeholders<"{a} and {b} and {a}">, "a" | "b">(true);
  same<Placeholders<"{_x1}{Y}">, "_x1" | "Y">(true);
  same<Placeholders<"{{escaped}} {real}">, "real">(true);
  same<Placeholders<"{{{name}}}">, "name">(true);
  same<Placeholders<'{"a": {"b": {value}}}'>, "value">(true);
  same<Placeholders<"{ spaced } {1x} {a-b} {}">, never>(true);
  same<Placeholders<"open { and {a">, never>(true);
  same<Placeholders<"{x {y}">, "y">(true);
  same<Placeholders<"{größe}">, "größe">(true);
  same<TemplateParams<"{a}">, { a: TemplateValue }>(true);
  same<TemplateParams<string>, Record<string, TemplateValue>>(true);
});

Deno.test("types: call takes the template's parameters", () => {
  same<ParamsOf<typeof Greet>, { greeting: TemplateValue; name: TemplateValue }>(true);
  const never = () => {
    // @ts-expect-error a parameter is missing
    Greet.call({ greeting: "hi" });
    // @ts-expect-error a parameter is misspelt
    Greet.call({ greeting: "hi", nam: "Ann" });
    // @ts-expect-error an object is no text
    Greet.call({ greeting: "hi", name: { first: "Ann" } });
    // @ts-expect-error undefined is no value
    Greet.call({ greeting: "hi", name: undefined });
    // @ts-expect-error there must be parameters
    Greet.call();
    // @ts-expect-error the stream takes the same ones
    Greet.stream({ greeting: "hi" });
    // @ts-expect-error an option is misspelt
    Greet.call({ greeting: "hi", name: "Ann" }, { temprature: 1 });
    Greet.call({ greeting: "hi", name: null });
    Greet.settle({ greeting: 1n, name: false });
  };
  assertEquals(typeof never, "function");
});

Deno.test("types: a template the compiler does not know takes any parameters", () => {
  const template: string = ["{", "a}"].join("");
  const Loose = defineAgent({ name: "loose", model: "m", prompt: template, provider });
  same<ParamsOf<typeof Loose>, Record<string, TemplateValue>>(true);
});

Deno.test("types: the output follows the schema", async () => {
  same<ContentOf<typeof Greet>, string>(true);
  same<ContentOf<typeof Count>, number>(true);
  const Label = defineAgent({
    name: "label",
    model: "m",
    prompt: "{text}",
    output: z.object({ label: z.enum(["good", "bad"]), why: z.string().optional() }),
  });
  same<ContentOf<typeof Label>, { label: "good" | "bad"; why?: string | undefined }>(true);
  const Length = defineAgent({
    name: "length",
    model: "m",
    prompt: "{text}",
    output: z.array(z.string()),
  });
  same<ContentOf<typeof Length>, string[]>(true);
  const Json = defineAgent({
    name: "json",
    model: "m",
    prompt: "{text}",
    output: { type: "object" },
  });
  same<ContentOf<typeof Json>, unknown>(true);

  const { content } = await Count.call({ text: "x" });
  same<typeof content, number>(true);
  assertEquals(content + 1, 6);
});

Deno.test("types: a result is a union on ok", async () => {
  const result = await Count.settle({ text: "x" });
  if (result.ok) {
    same<typeof result.content, number>(true);
    same<typeof result.error, undefined>(true);
  } else {
    same<typeof result.content, undefined>(true);
    // @ts-expect-error the code is none of those there are
    assertEquals(result.error.code === "no_such_code", false);
  }
  // Both sides have an error, so that this reads as people expect.
  if (result.error) throw result.error;
  assertEquals(result.content, 5);
});

Deno.test("types: parameters of a prompt function and of a run", () => {
  const Fn = defineAgent({
    name: "fn",
    model: "m",
    prompt: (params: { items: string[] }) => params.items.join(),
  });
  same<ParamsOf<typeof Fn>, { items: string[] }>(true);
  same<ContentOf<typeof Fn>, string>(true);
  const Run = defineAgent({
    name: "run",
    run: async ({ n }: { n: number }, ctx) => {
      const { content } = await ctx.call(Count, { text: n });
      same<typeof content, number>(true);
      // @ts-expect-error the callee's parameter is misspelt
      const wrong = () => ctx.call(Count, { txt: n });
      return { sum: content, wrong };
    },
  });
  same<ParamsOf<typeof Run>, { n: number }>(true);
  same<ContentOf<typeof Run>["sum"], number>(true);
  const never = () => {
    // @ts-expect-error a function's parameter has a type
    Fn.call({ items: "a" });
    // @ts-expect-error so has that of a run
    Run.call({ n: "1" });
    // @ts-expect-error an agent has one of prompt and run
    defineAgent({ name: "both", prompt: "{a}", run: () => 1 });
    // @ts-expect-error an agent has a name
    defineAgent({ model: "m", prompt: "{a}" });
    // @ts-expect-error an option is misspelt
    defineAgent({ name: "n", prompt: "{a}", modle: "m" });
  };
  assertEquals(typeof never, "function");
});

Deno.test("types: with keeps the types", () => {
  const Other = Count.with({ model: "other", temperature: 0 });
  same<typeof Other, Agent<{ text: TemplateValue }, number>>(true);
});

Deno.test("types: a literal batch gives a typed tuple", async () => {
  const results = await batch([
    [Greet, { greeting: "hi", name: "Ann" }],
    [Count, { text: "x" }],
  ]);
  same<typeof results, [Result<string>, Result<number>]>(true);
  assertEquals(results.map((r) => r.content), ["5", 5]);
  const list = await batch(["a", "b"].map((text) => [Count, { text }] as const));
  same<typeof list, Result<number>[]>(true);
  const never = () => {
    // @ts-expect-error the second call's parameter is misspelt
    batch([[Greet, { greeting: "hi", name: "Ann" }], [Count, { txt: "x" }]]);
  };
  assertEquals(typeof never, "function");
});

Deno.test("types: a workflow takes what its branches take", async () => {
  const Both = defineParallel({ name: "both", branches: { greet: Greet, count: Count } });
  const { content } = await Both.call({ greeting: "hi", name: "Ann", text: "x" });
  assertEquals(content.count satisfies number | undefined, 5);
  const never = () => {
    // @ts-expect-error what one branch needs is missing
    Both.call({ greeting: "hi", name: "Ann" });
    // @ts-expect-error a branch is an agent
    defineParallel({ name: "none", branches: { a: "agent" } });
  };
  assertEquals(typeof never, "function");
});
