/** Many calls with tools at once. */
import { batch, defineAgent, defineTool, scope } from "@shoal/agents";
import { scripted } from "@shoal/agents/testing";
import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import fc from "fast-check";
import { z } from "zod";
import { never, reply, used } from "../helpers.ts";

/**
 * A model that requests `wide` tools in each of `rounds` rounds, and then answers with their
 * number.
 */
function busyModel(rounds: number, wide: number, latency = 0) {
  return scripted(({ messages }) => {
    const answers = messages.filter(({ role }) => role === "tool").length;
    if (answers >= rounds * wide) return reply(`${answers}`, { usage: used(1, 1) });
    const toolCalls = Array.from({ length: wide }, (_, i) => ({
      id: `${answers + i}`,
      name: "square",
      args: JSON.stringify({ n: i }),
    }));
    return { text: "", finishReason: "tool_calls", toolCalls, usage: used(1, 1) };
  }, { latency });
}

const square = defineTool({
  name: "square",
  input: z.object({ n: z.number() }),
  run: ({ n }) => Promise.resolve(n * n),
});

Deno.test("tools: each requested tool call is answered once, and each round counted", async () => {
  const any = fc.record({
    rounds: fc.nat(4),
    wide: fc.integer({ min: 1, max: 12 }),
    concurrency: fc.integer({ min: 1, max: 4 }),
    toolConcurrency: fc.integer({ min: 1, max: 4 }),
    calls: fc.integer({ min: 1, max: 8 }),
  });
  await fc.assert(
    fc.asyncProperty(any, async ({ rounds, wide, concurrency, toolConcurrency, calls }) => {
      const provider = busyModel(rounds, wide);
      const A = defineAgent({
        name: "a",
        model: "m",
        prompt: "{x}",
        tools: [square],
        toolConcurrency,
        provider,
      });
      const results = await batch(
        Array.from({ length: calls }, (_, x) => [A, { x }] as const),
        { concurrency },
      );
      assertLessOrEqual(provider.peakInFlight, concurrency);
      for (const result of results) {
        assertEquals([result.ok, result.content], [true, `${rounds * wide}`]);
        const squares = Array.from({ length: wide }, (_, i) => i ** 2);
        const expected = Array.from({ length: rounds }, () => squares).flat();
        assertEquals(result.toolCalls.map(({ result }) => result), expected);
        assertEquals(result.toolCalls.map(({ id }) => id), expected.map((_, i) => `${i}`));
        assertEquals([result.attempts.length, result.usage], [
          rounds + 1,
          used(rounds + 1, rounds + 1),
        ]);
      }
    }),
    { numRuns: 40 },
  );
});

Deno.test("tools: a tree of agents does not deadlock at a concurrency of 1", async () => {
  const leaf = defineAgent({ name: "leaf", model: "m", prompt: "{n}", provider: scripted("1") });
  const middle = defineAgent({
    name: "middle",
    model: "m",
    prompt: "{n}",
    tools: [leaf.asTool({ name: "square" })],
    provider: busyModel(2, 3),
  });
  const top = defineAgent({
    name: "top",
    model: "m",
    prompt: "{x}",
    tools: [middle.asTool({ name: "square" })],
    provider: busyModel(2, 3),
  });
  const [result] = await scope(
    { concurrency: 1 },
    () => batch([[top, { x: 1 }]], { concurrency: 1 }),
  );
  assertEquals(result.content, "6");
  assertEquals(result.children.map(({ children }) => children.length), Array(6).fill(6));
  // 3 of its own; each of the 6 other agents makes 3 and causes 6 more.
  assertEquals(result.attempts.length, 3 + 6 * (3 + 6));
});

Deno.test("tools: stopping a run ends tools that ignore their signal", async () => {
  const stuck = defineTool({ name: "square", input: { type: "object" }, run: never });
  const A = defineAgent({
    name: "a",
    model: "m",
    prompt: "{x}",
    tools: [stuck],
    provider: busyModel(1, 3),
  });
  const results = await batch(Array.from({ length: 20 }, (_, x) => [A, { x }] as const), {
    concurrency: 20,
    deadline: 50,
  });
  assert(results.every(({ error }) => error?.code === "timeout"));
});
