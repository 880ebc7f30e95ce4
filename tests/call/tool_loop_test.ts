/** Tests of calls with tools: messages, events, limits and costs. */
import {
  type CallOptions,
  defineAgent,
  defineTool,
  type Message,
  type ModelReply,
  type Provider,
  scope,
  type ToolContext,
  type ToolRequest,
} from "@shoal/agents";
import { scripted } from "@shoal/agents/testing";
import { assert, assertEquals, assertStrictEquals, assertStringIncludes } from "@std/assert";
import { delay } from "@std/async/delay";
import { z } from "zod";
import { busy, configured, errorOf, fakeTime, never, reply, settled, used } from "../helpers.ts";

const base = { name: "a", model: "m", prompt: "{x}" };
const usage = used(10, 1);

/** Creates a reply that calls tools. */
function callTools(...calls: [name: string, args: unknown, id?: string][]): ModelReply {
  const toolCalls = calls.map(([name, args, id = name]): ToolRequest => ({
    id,
    name,
    args: typeof args === "string" ? args : JSON.stringify(args),
  }));
  return { text: "", finishReason: "tool_calls", toolCalls, usage };
}

const add = defineTool({
  name: "add",
  description: "Adds.",
  input: z.object({ a: z.number(), b: z.number().default(1) }),
  run: ({ a, b }) => a + b,
});
const echo = defineTool({
  name: "echo",
  input: { type: "object" },
  run: ({ value }: { value?: unknown }) => value,
});

/** Returns the tool messages of the last request. */
function toolMessages(
  provider: { readonly requests: readonly { messages: readonly Message[] }[] },
) {
  return provider.requests.at(-1)!.messages
    .filter(({ role }) => role === "tool").map(({ content }) => content);
}

Deno.test("tools: runs the tool that the model calls and sends its result back", async () => {
  using _ = configured({ prices: { m: { input: 1e5, output: 1e6 } } });
  const request = callTools(["add", { a: 2, b: 3 }, "call_1"]);
  const provider = scripted([request, reply("It is 5", { usage })]);
  const A = defineAgent({ ...base, system: "S", tools: [add], provider });
  const result = await A.call({ x: "2 + 3?" });
  assertEquals([result.content, result.finishReason], ["It is 5", "stop"]);
  const [first, second] = provider.requests;
  assertEquals(first!.tools!.map(({ name, description }) => [name, description]), [
    ["add", "Adds."],
  ]);
  assertEquals(first!.tools![0]!.parameters, add.parameters);
  assertEquals(second!.tools, first!.tools);
  assertEquals(second!.messages, [
    { role: "system", content: "S" },
    { role: "user", content: "2 + 3?" },
    { role: "assistant", content: "", toolCalls: request.toolCalls },
    { role: "tool", toolCallId: "call_1", content: "5" },
  ]);
  const [{ durationMs, ...call }] = result.toolCalls as [typeof result.toolCalls[0]];
  assertEquals(call, { id: "call_1", name: "add", args: { a: 2, b: 3 }, result: 5 });
  assert(durationMs >= 0);
  // Every round is billed.
  assertEquals([result.usage, result.attempts.length], [used(20, 2), 2]);
  assertEquals(result.cost, { input: 2, output: 2, total: 4, source: "prices" });
});

Deno.test("tools: an agent without tools sends none and runs none", async () => {
  const provider = scripted(callTools(["add", {}]));
  for (const tools of [undefined, []]) {
    const result = await defineAgent({ ...base, tools, provider }).call({ x: 1 });
    assertEquals([result.content, result.finishReason], ["", "tool_calls"]);
    assert(!("tools" in provider.requests.at(-1)!));
  }
});

