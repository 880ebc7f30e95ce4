/** Types that the compiler infers: checking this file is the test. It runs nothing. */
import {
  type Agent,
  type AgentCall,
  batch,
  type ContentOf,
  defineAgent,
  defineParallel,
  definePipeline,
  defineRouter,
  each,
  type ParamsOf,
  type Pipeline,
  type Result,
  type Settled,
  stream,
  type TemplateValue,
} from "@shoal/agents";
import { assertEquals } from "@std/assert";
import { z } from "zod";

type Equals<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true
  : false;
function same<A, B>(_: Equals<A, B>): void {}

/** Registers a function whose types are checked, and that is not run. */
function compiles(title: string, check: () => unknown): void {
  Deno.test(`types: ${title}`, () => assertEquals(typeof check, "function"));
}

const Draft = defineAgent({ name: "draft", model: "m", prompt: "Write on {topic}" });
const Count = defineAgent({ name: "count", model: "m", prompt: "{text}", output: z.number() });
const Topic = defineAgent({
  name: "topic",
  model: "m",
  prompt: "{question}",
  output: z.enum(["billing", "tech"]),
});
const Help = defineAgent({ name: "help", model: "m", prompt: "{question}" });
const Length = defineAgent({ name: "length", run: (text: string) => text.length });
const Wrap = defineAgent({ name: "wrap", run: (n: number) => ({ n }) });

type Question = { question: TemplateValue };
type About = { topic: TemplateValue };

compiles("agents whose functions take no parameter, or do not say which", () => {
  const None = defineAgent({ name: "a", prompt: () => "x" });
  same<typeof None, Agent<unknown, string>>(true);
  const Unknown = defineAgent({ name: "a", prompt: (params) => `${params}` });
  same<typeof Unknown, Agent<unknown, string>>(true);
  const Run = defineAgent({ name: "a", run: (_, ctx) => ctx.signal.aborted });
  same<typeof Run, Agent<unknown, boolean>>(true);
});

compiles("messages, parts and tool calls take extra fields", () => {
  const Messages = defineAgent({
    name: "a",
    reasoningEffort: "max",
    prompt: (p: { url: string }) => [
      { role: "developer", content: "Be brief.", extra: { name: "x" } },
      {
        role: "user",
        content: [
          { type: "image", url: p.url, detail: "low", extra: { a: 1 } },
          { type: "audio", data: new Uint8Array(), mediaType: "audio/wav" },
        ],
      },
      {
        role: "assistant",
        content: "",
        toolCalls: [{ id: "1", name: "f", args: "{}", extra: { extra_content: {} } }],
      },
    ],
  });
  same<typeof Messages, Agent<{ url: string }, string>>(true);
});

compiles("a prompt function may be async and return messages", () => {
  const Messages = defineAgent({
    name: "a",
    prompt: async (p: { a: 1 }) => [{ role: "user", content: String(await p.a) }],
  });
  same<typeof Messages, Agent<{ a: 1 }, string>>(true);
});

compiles("an annotated agent keeps the types of its annotation", () => {
  const A: Agent<{ text: string }, string[]> = defineAgent({
    name: "a",
    run: async ({ text }: { text: string }, { call }) => {
      await call(A, { text });
      return [text];
    },
  });
  const B: Agent<{ text: string }> = defineAgent({ name: "b", prompt: "{text}" });
  const C: Agent<{ n: number }, number> = defineAgent({
    name: "c",
    params: z.object({ n: z.int() }),
    prompt: ({ n }) => `${n + 1}`,
    output: z.number(),
  });
  return [A, B, C];
});

compiles("a pipeline takes what its first step takes and has the content of its last", () => {
  const One = definePipeline({ name: "p", steps: [Draft] });
  same<typeof One, Pipeline<About, string>>(true);
  const Two = definePipeline({
    name: "p",
    steps: [Draft, {
      agent: Count,
      params: (text, [{ topic }]) => {
        same<typeof text, string>(true);
        same<typeof topic, TemplateValue>(true);
        return { text };
      },
    }],
  });
  same<typeof Two, Pipeline<About, number>>(true);
  const Mapped = definePipeline([
    { agent: Draft, params: (p: { about: string }) => ({ topic: p.about }) },
    Length,
  ]);
  same<typeof Mapped, Pipeline<{ about: string }, number>>(true);
  const Nested = definePipeline([Mapped, Wrap]);
  same<typeof Nested, Pipeline<{ about: string }, { n: number }>>(true);
});

