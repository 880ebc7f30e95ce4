import { defineAgent, defineParallel, pipeline, route, tool } from "@shoal/agents";
import { scripted } from "@shoal/agents/testing";
import { assertEquals, assertMatch } from "@std/assert";
import { z } from "zod";
import { fingerprintOf } from "../../src/agent/fingerprint.ts";

const base = { name: "a", model: "m", system: "s", prompt: "Label: {text}", temperature: 0 };
const agent = defineAgent(base);

Deno.test("fingerprint: what is defined alike has the same one, whatever only makes calls survive", () => {
  const fingerprint = fingerprintOf(agent);
  assertMatch(fingerprint, /^[0-9a-f]{64}$/);
  const same = [
    defineAgent({ temperature: 0, prompt: "Label: {text}", model: "m", system: "s", name: "a" }),
    defineAgent({ ...base, retries: 7, timeout: 1_000, fallbackModels: ["other"], hooks: {} }),
    defineAgent({
      ...base,
      provider: scripted("x"),
      cache: { ttl: 1 },
      limits: { concurrency: 1 },
    }),
    defineAgent({ ...base, description: "for people" }),
    agent.with({ retries: 0 }),
    agent.with({ temperature: 1 }).with({ temperature: 0 }),
  ];
  for (const other of same) assertEquals(fingerprintOf(other), fingerprint);
});

Deno.test("fingerprint: the same in any process and release", () => {
  // If this fails, what journals hold is paid for once more: let there be a reason.
  assertEquals(
    fingerprintOf(agent),
    "cc901d59b21d885e1a4f114e7ed93096a93d2a59c74440c2ad406eef833c9544",
  );
});

Deno.test("fingerprint: every change of what is asked makes another one", () => {
  const output = z.object({ label: z.string() });
  const a = tool({ name: "t", input: z.object({ x: z.string() }), run: () => 1 });
  const b = tool({ name: "t", input: z.object({ y: z.string() }), run: () => 1 });
  const all = [
    agent,
    defineAgent({ ...base, name: "b" }),
    defineAgent({ ...base, model: "n" }),
    defineAgent({ ...base, system: "S" }),
    defineAgent({ ...base, prompt: "Label this: {text}" }),
    defineAgent({ ...base, prompt: ({ text }: { text: string }) => `Label: ${text}` }),
    defineAgent({ ...base, prompt: ({ text }: { text: string }) => `Label this: ${text}` }),
    defineAgent({ ...base, temperature: 1 }),
    defineAgent({ ...base, maxTokens: 5 }),
    defineAgent({ ...base, extra: { a: 1 } }),
    defineAgent({ ...base, output }),
    defineAgent({ ...base, output: output.extend({ why: z.string() }) }),
    defineAgent({ ...base, params: z.object({ text: z.string() }) }),
    defineAgent({ ...base, tools: [a] }),
    defineAgent({ ...base, tools: [b] }),
    defineAgent({ ...base, tools: [a], maxSteps: 3 }),
    defineAgent({ name: "a", run: () => 1 }),
    defineAgent({ name: "a", run: () => 2 }),
    { name: "a", settle: () => Promise.reject() },
  ];
  assertEquals(new Set(all.map(fingerprintOf)).size, all.length);
});

Deno.test("fingerprint: that of a workflow changes with those of its parts", () => {
  const edited = agent.with({ system: "other" });
  const make = [
    (part: typeof agent) => defineParallel({ name: "w", branches: { part } }),
    (part: typeof agent) =>
      defineParallel({ name: "w", branches: { part: { agent: part, optional: true } } }),
    (part: typeof agent) =>
      defineParallel({ name: "w", branches: { part }, aggregate: ({ part }) => part.content }),
    (part: typeof agent) => pipeline({ name: "w", steps: [part] }),
    (part: typeof agent) =>
      pipeline({ name: "w", steps: [{ agent: part, params: (text: string) => ({ text }) }] }),
    (part: typeof agent) =>
      route({ name: "w", by: agent, routes: { part }, default: agent, pick: (x) => x }),
    (part: typeof agent) =>
      route({ name: "w", by: agent, routes: { other: part }, default: agent }),
    (part: typeof agent) => route({ name: "w", by: part, routes: { agent }, default: agent }),
  ];
  const all = make.flatMap((define) => [define(agent), define(edited)]);
  const again = make.flatMap((define) => [define(agent), define(edited)]);
  assertEquals(new Set(all.map(fingerprintOf)).size, all.length);
  assertEquals(again.map(fingerprintOf), all.map(fingerprintOf));
});