Deno.test("tools: sends the result of a tool as a string or as JSON", async () => {
  const cases: [value: unknown, text: string][] = [
    ["a text", "a text"],
    ["", ""],
    [undefined, ""],
    [null, "null"],
    [0, "0"],
    [false, "false"],
    [{ deep: [1, "x"] }, '{"deep":[1,"x"]}'],
    [{ id: 2n ** 64n }, '{"id":18446744073709551616}'],
  ];
  for (const [value, text] of cases) {
    const provider = scripted([callTools(["echo", {}]), "done"]);
    const same = defineTool({ name: "echo", input: { type: "object" }, run: () => value });
    const result = await defineAgent({ ...base, tools: [same], provider }).call({ x: 1 });
    assertEquals(toolMessages(provider), [text]);
    assertStrictEquals(result.toolCalls[0]!.result, value);
    assertEquals(result.toolCalls[0]!.error, undefined);
  }
});

Deno.test("tools: reports every failure to the model, and the call continues", async () => {
  const circle: unknown[] = [];
  circle.push(circle);
  const throws = (thrown: unknown) => () => {
    throw thrown;
  };
  const input = { type: "object" };
  const tools = [
    add,
    defineTool({ name: "broken", input, run: throws(new Error("disk full")) }),
    defineTool({ name: "rude", input, run: throws(Object.create(null)) }),
    defineTool({ name: "long", input, run: throws(new Error("x".repeat(5_000))) }),
    defineTool({ name: "circle", input, run: () => circle }),
    defineTool({ name: "big", input, run: () => Symbol("x") }),
    defineTool({ name: "rejects", input, run: () => Promise.reject("late") }),
  ];
  const cases: [name: string, args: string, code: string, message: string][] = [
    ["nosuch", "{}", "unknown_tool", 'There is no tool "nosuch". There are: add, broken, rude'],
    ["add", "{oops", "invalid_args", "The arguments are not JSON"],
    ["add", '{"a":"two"}', "invalid_args", "The arguments do not fit:\n- at a: "],
    ["add", '"text"', "invalid_args", "The arguments do not fit:\n- "],
    ["broken", "null", "invalid_args", "The arguments do not fit:\n- must be an object, not null"],
    ["broken", "{}", "threw", "disk full"],
    ["broken", "", "threw", "disk full"],
    ["rude", "{}", "threw", "The tool threw"],
    ["long", "{}", "threw", "x".repeat(1_000)],
    ["circle", "{}", "threw", "The tool gave something that is not JSON"],
    ["big", "{}", "threw", "The tool gave something that is not JSON"],
    ["rejects", "{}", "threw", "late"],
  ];
  for (const [name, args, code, message] of cases) {
    const provider = scripted([callTools([name, args]), "done"]);
    const result = await defineAgent({ ...base, tools, provider }).call({ x: 1 });
    assertEquals(result.content, "done", name);
    const [call] = result.toolCalls;
    assertEquals([call!.error!.code, "result" in call!], [code, false], name);
    assertStringIncludes(call!.error!.message, message);
    assert(call!.error!.message.length <= 1_000);
    assertEquals(toolMessages(provider), [`Error: ${call!.error!.message}`]);
    if (args === "{oops") assertEquals(call!.args, "{oops");
  }
});

Deno.test("tools: the schema validates arguments and fills in defaults", async () => {
  const provider = scripted([callTools(["add", { a: 2 }]), "done"]);
  const result = await defineAgent({ ...base, tools: [add], provider }).call({ x: 1 });
  assertEquals([result.toolCalls[0]!.args, result.toolCalls[0]!.result], [{ a: 2, b: 1 }, 3]);
});

Deno.test("tools: run concurrently up to the limit, and return results in order", async () => {
  for (
    const [options, peak] of [[{}, 5], [{ toolConcurrency: 2 }, 2], [
      { toolConcurrency: 9 },
      7,
    ]] as const
  ) {
    let [running, most] = [0, 0];
    const slow = defineTool({
      name: "slow",
      input: z.object({ n: z.number() }),
      async run({ n }) {
        most = Math.max(most, ++running);
        await delay(10 * (8 - n));
        running--;
        return n;
      },
    });
    const requests = Array.from(
      { length: 7 },
      (_, n): [string, unknown, string] => ["slow", { n }, `${n}`],
    );
    const provider = scripted([callTools(...requests), "done"]);
    const result = await defineAgent({ ...base, tools: [slow], provider }).call({ x: 1 }, options);
    assertEquals([most, toolMessages(provider).join("")], [peak, "0123456"]);
    assertEquals(result.toolCalls.map(({ result }) => result), [0, 1, 2, 3, 4, 5, 6]);
  }
});