compiles("a pipeline of six steps, and of more", () => {
  const Six = definePipeline([
    Draft,
    Length,
    Wrap,
    { agent: Length, params: (o) => `${o.n}` },
    Wrap,
    {
      agent: Draft,
      params: ({ n }, all) => {
        same<typeof all, readonly [About, string, number, { n: number }, number, { n: number }]>(
          true,
        );
        return { topic: n + all[2] };
      },
    },
  ]);
  same<typeof Six, Pipeline<About, string>>(true);
  const Seven = definePipeline([
    Draft,
    Length,
    Wrap,
    { agent: Length, params: (o) => `${o.n}` },
    Wrap,
    { agent: Draft, params: ({ n }) => ({ topic: n }) },
    { agent: Count, params: (text) => ({ text }) },
  ]);
  same<typeof Seven, Pipeline<About, number>>(true);
});

compiles("a router takes what all its targets take", () => {
  const Routed = defineRouter({
    name: "r",
    by: Topic,
    routes: {
      billing: Help,
      tech: { agent: Count, params: (p: { x: string }) => ({ text: p.x }) },
    },
  });
  same<ContentOf<typeof Routed>, string | number>(true);
  same<ParamsOf<typeof Routed>, Question & { x: string }>(true);
  const Fallback = defineRouter({
    name: "r",
    by: Topic,
    routes: { billing: Help },
    default: Count,
  });
  same<ContentOf<typeof Fallback>, string | number>(true);
  const Picked = defineRouter({
    name: "r",
    by: Count,
    routes: { a: Help, b: Help },
    pick: (n) => n > 1 ? "a" : "b",
  });
  same<ContentOf<typeof Picked>, string>(true);
});

compiles("a workflow of workflows", () => {
  const Inner = definePipeline({ name: "p", steps: [Draft, Length] });
  const Outer = defineParallel({
    name: "w",
    branches: {
      help: Help,
      length: Inner,
      count: { agent: Count, optional: true, input: (p: { q: string }) => ({ text: p.q }) },
    },
  });
  same<ParamsOf<typeof Outer>, Question & About & { q: string }>(true);
  same<ContentOf<typeof Outer>["length"], number>(true);
  same<ContentOf<typeof Outer>["count"], number | undefined>(true);
});

compiles("calls of two agents from a generator", async () => {
  async function* literal() {
    yield [Help, { question: "x" }] as const;
    yield [Count, { text: "x" }, { temperature: 1 }] as const;
  }
  function* declared(): Generator<AgentCall<typeof Help> | AgentCall<typeof Count>> {
    yield [Help, { question: "x" }];
    yield [Count, { text: "x" }];
  }
  const fromLiteral = await batch(literal());
  same<typeof fromLiteral, Result<string | number>[]>(true);
  const fromDeclared = await batch(declared());
  same<typeof fromDeclared, Result<string | number>[]>(true);
  for await (const { result, agent } of stream(literal())) {
    same<typeof result, Result<string> | Result<number>>(true);
    same<typeof agent, typeof Help | typeof Count>(true);
  }
});

compiles("calls of two agents in an array", async () => {
  const calls = [
    [Help, { question: "x" }] as const,
    [Count, { text: "x" }] as const,
  ].toReversed();
  const results = await batch(calls);
  same<typeof results, Result<string | number>[]>(true);
});

compiles("a literal list of calls gives a tuple, anything else an array", async () => {
  const tuple = await batch([[Help, { question: "x" }], [Count, { text: "x" }]]);
  same<typeof tuple, [Result<string>, Result<number>]>(true);
  const some = await batch([[Help, { question: "x" }]], { only: "failed" });
  same<typeof some, [Result<string> | undefined]>(true);
  const mapped = await batch(["a"].map((question) => [Help, { question }]));
  same<typeof mapped, Result<string>[]>(true);
  const skipped = await batch(["a"].map((text) => [Count, { text }] as const), { only: "missing" });
  same<typeof skipped, (Result<number> | undefined)[]>(true);
});

compiles("each gives values, settled results or empty places", async () => {
  const values = await each(["a"], (x) => x.length);
  same<typeof values, number[]>(true);
  const settled = await each(["a"], (x) => Promise.resolve(x), { settle: true });
  same<typeof settled, Settled<string>[]>(true);
  const some = await each(["a"], (x) => x, { settle: true, only: "failed", key: (x) => x });
  same<typeof some, (Settled<string> | undefined)[]>(true);
});
