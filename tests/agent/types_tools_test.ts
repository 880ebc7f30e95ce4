/** Tests of the types of tools, parameter schemas, streams and dry runs. */
import {
  type Agent,
  type ContentOf,
  defineAgent,
  defineParallel,
  defineTool,
  type DryRun,
  type InferInput,
  type ParamsOf,
  type Success,
  type TemplateValue,
  type Tool,
  type ToolContext,
} from "@shoal/agents";
import { scripted } from "@shoal/agents/testing";
import { assertEquals } from "@std/assert";
import { type } from "arktype";
import * as v from "valibot";
import { z } from "zod";

type Equals<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true
  : false;
function same<A, B>(_: Equals<A, B>): void {}

const provider = scripted("5");
const base = { name: "a", model: "m", provider };

Deno.test("types: infers the arguments and the result of a tool", () => {
  const add = defineTool({
    name: "add",
    input: z.object({ a: z.number(), b: z.number().default(1) }),
    run: (args, ctx) => {
      same<typeof args, { a: number; b: number }>(true);
      same<typeof ctx, ToolContext>(true);
      return args.a + args.b;
    },
  });
  same<typeof add, Tool<{ a: number; b: number }, number>>(true);
  const ark = defineTool({ name: "ark", input: type({ x: "string" }), run: ({ x }) => x });
  same<typeof ark, Tool<{ x: string }, string>>(true);
  const loose = defineTool({ name: "loose", input: { type: "object" }, run: (args) => args });
  same<typeof loose, Tool<Record<string, unknown>, Record<string, unknown>>>(true);
  const repeat = defineTool({
    name: "repeat",
    input: { type: "object" },
    run: ({ n }: { n: number }) => n,
  });
  same<typeof repeat, Tool<{ n: number }, number>>(true);
  const later = defineTool({ name: "l", input: z.object({}), run: () => Promise.resolve("x") });
  same<typeof later, Tool<Record<string, never>, string>>(true);
  const never = () => {
    // @ts-expect-error the argument has another name
    defineTool({ name: "t", input: z.object({ a: z.number() }), run: ({ b }) => b });
    // @ts-expect-error there is no schema
    defineTool({ name: "t", run: () => 1 });
    // @ts-expect-error an agent is not a tool
    defineAgent({ ...base, prompt: "x", tools: [defineAgent({ ...base, prompt: "y" })] });
  };
  assertEquals(typeof never, "function");
});

Deno.test("types: one list accepts tools with different arguments", () => {
  const tools = [
    defineTool({ name: "a", input: z.object({ a: z.number() }), run: ({ a }) => a }),
    defineTool({ name: "b", input: { type: "object" }, run: () => "x" }),
    defineAgent({ ...base, prompt: "{q}" }).asTool({ name: "c" }),
  ];
  const A = defineAgent({
    ...base,
    prompt: "{x}",
    tools,
    maxSteps: 3,
    toolConcurrency: 1,
    repair: 0,
  });
  same<typeof A, Agent<{ x: TemplateValue }, string>>(true);
});

Deno.test("types: asTool keeps the parameters of an agent and of a workflow", () => {
  const A = defineAgent({ ...base, prompt: "{q}", output: z.number() });
  const askTool = A.asTool({ name: "ask" });
  same<typeof askTool, Tool<{ q: TemplateValue }, number>>(true);
  const Flow = defineParallel({ name: "f", branches: { a: A } });
  same<ReturnType<typeof Flow.asTool> extends Tool<infer P> ? P : 0, { q: TemplateValue }>(true);
});

Deno.test("types: a params schema types the input of call and the input of the prompt", () => {
  const params = z.object({ n: z.string().transform(Number), unit: z.string().default("m") });
  type In = { n: string; unit?: string | undefined };
  same<InferInput<typeof params>, In>(true);
  const Template = defineAgent({ ...base, params, prompt: "{n} {unit}" });
  same<ParamsOf<typeof Template>, In>(true);
  const Fn = defineAgent({
    ...base,
    params,
    prompt: (params) => {
      same<typeof params, { n: number; unit: string }>(true);
      return "x";
    },
    output: z.boolean(),
  });
  same<typeof Fn, Agent<In, boolean>>(true);
  const Run = defineAgent({
    name: "r",
    params,
    run: (params, ctx) => {
      same<typeof params, { n: number; unit: string }>(true);
      return ctx.signal.aborted;
    },
  });
  same<typeof Run, Agent<In, boolean>>(true);
  const Val = defineAgent({ ...base, params: v.object({ n: v.number() }), prompt: "{n}" });
  same<ParamsOf<typeof Val>, { n: number }>(true);
  // A JSON Schema without `as const` has no types.
  const Json = defineAgent({ ...base, params: { type: "object" }, prompt: "{n}" });
  same<ParamsOf<typeof Json>, { n: TemplateValue }>(true);
  const JsonFn = defineAgent({
    ...base,
    params: { type: "object" },
    prompt: (p: { q: 1 }) => `${p.q}`,
  });
  same<ParamsOf<typeof JsonFn>, { q: 1 }>(true);
  const never = () => {
    // @ts-expect-error the input of the schema is a string
    Fn.call({ n: 1 });
    // @ts-expect-error the output of the schema is a number
    defineAgent({ ...base, params, prompt: (p: { n: string }) => p.n });
  };
  assertEquals(typeof never, "function");
});

Deno.test("types: a dry run returns a request, and a call returns content", async () => {
  const A = defineAgent({ ...base, prompt: "{x}" });
  const dry = await A.call({ x: 1 }, { dryRun: true });
  same<typeof dry, DryRun>(true);
  const real = await A.call({ x: 1 }, { temperature: 0 });
  same<typeof real, Success<string>>(true);
  same<ContentOf<typeof A>, string>(true);
  const never = () => {
    // @ts-expect-error a call that was sent has no request
    real.request;
  };
  assertEquals([dry.request.model, typeof never], ["m", "function"]);
});

Deno.test("types: the events of a stream are discriminated by type", async () => {
  for await (const event of defineAgent({ ...base, prompt: "{x}" }).stream({ x: 1 })) {
    if (event.type === "tool-end") same<typeof event.durationMs, number>(true);
    if (event.type === "emit") same<typeof event.agent, string>(true);
    if (event.type === "partial") same<typeof event.content, unknown>(true);
    if (event.type === "result") same<typeof event.result, Success<string>>(true);
  }
});