Deno.test("tools: after maxSteps answers the call fails and runs no more tools", async () => {
  let ran = 0;
  const count = defineTool({ name: "count", input: { type: "object" }, run: () => ++ran });
  for (const [options, steps] of [[{}, 10], [{ maxSteps: 1 }, 1], [{ maxSteps: 3 }, 3]] as const) {
    ran = 0;
    const provider = scripted(callTools(["count", {}]));
    const A = defineAgent({ ...base, tools: [count], provider, fallbackModels: ["m2"] });
    const result = await A.settle({ x: 1 }, options);
    const { code, message } = result.error!;
    assertEquals(code, "tool");
    assertEquals(
      message,
      `Cannot finish the call of "a" as the model still requests tools after ${steps} steps: ` +
        "raise maxSteps",
    );
    assertEquals([provider.calls, ran, result.toolCalls.length], [steps, steps - 1, steps - 1]);
    assertEquals(result.attempts.length, steps);
  }
});

Deno.test("tools: each round has its own retries, and failures are counted", async () => {
  const provider = scripted([busy(), callTools(["add", { a: 1 }]), busy(), reply("done")]);
  const A = defineAgent({ ...base, tools: [add], provider, retries: { max: 1, base: 0 } });
  const result = await A.call({ x: 1 });
  assertEquals([result.content, result.toolCalls.length], ["done", 1]);
  assertEquals(result.attempts.map(({ error }) => error?.code), [
    "rate_limited",
    undefined,
    "rate_limited",
    undefined,
  ]);
});

Deno.test("tools: a later round falls back by itself and runs no tool twice", async () => {
  let ran = 0;
  const count = defineTool({ name: "count", input: { type: "object" }, run: () => ++ran });
  const provider = scripted(({ model, messages }) => {
    const results = messages.filter(({ role }) => role === "tool").length;
    if (model === "m1") return results === 0 ? callTools(["count", {}]) : busy();
    return results < 2 ? callTools(["count", {}]) : `done by ${model}`;
  });
  const A = defineAgent({
    ...base,
    model: "m1",
    fallbackModels: ["m2"],
    retries: 0,
    provider,
    tools: [count],
  });
  const result = await A.call({ x: 1 });
  assertEquals([result.content, result.model, ran], ["done by m2", "m2", 2]);
  assertEquals(result.usedFallback, true);
  assertEquals(provider.requests.map(({ model }) => model), ["m1", "m1", "m2", "m2"]);
  // The second model received the tool result from the first round.
  assertEquals(provider.requests[2]!.messages, provider.requests[1]!.messages);
  const down = A.with({ provider: scripted([callTools(["count", {}]), busy()]) });
  assertEquals((await errorOf(down.call({ x: 1 }))).code, "exhausted");
});

Deno.test("tools: hold no permit while they run", async () => {
  const inner = defineAgent({ ...base, name: "inner", provider: scripted("deep") });
  const ask = defineTool({
    name: "ask",
    input: { type: "object" },
    run: async () => (await inner.call({ x: 1 })).content,
  });
  const provider = scripted([callTools(["ask", {}, "1"], ["ask", {}, "2"]), "done"]);
  const A = defineAgent({ ...base, tools: [ask], provider, limits: { concurrency: 1 } });
  const result = await scope({ concurrency: 1 }, () => A.call({ x: 1 }));
  assertEquals([result.content, toolMessages(provider)], ["done", ["deep", "deep"]]);
});

