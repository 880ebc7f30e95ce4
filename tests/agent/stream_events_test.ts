/** The events of a streamed call beside the deltas. */
import {
  batch,
  defineAgent,
  defineTool,
  type ModelReply,
  scope,
  type StreamEvent,
  type ToolRequest,
} from "@shoal/agents";
import { scripted } from "@shoal/agents/testing";
import { assert, assertEquals } from "@std/assert";
import { z } from "zod";
import { prepareOutput } from "../../src/output/prepare_output.ts";
import { callModel } from "../../src/call/call.ts";
import type { ModelAgent } from "../../src/call/options/model_agent.ts";
import { agentStream } from "../../src/agent/agent_stream.ts";
import { busy, handmade, never, reply, settled } from "../helpers.ts";

const base = { name: "a", model: "m", prompt: "{x}" };

function asks(text: string, ...names: string[]): ModelReply {
  const toolCalls = names.map((name, i): ToolRequest => ({ id: `${i}`, name, args: '{"n":1}' }));
  return { text, finishReason: "tool_calls", toolCalls };
}
const input = { type: "object" };
const good = defineTool({ name: "good", input, run: () => ({ found: 1 }) });
const bad = defineTool({ name: "bad", input, run: () => Promise.reject(new Error("no")) });

async function read<T>(events: AsyncIterable<StreamEvent<T>>): Promise<StreamEvent<T>[]> {
  const all: StreamEvent<T>[] = [];
  for await (const event of events) all.push(event);
  return all;
}

/** Each event in one word or two. */
function short(events: readonly StreamEvent[]): string[] {
  return events.map((event) => {
    if (event.type === "delta") return event.text;
    if (event.type === "tool-start" || event.type === "tool-end") {
      return `${event.type} ${event.name}`;
    }
    return event.type;
  });
}

Deno.test("events: the pieces of all rounds, and the tools between them", async () => {
  const provider = scripted([asks("Let me look.", "good", "bad"), "Found it."]);
  const stream = defineAgent({ ...base, tools: [good, bad], provider }).stream({ x: 1 });
  const events = await read(stream);
  assertEquals(short(events), [
    ..."Let| me| look.".split("|"),
    "tool-start good",
    "tool-start bad",
    "tool-end good",
    "tool-end bad",
    "Found",
    " it.",
    "result",
  ]);
  const [start, , first, second] = events.slice(3);
  assertEquals(start, { type: "tool-start", id: "0", name: "good", args: { n: 1 } });
  assert(first?.type === "tool-end" && second?.type === "tool-end");
  assertEquals([first.result, first.error, typeof first.durationMs], [
    { found: 1 },
    undefined,
    "number",
  ]);
  assertEquals([second.id, second.error], ["1", { code: "threw", message: "no" }]);
  const result = events.at(-1);
  assert(result?.type === "result");
  assertEquals([result.result.content, result.result.toolCalls.length], ["Found it.", 2]);
});

Deno.test("events: pieces of an earlier round do not keep a later one from being repeated or from falling back", async () => {
  const provider = scripted(({ model, messages }) => {
    if (messages.length === 1) return asks("Let me look.", "good");
    return model === "m" ? busy() : "Found it.";
  });
  const A = defineAgent({ ...base, tools: [good], provider, fallbackModels: ["m2"] });
  const events = await read(A.stream({ x: 1 }, { retries: { max: 1, base: 0 } }));
  assertEquals(short(events).slice(3), [
    "tool-start good",
    "tool-end good",
    "retry",
    "fallback",
    "Found",
    " it.",
    "result",
  ]);
});

Deno.test("events: a round that has begun is not repeated", async () => {
  let n = 0;
  const provider = handmade({
    async *stream() {
      await Promise.resolve();
      yield { type: "delta" as const, text: "x" };
      if (n++ === 0) yield { type: "reply" as const, reply: asks("x", "good") };
      else throw busy();
    },
  });
  const A = defineAgent({ ...base, tools: [good], provider, fallbackModels: ["m2"] });
  const result = await A.settle({ x: 1 }, { onDelta: () => {} });
  assertEquals([result.error!.code, n], ["rate_limited", 2]);
});

Deno.test("events: break while a tool runs ends the call, and the tool is told", async () => {
  let signal: AbortSignal | undefined;
  const deaf = defineTool({
    name: "deaf",
    input,
    run: (_, ctx) => {
      signal = ctx.signal;
      return never();
    },
  });
  const A = defineAgent({ ...base, tools: [deaf], provider: scripted(asks("", "deaf")) });
  for await (const event of A.stream({ x: 1 })) if (event.type === "tool-start") break;
  assert(signal!.aborted);
});

Deno.test("events: tools do not wait for a slow reader", async () => {
  const A = defineAgent({ ...base, tools: [good], provider: scripted([asks("", "good"), ""]) });
  const stream = A.stream({ x: 1 });
  assertEquals((await stream.next()).value.type, "tool-start");
  assertEquals((await stream.result).toolCalls.length, 1);
  assertEquals(short(await read(stream)), ["tool-end good", "result"]);
});

