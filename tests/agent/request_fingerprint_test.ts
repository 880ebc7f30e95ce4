import {
  defineAgent,
  defineParallel,
  definePipeline,
  defineRouter,
  defineTool,
} from "@shoal/agents";
import { scripted } from "@shoal/agents/testing";
import { assertEquals, assertMatch } from "@std/assert";
import { z } from "zod";
import { requestFingerprint } from "../../src/agent/request_fingerprint.ts";

const base = { name: "a", model: "m", system: "s", prompt: "Label: {text}", temperature: 0 };
const agent = defineAgent(base);

Deno.test("request fingerprint: ignores options that do not shape the answer", () => {
  const hash = requestFingerprint(agent);
  assertMatch(hash, /^[0-9a-f]{64}$/);
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
  for (const other of same) assertEquals(requestFingerprint(other), hash);
});

Deno.test("request fingerprint: is the same in every process and release", () => {
  // If this fails, calls in existing journals run, and are billed, once more.
  assertEquals(
    requestFingerprint(agent),
    "6cdda2ac3902b5065eed4abf535a2feb78e231c43dee3475129bbc241bfb1f31",
  );
});

Deno.test("request fingerprint: changes with every option that shapes the answer", () => {
  const output = z.object({ label: z.string() });
  const a = defineTool({ name: "t", input: z.object({ x: z.string() }), run: () => 1 });
  const b = defineTool({ name: "t", input: z.object({ y: z.string() }), run: () => 1 });
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
  assertEquals(new Set(all.map(requestFingerprint)).size, all.length);
});

Deno.test("request fingerprint: of a workflow changes with its branches", () => {
  const edited = agent.with({ system: "other" });
  const make = [
    (part: typeof agent) => defineParallel({ name: "w", branches: { part } }),
    (part: typeof agent) =>
      defineParallel({ name: "w", branches: { part: { agent: part, optional: true } } }),
    (part: typeof agent) =>
      defineParallel({ name: "w", branches: { part }, aggregate: ({ part }) => part.content }),
    (part: typeof agent) => definePipeline({ name: "w", steps: [part] }),
    (part: typeof agent) =>
      definePipeline({ name: "w", steps: [{ agent: part, params: (text: string) => ({ text }) }] }),
    (part: typeof agent) =>
      defineRouter({ name: "w", by: agent, routes: { part }, default: agent, pick: (x) => x }),
    (part: typeof agent) =>
      defineRouter({ name: "w", by: agent, routes: { other: part }, default: agent }),
    (part: typeof agent) =>
      defineRouter({ name: "w", by: part, routes: { agent }, default: agent }),
  ];
  const all = make.flatMap((define) => [define(agent), define(edited)]);
  const again = make.flatMap((define) => [define(agent), define(edited)]);
  assertEquals(new Set(all.map(requestFingerprint)).size, all.length);
  assertEquals(again.map(requestFingerprint), all.map(requestFingerprint));
});
