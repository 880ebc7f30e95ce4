/** Tests of agents and workflows as tools of another agent. */
import {
  type Agent,
  AgentError,
  defineAgent,
  defineParallel,
  type ModelReply,
  type Result,
  scope,
  type Tool,
} from "@shoal/agents";
import { scripted } from "@shoal/agents/testing";
import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { z } from "zod";
import { busy, configured, fakeTime, never, reply, used } from "../helpers.ts";

const base = { name: "a", model: "m" };

/**
 * Creates an agent whose model calls each of these tools once, all in one answer, and then replies.
 */
function agentCalling(
  tools: Tool[],
  args: unknown,
  options: object = {},
): Agent<{ x: number }, string> {
  const toolCalls = tools.map(({ name }) => ({ id: name, name, args: JSON.stringify(args) }));
  const request: ModelReply = { text: "", finishReason: "tool_calls", toolCalls };
  const provider = scripted([
    { ...request, usage: used(1, 0) },
    reply("done", { usage: used(1, 0) }),
  ]);
  const prompt = (_: { x: number }) => "x";
  return defineAgent({ ...base, name: "boss", prompt, tools, provider, ...options });
}

const Summary = defineAgent({
  ...base,
  name: "my summary",
  description: "Makes a text short.",
  prompt: "Summarise in {words} words: {text}",
  provider: scripted(({ messages }) =>
    reply(`short: ${messages[0]!.content}`, { usage: used(10, 1) })
  ),
});

Deno.test("asTool: takes the placeholders of a template as arguments", async () => {
  const summarise = Summary.asTool();
  assertEquals(summarise.name, "my_summary");
  assertEquals(summarise.description, "Makes a text short.");
  assertEquals(summarise.parameters, {
    type: "object",
    properties: { words: { type: "string" }, text: { type: "string" } },
    required: ["words", "text"],
    additionalProperties: false,
  });
  const result = await agentCalling([summarise], { words: "3", text: "a b c d" }).call({ x: 1 });
  assertEquals(result.toolCalls[0]!.result, "short: Summarise in 3 words: a b c d");
  const named = Summary.asTool({ name: "sum", description: "Else.", timeout: 7 });
  assertEquals([named.name, named.description, named.timeout], ["sum", "Else.", 7]);
});

Deno.test("asTool: takes the params schema as its input and validates the arguments", async () => {
  const params = z.object({ n: z.number().max(9), unit: z.string().default("m") });
  const Fn = defineAgent({
    ...base,
    name: "fn",
    params,
    prompt: ({ n, unit }) => `${n} ${unit}`,
    provider: scripted(({ messages }) => messages[0]!.content as string),
  });
  const Run = defineAgent({ name: "run", params, run: ({ n, unit }) => ({ n, unit }) });
  assertEquals((Fn.asTool().parameters.properties as { n: unknown }).n, {
    type: "number",
    maximum: 9,
  });
  const boss = agentCalling([Fn.asTool(), Run.asTool()], { n: 2 });
  const [fn, run] = (await boss.call({ x: 1 })).toolCalls;
  assertEquals([fn!.result, run!.result], ["2 m", { n: 2, unit: "m" }]);
  const [wrong] = (await agentCalling([Fn.asTool()], { n: 10 }).call({ x: 1 })).toolCalls;
  assertStringIncludes(wrong!.error!.message, "its params are invalid");
});

Deno.test("asTool: rejects an agent whose parameters are unknown", () => {
  const Fn = defineAgent({ ...base, prompt: (_: { x: 1 }) => "x" });
  const Run = defineAgent({ name: "a", run: () => 1 });
  const mapped = { agent: Summary, input: (p: { x: string }) => ({ words: 1, text: p.x }) };
  const Flow = defineParallel({ name: "a", branches: { mapped } });
  const message =
    'Cannot make a tool of "a" as its parameters are unknown: pass a schema of them as `params`';
  for (const agent of [Fn, Run, Flow]) assertThrows(() => agent.asTool(), TypeError, message);
  const Dated = defineAgent({ name: "a", params: z.object({ at: z.date() }), run: () => 1 });
  assertThrows(() => Dated.asTool(), TypeError, "its params schema has no JSON Schema");
  for (const options of [{ name: "my tool" }, { description: "" }, { timeout: 0 }, { nam: "x" }]) {
    assertThrows(
      () => Summary.asTool(options as never),
      Error,
      'Cannot make a tool of "my summary"',
    );
  }
});