Deno.test("events: what a run emits arrives, in order, from agents within it, too", async () => {
  const Inner = defineAgent({ name: "inner", run: (_: unknown, ctx) => ctx.emit("from inside") });
  const speak = defineTool({ name: "speak", input, run: (_, ctx) => ctx.emit("from a tool") });
  const WithTool = defineAgent({
    ...base,
    tools: [speak],
    provider: scripted([asks("", "speak"), "ok"]),
  });
  const Outer = defineAgent({
    name: "outer",
    run: async (_: unknown, ctx) => {
      ctx.emit({ step: 1 });
      await ctx.call(Inner, {});
      await batch([[Inner, {}]]);
      await scope({}, () => WithTool.call({ x: 1 }));
      await ctx.emit(0);
      return "done";
    },
  });
  const events = await read(Outer.stream({}));
  const emitted = events.map((event) => event.type === "emit" && [event.agent, event.data]);
  assertEquals(emitted, [
    ["outer", { step: 1 }],
    ["inner", "from inside"],
    ["inner", "from inside"],
    ["a", "from a tool"],
    ["outer", 0],
    false,
  ]);
});

Deno.test("events: where nobody reads, or the call is over, nothing comes of emit", async () => {
  let emit: ((data: unknown) => Promise<void>) | undefined;
  const R = defineAgent({
    name: "r",
    run: async (_: unknown, ctx) => {
      emit = ctx.emit;
      await ctx.emit(1);
      return "done";
    },
  });
  assertEquals((await R.call({})).content, "done");
  assertEquals((await R.stream({}).result).content, "done");
  for await (const event of R.stream({})) if (event.type === "emit") break;
  await emit!("too late");
  await settled();
});

Deno.test("events: an inner stream that is read keeps its events to itself", async () => {
  const Inner = defineAgent({ name: "inner", run: (_: unknown, ctx) => ctx.emit("mine") });
  const inner: unknown[] = [];
  const Outer = defineAgent({
    name: "outer",
    run: async () => {
      for await (const event of Inner.stream({})) inner.push(event.type);
    },
  });
  assertEquals(short(await read(Outer.stream({}))), ["result"]);
  assertEquals(inner, ["emit", "result"]);
});

/** Creates an agent whose output parses unfinished JSON. */
function reads(reader: (text: string) => unknown) {
  const output = Object.assign(prepareOutput("a", z.object({ n: z.array(z.number()) })), {
    partial: reader,
  });
  return (chunks: readonly string[]) => {
    const provider = handmade({
      async *stream() {
        for (const text of chunks) yield await Promise.resolve({ type: "delta" as const, text });
        yield { type: "reply" as const, reply: reply(chunks.join("")) };
      },
    });
    const agent: ModelAgent = {
      name: "a",
      model: "m",
      render: () => "x",
      output,
      tokenAverages: {},
      provider,
    };
    return agentStream({}, (hooks, signal) => callModel(agent, {}, { signal }, hooks));
  };
}

Deno.test("events: what there is of a typed answer is told, once each", async () => {
  const chunks = ['{"n":[1', ",", "2", "]", "}"];
  const stream = reads((text) => text.includes(",") ? { n: text.split(",").length } : undefined);
  const events = await read(stream(chunks));
  assertEquals(short(events), [chunks[0], ",", "partial", "2", "]", "}", "result"]);
  assertEquals(events[2], { type: "partial", content: { n: 2 } });
});

Deno.test("events: a long typed answer is not read anew with each piece", async () => {
  const chunks = ['{"n":[', ...Array(5_000).fill("1, "), "1]}"];
  let [times, characters] = [0, 0];
  const stream = reads((text) => {
    times++;
    return characters += text.length;
  });
  const events = await read(stream(chunks));
  assertEquals(events.length, chunks.length + times + 1);
  // A piece of 15,000 characters, five thousand times, would be 37,500,000.
  assert(times > 50 && times < 500, `${times}`);
  assert(characters < 50 * 15_000, `${characters}`);
  // Without a reader it is not read at all.
  times = 0;
  await stream(chunks).result;
  assertEquals(times, 0);
});

Deno.test("events: parts of a typed answer grow, and the last one is the content", async () => {
  const output = z.object({ title: z.string(), tags: z.array(z.string()) });
  const content = { title: "Fish that stay together", tags: ["sea", "shoal"] };
  const provider = scripted(JSON.stringify(content).replaceAll(",", ", "));
  const partials: { title?: string; tags?: string[] }[] = [];
  for await (const event of defineAgent({ ...base, output, provider }).stream({ x: 1 })) {
    if (event.type === "partial") partials.push(event.content as typeof content);
    if (event.type === "result") assertEquals(event.result.content, content);
  }
  assert(partials.length >= 3);
  assertEquals(partials.at(-1), content);
  const [first] = partials;
  assert(content.title.startsWith(first!.title!) && first!.title !== content.title);
});

Deno.test("events: after tools, the parts are those of the new answer", async () => {
  const provider = scripted([asks('{"n": 1', "good"), '{"n": 2}']);
  const A = defineAgent({ ...base, tools: [good], output: z.object({ n: z.number() }), provider });
  const partials = (await read(A.stream({ x: 1 }))).filter(({ type }) => type === "partial");
  assertEquals(partials.at(-1), { type: "partial", content: { n: 2 } });
});
