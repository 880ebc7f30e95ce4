import {
  AgentError,
  batch,
  defineAgent,
  defineParallel,
  definePipeline,
  defineRouter,
  defineTool,
  type Failure,
  type Result,
} from "@shoal/agents";
import { scripted } from "@shoal/agents/testing";
import { assert, assertEquals, assertInstanceOf, assertThrows } from "@std/assert";
import fc from "fast-check";
import { z } from "zod";
import { readResult, writeResult } from "../../src/journal/result_json.ts";
import { readValue, writeValue } from "../../src/journal/value_json.ts";
import { success } from "../contract/journal.ts";

/** Returns what is restored, including members that `assertEquals` ignores. */
function back(result: Result): Result {
  return readResult(writeResult(result, "output"));
}

/** JSON does not distinguish a member that is undefined from an absent one. */
function plain(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_, v) => v instanceof AgentError ? { ...v, cause: 0 } : v),
  );
}

/** Removes members that are undefined, which count as absent. */
function present(value: unknown): unknown {
  if (Array.isArray(value)) return Array.from(value, present);
  if (value === null || typeof value !== "object") return value;
  if (value instanceof Map) return [...value].map(present);
  if (value instanceof Set) return [...value].map(present);
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== null && prototype !== Object.prototype) return value;
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(members.map(([name, member]) => [name, present(member)]));
}

function same(result: Result): void {
  assertEquals(plain(back(result)), plain({ ...result, metadata: undefined, replayed: false }));
}

const provider = scripted("fine");
const Good = defineAgent({ name: "good", model: "m", prompt: "{text}", provider });
const Bad = defineAgent({
  name: "bad",
  model: "m",
  prompt: "{text}",
  output: z.object({ a: z.string() }),
  repair: 0,
  provider,
});

Deno.test("values: restores JSON values, and what v8 can clone", () => {
  fc.assert(fc.property(fc.jsonValue(), (value) => {
    const written = writeValue(value);
    assertEquals(readValue(JSON.parse(JSON.stringify(written))), value);
  }));
  const all = fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withSet: true,
    withTypedArray: true,
    withSparseArray: true,
  });
  fc.assert(fc.property(all, (value) => {
    const read = readValue(JSON.parse(JSON.stringify(writeValue(value))));
    assertEquals(present(read), present(value));
  }));
});

Deno.test("values: stores plain JSON readably", () => {
  const value = { a: [1, "x", null, { b: undefined }] };
  assertEquals(writeValue(value), { value });
  assertEquals(writeValue(undefined), { value: undefined });
});

Deno.test("values: restores only the data of class instances, and no functions", () => {
  class Point {
    x = 1;
    get double() {
      return 2 * this.x;
    }
  }
  const through = (value: unknown) => readValue(JSON.parse(JSON.stringify(writeValue(value))));
  assertEquals(through(new Point()), { x: 1 });
  assertEquals(through({ a: 1, f() {} }), { a: 1 });
  const circle: Record<string, unknown> = { a: 1 };
  circle.self = circle;
  const read = through(circle) as typeof circle;
  assert(read.self === read);
  circle.f = () => {};
  assertThrows(() => writeValue(circle));
});

Deno.test("results: restores successes and failures of all kinds of agents", async () => {
  const Run = defineAgent({
    name: "run",
    run: async ({ text }: { text: string }) => ({
      first: (await Good.call({ text })).content,
      at: new Date(7),
    }),
  });
  const Throws = defineAgent({
    name: "throws",
    run() {
      throw new RangeError("the shelf is empty");
    },
  });
  const Tooled = defineAgent({
    name: "tooled",
    model: "m",
    prompt: "{text}",
    tools: [defineTool({ name: "t", input: z.object({ x: z.number() }), run: ({ x }) => [x] })],
    provider: scripted([
      { text: "", toolCalls: [{ id: "1", name: "t", args: '{"x":2}' }] },
      "done",
    ]),
  });
  const results = await batch([
    [Good, { text: "x" }],
    [Bad, { text: "x" }],
    [Run, { text: "x" }],
    [Tooled, { text: "x" }],
    [Good, {} as { text: string }],
    [defineParallel({ name: "w", branches: { Good, Bad: { agent: Bad, optional: true } } }), {
      text: "x",
    }],
    [defineParallel({ name: "w", branches: { Good, Bad } }), { text: "x" }],
    [definePipeline({ name: "p", steps: [Good, { agent: Good, params: (text) => ({ text }) }] }), {
      text: "x",
    }],
    [defineRouter({ name: "r", by: Good, routes: { fine: Run } }), { text: "x" }],
  ]);
  assertEquals(results.map(({ ok }) => ok), [
    true,
    false,
    true,
    true,
    false,
    true,
    false,
    true,
    true,
  ]);
  for (const result of results) same(result);

  const failure = back(results[1]!) as Failure;
  assertInstanceOf(failure.error, AgentError);
  assertEquals([failure.error.text, failure.error.message], [
    "fine",
    results[1]!.error!.message,
  ]);
  const workflow = back(results[5]!) as unknown as {
    errors: Record<string, unknown>;
    branches: Record<string, Result>;
  };
  assertInstanceOf(workflow.errors.Bad, AgentError);
  assertInstanceOf(workflow.branches.Bad!.error, AgentError);
  assertEquals(workflow.branches.Good!.content, "fine");
  assertEquals((back(results[8]!) as unknown as { route: string }).route, "fine");

  const [thrown] = await batch([[Throws, {}]]);
  const { cause } = (back(thrown) as Failure).error;
  assertInstanceOf(cause, Error);
  assertEquals([cause.name, cause.message], ["RangeError", "the shelf is empty"]);
});

Deno.test("results: rejects what is not a result", () => {
  for (
    const text of [
      "",
      "{",
      "null",
      "[]",
      "{}",
      '{"ok":1}',
      writeResult(success("x"), "all").slice(0, -5),
    ]
  ) {
    assertThrows(() => readResult(text));
  }
});

Deno.test("reads a result that an earlier version stored", () => {
  const old = JSON.stringify({
    ok: true,
    content: { text: "x" },
    agent: "a",
    model: "m",
    usage: {
      inputTokens: 3,
      cachedInputTokens: 1,
      outputTokens: 2,
      reasoningTokens: 0,
      totalTokens: 5,
    },
    cost: { input: 1, output: 2, total: 3 },
    attempts: [{ model: "m", startedAt: 1, durationMs: 2, usage: "all" }],
    startedAt: 1,
    durationMs: 2,
    timing: {},
  });
  const { usage, cost, attempts } = readResult(old);
  assertEquals([usage.cacheWriteTokens, usage.cachedInputTokens, usage.totalTokens], [0, 1, 5]);
  assertEquals(cost, { input: 1, output: 2, total: 3, source: "prices" });
  assertEquals(attempts[0]!.usage, usage);
});

Deno.test("stores the cost of an attempt once if it is that of the result", () => {
  const cost = { input: 1, output: 2, total: 3, source: "server" } as const;
  const attempt = { model: "m", startedAt: 1, durationMs: 2 };
  const whole = success("x", { cost, attempts: [{ ...attempt, cost }] });
  assertEquals(writeResult(whole, "output").match(/server/g)?.length, 1);
  assertEquals(back(whole).attempts[0]!.cost, cost);
  const half = { ...cost, input: 0, total: 2 };
  const two = success("x", {
    cost,
    attempts: [{ ...attempt, cost: half, serviceTier: "flex" }, { ...attempt, cost }],
  });
  assertEquals(back(two).attempts, two.attempts);
});
