/** Tests of the events of a stream other than deltas. */
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

function callTools(text: string, ...names: string[]): ModelReply {
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

/** Returns a short label for each event. */
function labels(events: readonly StreamEvent[]): string[] {
  return events.map((event) => {
    if (event.type === "delta") return event.text;
    if (event.type === "tool-start" || event.type === "tool-end") {
      return `${event.type} ${event.name}`;
    }
    return event.type;
  });
}

Deno.test("events: emits the deltas of all rounds, with the tool events between them", async () => {
  const provider = scripted([callTools("Let me look.", "good", "bad"), "Found it."]);
  const stream = defineAgent({ ...base, tools: [good, bad], provider }).stream({ x: 1 });
  const events = await read(stream);
  assertEquals(labels(events), [
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

Deno.test("events: deltas of an earlier round do not prevent a retry or a fallback", async () => {
  const provider = scripted(({ model, messages }) => {
    if (messages.length === 1) return callTools("Let me look.", "good");
    return model === "m" ? busy() : "Found it.";
  });
  const A = defineAgent({ ...base, tools: [good], provider, fallbackModels: ["m2"] });
  const events = await read(A.stream({ x: 1 }, { retries: { max: 1, base: 0 } }));
  assertEquals(labels(events).slice(3), [
    "tool-start good",
    "tool-end good",
    "retry",
    "fallback",
    "Found",
    " it.",
    "result",
  ]);
});

Deno.test("events: does not retry a round that emitted a delta", async () => {
  let n = 0;
  const provider = handmade({
    async *stream() {
      await Promise.resolve();
      yield { type: "delta" as const, text: "x" };
      if (n++ === 0) yield { type: "reply" as const, reply: callTools("x", "good") };
      else throw busy();
    },
  });
  const A = defineAgent({ ...base, tools: [good], provider, fallbackModels: ["m2"] });
  const result = await A.settle({ x: 1 }, { onDelta: () => {} });
  assertEquals([result.error!.code, n], ["rate_limited", 2]);
});

Deno.test("events: break while a tool runs ends the call and aborts the tool", async () => {
  let signal: AbortSignal | undefined;
  const hanging = defineTool({
    name: "hanging",
    input,
    run: (_, ctx) => {
      signal = ctx.signal;
      return never();
    },
  });
  const A = defineAgent({
    ...base,
    tools: [hanging],
    provider: scripted(callTools("", "hanging")),
  });
  for await (const event of A.stream({ x: 1 })) if (event.type === "tool-start") break;
  assert(signal!.aborted);
});

Deno.test("events: a slow reader does not delay tools", async () => {
  const A = defineAgent({
    ...base,
    tools: [good],
    provider: scripted([callTools("", "good"), ""]),
  });
  const stream = A.stream({ x: 1 });
  assertEquals((await stream.next()).value.type, "tool-start");
  assertEquals((await stream.result).toolCalls.length, 1);
  assertEquals(labels(await read(stream)), ["tool-end good", "result"]);
});

Deno.test("events: emit passes on events in order, from nested agents too", async () => {
  const Inner = defineAgent({ name: "inner", run: (_: unknown, ctx) => ctx.emit("from inside") });
  const speak = defineTool({ name: "speak", input, run: (_, ctx) => ctx.emit("from a tool") });
  const WithTool = defineAgent({
    ...base,
    tools: [speak],
    provider: scripted([callTools("", "speak"), "ok"]),
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

Deno.test("events: emit does nothing without a reader or after the call", async () => {
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

Deno.test("events: an inner stream with its own reader keeps its events", async () => {
  const Inner = defineAgent({ name: "inner", run: (_: unknown, ctx) => ctx.emit("mine") });
  const inner: unknown[] = [];
  const Outer = defineAgent({
    name: "outer",
    run: async () => {
      for await (const event of Inner.stream({})) inner.push(event.type);
    },
  });
  assertEquals(labels(await read(Outer.stream({}))), ["result"]);
  assertEquals(inner, ["emit", "result"]);
});

/** Creates an agent whose output parses partial answers, as JSON without its end. */
function agentParsing(reader: (text: string) => unknown) {
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

Deno.test("events: emits each partial value of a typed answer once", async () => {
  const chunks = ['{"n":[1', ",", "2", "]", "}"];
  const stream = agentParsing((text) =>
    text.includes(",") ? { n: text.split(",").length } : undefined
  );
  const events = await read(stream(chunks));
  assertEquals(labels(events), [chunks[0], ",", "partial", "2", "]", "}", "result"]);
  assertEquals(events[2], { type: "partial", content: { n: 2 } });
});

Deno.test("events: does not parse a long typed answer again for each delta", async () => {
  const chunks = ['{"n":[', ...Array(5_000).fill("1, "), "1]}"];
  let [times, characters] = [0, 0];
  const stream = agentParsing((text) => {
    times++;
    return characters += text.length;
  });
  const events = await read(stream(chunks));
  assertEquals(events.length, chunks.length + times + 1);
  // Parsing 15,000 characters for each of 5,000 deltas would read 37,500,000.
  assert(times > 50 && times < 500, `${times}`);
  assert(characters < 50 * 15_000, `${characters}`);
  // Without a reader, partial answers are not parsed at all.
  times = 0;
  await stream(chunks).result;
  assertEquals(times, 0);
});

Deno.test("events: partial values grow, and the last one is the content", async () => {
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

Deno.test("events: partial values after tools belong to the new answer", async () => {
  const provider = scripted([callTools('{"n": 1', "good"), '{"n": 2}']);
  const A = defineAgent({ ...base, tools: [good], output: z.object({ n: z.number() }), provider });
  const partials = (await read(A.stream({ x: 1 }))).filter(({ type }) => type === "partial");
  assertEquals(partials.at(-1), { type: "partial", content: { n: 2 } });
});