Deno.test("tools: nested calls are counted once in the result", async () => {
  using _ = configured({
    prices: { m: { input: 1, output: 1 }, inner: { input: 10, output: 10 } },
  });
  const inner = defineAgent({
    ...base,
    name: "inner",
    model: "inner",
    provider: scripted([busy(), reply("deep", { usage: used(1e6, 0) })]),
    retries: { base: 0 },
  });
  const ask = defineTool({
    name: "ask",
    input: { type: "object" },
    run: async () => (await inner.call({ x: 1 })).content,
  });
  const provider = scripted([
    { ...callTools(["ask", {}]), usage: used(1e6, 0) },
    reply("done", { usage: used(1e6, 0) }),
  ]);
  const result = await defineAgent({ ...base, tools: [ask], provider }).call({ x: 1 });
  assertEquals([result.usage, result.attempts.length], [used(3e6, 0), 4]);
  assertEquals(result.cost!.total, 12);
  assertEquals(result.children.map(({ agent, content }) => [agent, content]), [["inner", "deep"]]);
  assertEquals(result.model, "m");
});

Deno.test("tools: a budget of the call covers nested calls too", async () => {
  const inner = defineAgent({ ...base, name: "inner", provider: scripted("deep") });
  const ask = defineTool({
    name: "ask",
    input: { type: "object" },
    run: async () => (await inner.call({ x: 1 })).content,
  });
  const provider = scripted([callTools(["ask", {}]), "done"]);
  const A = defineAgent({ ...base, tools: [ask], provider });
  const result = await A.settle({ x: 1 }, { budget: { calls: 2 } });
  assertEquals([result.error!.code, result.attempts.length], ["budget", 2]);
  assertEquals((await A.settle({ x: 1 }, { budget: { calls: 1 } })).attempts.length, 1);
});

Deno.test("tools: reports their duration, and counts concurrent tools once", async () => {
  using time = fakeTime();
  const wait = defineTool({
    name: "wait",
    input: { type: "object" },
    run: () => delay(100).then(() => "ok"),
  });
  const provider = scripted([callTools(["wait", {}, "1"], ["wait", {}, "2"]), "done"], {
    latency: 10,
  });
  const call = defineAgent({ ...base, tools: [wait], provider }).call({ x: 1 });
  await time.tick(1_000);
  const { timing, durationMs, toolCalls } = await call;
  assertEquals([timing.toolsMs, timing.modelMs, durationMs], [100, 20, 120]);
  assertEquals(toolCalls.map(({ durationMs }) => durationMs), [100, 100]);
});

Deno.test("tools: the delays of nested calls count as tool time only", async () => {
  using time = fakeTime();
  const inner = defineAgent({
    ...base,
    name: "inner",
    provider: scripted("deep", { latency: 100 }),
  });
  const ask = defineTool({
    name: "ask",
    input: { type: "object" },
    run: () => inner.call({ x: 1 }).then(() => 1),
  });
  const provider = scripted([callTools(["ask", {}]), "done"], { latency: 10 });
  const call = defineAgent({ ...base, tools: [ask], provider }).call({ x: 1 });
  await time.tick(1_000);
  const { timing, durationMs, children } = await call;
  assertEquals([timing.toolsMs, timing.modelMs, durationMs], [100, 20, 120]);
  assertEquals(children[0]!.timing.modelMs, 100);
});

Deno.test("tools: a tool has a timeout, which is reported to the model", async () => {
  using time = fakeTime();
  let signal: AbortSignal | undefined;
  const hanging = defineTool({
    name: "hanging",
    input: { type: "object" },
    timeout: 50,
    run: (_, ctx) => {
      signal = ctx.signal;
      return never();
    },
  });
  const provider = scripted([callTools(["hanging", {}]), "done"]);
  const call = defineAgent({ ...base, tools: [hanging], provider }).call({ x: 1 });
  await time.tick(50);
  const result = await call;
  assertEquals(toolMessages(provider), ["Error: The tool did not finish within 50 ms"]);
  assertEquals([result.content, result.toolCalls[0]!.error!.code], ["done", "timeout"]);
  assert(signal!.aborted);
});