Deno.test("asTool: a workflow takes the parameters of all branches or its schema", async () => {
  const Shout = defineAgent({
    ...base,
    name: "shout",
    prompt: "{text} {mark}",
    provider: scripted("HEY"),
  });
  const Flow = defineParallel({
    name: "flow",
    description: "Both.",
    branches: { summary: Summary, shout: { agent: Shout, optional: true } },
  });
  const tool = Flow.asTool();
  assertEquals(Object.keys(tool.parameters.properties as object), ["words", "text", "mark"]);
  assertEquals(tool.parameters.required, ["words", "text", "mark"]);
  const args = { words: "1", text: "t", mark: "!" };
  const result = await agentCalling([tool], args).call({ x: 1 });
  assertEquals(result.toolCalls[0]!.result, {
    summary: "short: Summarise in 1 words: t",
    shout: "HEY",
  });
  const Described = defineParallel({
    name: "described",
    branches: {
      shout: { agent: Shout, input: ({ q }: { q: string }) => ({ text: q, mark: "?" }) },
    },
    params: z.object({ q: z.string() }),
  });
  assertEquals(Described.asTool().parameters.required, ["q"]);
});

Deno.test("asTool: adds its usage to the caller's result and appears in its children", async () => {
  using _ = configured({ prices: { m: { input: 1e6, output: 1e6 } } });
  const Inner = defineAgent({
    name: "inner",
    run: () => Summary.call({ words: 1, text: "t" }).then(() => "in"),
  });
  const Flow = defineParallel({ name: "flow", branches: { one: Summary, two: Summary } });
  const tools = [
    Summary.asTool(),
    Flow.asTool(),
    Inner.with({ name: "inner" }),
  ].map((t) =>
    "settle" in t
      ? defineAgent({ name: "wrap", params: { type: "object" }, run: () => t.call(undefined) })
        .asTool()
      : t
  );
  const result = await agentCalling(tools, { words: "1", text: "t" }).call({ x: 1 });
  const tree = ({ agent, children }: Result): unknown[] => [agent, ...children.map(tree)];
  assertEquals(tree(result), [
    "boss",
    ["my summary"],
    ["flow", ["my summary"], ["my summary"]],
    ["wrap", ["inner", ["my summary"]]],
  ]);
  assertEquals([result.attempts.length, result.usage], [6, used(42, 4)]);
  assertEquals(result.cost!.total, 46);
  const sum = result.children.reduce((n, { cost }) => n + cost!.total, 0);
  assertEquals(sum, 44);
});

Deno.test("asTool: runs within the scope, limits, budget and signal of the caller", async () => {
  const boss = () => agentCalling([Summary.asTool()], { words: "1", text: "t" });
  const inside = await scope({ concurrency: 1 }, async (scope) => {
    const result = await boss().call({ x: 1 });
    return [result.content, scope.usage.totalTokens];
  });
  assertEquals(inside, ["done", 13]);
  const poor = await boss().settle({ x: 1 }, { budget: { calls: 1 } });
  assertEquals([poor.error!.code, poor.attempts.length], ["budget", 1]);

  using time = fakeTime();
  let signal: AbortSignal | undefined;
  const Hanging = defineAgent({
    name: "hanging",
    params: { type: "object" },
    run: (_, ctx) => {
      signal = ctx.signal;
      return never();
    },
  });
  const controller = new AbortController();
  const call = agentCalling([Hanging.asTool()], {}).settle({ x: 1 }, { signal: controller.signal });
  await time.tick(10);
  controller.abort();
  await time.tick(0);
  const result = await call;
  assertEquals([result.error!.code, signal!.aborted], ["aborted", true]);
  // The aborted child has its own entry in the tree.
  assertEquals(result.children.map(({ error }) => error!.code), ["aborted"]);
});

Deno.test("asTool: reports a failure to the model and counts its usage", async () => {
  const Broken = Summary.with({ retries: 0, provider: scripted(busy({ usage: used(5, 0) })) });
  const result = await agentCalling([Broken.asTool()], { words: "1", text: "t" }).call({ x: 1 });
  const [call] = result.toolCalls;
  assertEquals([result.content, call!.error!.code], ["done", "threw"]);
  assertStringIncludes(
    call!.error!.message,
    'Cannot finish the call of "my summary" as the server',
  );
  assertEquals([result.usage.totalTokens, result.attempts.length], [7, 3]);
  assert(result.children[0]!.error instanceof AgentError);
});

Deno.test("children: lists each call of a run, a workflow and a plain call", async () => {
  const args = { words: 1, text: "t" };
  const Flow = defineParallel({ name: "flow", branches: { one: Summary, two: Summary } });
  const Run = defineAgent({
    name: "run",
    run: async () => {
      await Flow.call(args);
      await scope({}, () => Summary.settle(args));
      await Summary.settle({} as never);
    },
  });
  const result = await Run.call(undefined);
  assertEquals(result.children.map(({ agent, ok }) => [agent, ok]), [
    ["flow", true],
    ["my summary", true],
    ["my summary", false],
  ]);
  assertEquals(result.children[0]!.children.length, 2);
  assertEquals((await Summary.call(args)).children, []);
  // A branch that never started has no entry.
  const none = await Flow.settle(args, { signal: AbortSignal.abort() });
  assertEquals([none.children, none.branches.one.error!.code], [[], "aborted"]);
});