Deno.test("tools: an abort or the total timeout ends a tool that ignores its signal", async () => {
  const started: ToolContext[] = [];
  const hanging = defineTool({
    name: "hanging",
    input: { type: "object" },
    run: (_, ctx) => {
      started.push(ctx);
      return never();
    },
  });
  const requests = Array.from(
    { length: 7 },
    (_, i): [string, unknown, string] => ["hanging", {}, `${i}`],
  );
  const A = defineAgent({ ...base, tools: [hanging], provider: scripted(callTools(...requests)) });
  const controller = new AbortController();
  const cases: [options: CallOptions, code: string][] = [
    [{ signal: controller.signal }, "aborted"],
    [{ timeout: { total: 20 } }, "timeout"],
  ];
  for (const [options, code] of cases) {
    using time = fakeTime();
    started.length = 0;
    const call = A.settle({ x: 1 }, options);
    await time.tick(10);
    controller.abort();
    await time.tick(10);
    const result = await call;
    assertEquals([result.error!.code, started.length], [code, 5]);
    assert(started.every(({ signal }) => signal.aborted));
    // The result includes the tool call that started.
    assertEquals(result.toolCalls.map(({ error }) => error!.code), Array(5).fill("aborted"));
  }
});

Deno.test("tools: calls that a tool did not await end before the next round", async () => {
  const inner = defineAgent({
    ...base,
    name: "inner",
    provider: scripted("deep", { latency: 20 }),
  });
  const spawn = defineTool({
    name: "spawn",
    input: { type: "object" },
    run: () => void inner.settle({ x: 1 }),
  });
  const provider = scripted([callTools(["spawn", {}]), "done"]);
  const result = await defineAgent({ ...base, tools: [spawn], provider }).call({ x: 1 });
  assertEquals([result.children.length, result.children[0]!.ok], [1, true]);
});

Deno.test("tools: receive the signal, the metadata and the id", async () => {
  let seen: ToolContext | undefined;
  const look = defineTool({
    name: "look",
    input: { type: "object" },
    run: (_, ctx) => void (seen = ctx),
  });
  const provider = scripted([callTools(["look", {}, "id-7"]), "done"]);
  await defineAgent({ ...base, tools: [look], provider }).call({ x: 1 }, { metadata: 7 });
  assertEquals([seen!.id, seen!.metadata, seen!.signal.aborted], ["id-7", 7, false]);
  await seen!.emit("too late"); // has no reader
});

Deno.test("tools: rejects truncated arguments without running the tool", async () => {
  let ran = 0;
  const count = defineTool({ name: "count", input: { type: "object" }, run: () => ++ran });
  const provider = scripted({ ...callTools(["count", "{}"]), finishReason: "length" });
  const error = await errorOf(defineAgent({ ...base, tools: [count], provider }).call({ x: 1 }));
  assertEquals([error.code, ran], ["truncated", 0]);
});

Deno.test("tools: the schema applies to the last answer, and repair may use tools", async () => {
  const output = z.object({ sum: z.number() });
  const provider = scripted([
    callTools(["add", { a: 1 }]),
    "not JSON",
    callTools(["add", { a: 2 }]),
    '{"sum":3}',
  ]);
  const A = defineAgent({ ...base, tools: [add], output, provider });
  const result = await A.call({ x: 1 });
  assertEquals([result.content, result.toolCalls.length], [{ sum: 3 }, 2]);
  const roles = provider.requests.map(({ messages }) =>
    messages.map(({ role }) => role[0]).join("")
  );
  // Each round counts its own repairs.
  assertEquals(roles, ["u", "uat", "uatau", "uatat"]);
});

Deno.test("tools: each round can come from the cache, and the tools still run", async () => {
  let ran = 0;
  const count = defineTool({ name: "count", input: { type: "object" }, run: () => void ran++ });
  const provider = scripted([callTools(["count", {}]), "done", "never"]);
  const A = defineAgent({ ...base, tools: [count], provider, cache: { ttl: 60_000 } });
  const first = await A.call({ x: 1 });
  const second = await A.call({ x: 1 });
  assertEquals([first.cached, second.cached, second.content, ran], [false, true, "done", 2]);
  assertEquals([provider.calls, second.attempts.length, second.usage.totalTokens], [2, 0, 0]);
  // If only one of the rounds was cached, the result is not marked as cached.
  const forgetful = defineTool({ name: "count", input: { type: "object" }, run: () => "else" });
  const third = await A.with({ tools: [forgetful] }).call({ x: 1 });
  assertEquals([third.cached, third.attempts.length], [false, 1]);
});

Deno.test("tools: the schema is not applied to a cached answer with tool calls", async () => {
  const output = z.object({ sum: z.number() });
  const provider = scripted([callTools(["add", { a: 2 }]), '{"sum":3}', "never"]);
  const A = defineAgent({ ...base, tools: [add], output, provider, cache: { ttl: 60_000 } });
  await A.call({ x: "kept" });
  const again = await A.call({ x: "kept" });
  assertEquals([again.content, again.cached, provider.calls], [{ sum: 3 }, true, 2]);
});

Deno.test("tools: an answer with only its last round cached is not marked as cached", async () => {
  using time = fakeTime();
  let ran = 0;
  const slow = defineTool({
    name: "slow",
    input: { type: "object" },
    run: () => delay(ran++ === 0 ? 60 : 0),
  });
  const A = defineAgent({
    ...base,
    tools: [slow],
    provider: scripted(({ messages }) => messages.length === 1 ? callTools(["slow", {}]) : "done"),
    cache: { ttl: 100 },
  });
  const first = A.call({ x: "of its own" });
  await time.tick(110); // the first round was cached at 0 ms, the second one at 60 ms
  await first;
  const second = A.call({ x: "of its own" });
  await time.tick(10);
  assertEquals([(await second).attempts.length, (await second).cached], [1, false]);
});

Deno.test("tools: hedges a slow answer in any round", async () => {
  using time = fakeTime();
  let begun = 0;
  const latency = () => begun++ === 1 ? 5_000 : 10;
  const provider = scripted(
    ({ messages }) => messages.length > 1 ? "done" : callTools(["add", { a: 1 }]),
    { latency },
  );
  const A = defineAgent({ ...base, tools: [add], provider, hedge: { after: 100 } });
  const call = A.call({ x: 1 });
  await time.tick(1_000);
  const result = await call;
  assertEquals([result.content, result.toolCalls.length, result.attempts.length], ["done", 1, 3]);
  assertEquals(result.attempts.filter(({ estimated }) => estimated).length, 1);
});

Deno.test("tools: with replaces them, and ask uses them", async () => {
  const provider = scripted([callTools(["echo", { value: 1 }]), "done"]);
  const A = defineAgent({ ...base, tools: [add], provider }).with({ tools: [echo] });
  assertEquals((await A.ask("hi")).toolCalls[0]!.result, 1);
  assertEquals(provider.requests[0]!.tools!.map(({ name }) => name), ["echo"]);
  const none = scripted("ok");
  await A.with({ tools: [], provider: none }).call({ x: 1 });
  assertEquals(none.requests[0]!.tools, undefined);
});

Deno.test("tools: reports invalid tool calls to the model", async () => {
  for (
    const toolCalls of ["add", [{ name: "add" }], [{ id: "1", name: "add", args: {} }], [null]]
  ) {
    const provider = scripted({ text: "", toolCalls } as never) as Provider;
    const A = defineAgent({ ...base, tools: [add], provider, retries: 0 });
    const error = await errorOf(A.call({ x: 1 }));
    assertEquals(error.code, "provider");
    assertStringIncludes(error.message, "whose tool calls have no id, name or arguments");
  }
  const nothing = scripted({ text: "ok", toolCalls: null } as never);
  assertEquals(
    (await defineAgent({ ...base, tools: [add], provider: nothing }).call({ x: 1 })).content,
    "ok",
  );
  await settled();
});

Deno.test("tools: sends provider metadata of a round back with it", async () => {
  const thoughts = { items: ["encrypted"] };
  const provider = scripted([{ ...callTools(["add", { a: 1 }]), providerData: thoughts }, "2"]);
  await defineAgent({ ...base, tools: [add], provider }).call({ x: "1 + 1?" });
  const [, second] = provider.requests;
  const [assistant] = second!.messages.filter(({ role }) => role === "assistant");
  assertEquals(assistant!.providerData, thoughts);
});
