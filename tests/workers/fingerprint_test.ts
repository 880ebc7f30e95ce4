import { defineAgent, defineParallel, defineTool } from "@shoal/agents";
import { openai } from "@shoal/agents/openai";
import { scripted } from "@shoal/agents/testing";
import { assert, assertEquals } from "@std/assert";
import { z } from "zod";
import { differingParts, fingerprintOf } from "../../src/workers/fingerprint.ts";

const base = {
  name: "a",
  model: "m",
  prompt: "Say {what}",
  system: "sys",
  temperature: 0,
} as const;
const differ = (a: object, b: object) =>
  differingParts(
    fingerprintOf(defineAgent({ ...base, ...a })),
    fingerprintOf(defineAgent({ ...base, ...b })),
  );

Deno.test("equal definitions have equal fingerprints", () => {
  const parts = () => ({
    output: z.object({ a: z.string() }),
    tools: [defineTool({ name: "t", input: z.object({ n: z.number() }), run: ({ n }) => n })],
    limits: { concurrency: 2, requestsPerMinute: 5 },
    fallbackModels: ["x", { model: "y", provider: scripted("z") }],
    provider: scripted("z"),
    retries: { max: 2, on: () => true },
    cache: { ttl: 5 },
    hooks: { before() {} },
    extra: { b: 1, a: 2 },
  });
  assertEquals(differ(parts(), parts()), []);
  // The order of options does not matter.
  assertEquals(differ({ extra: { a: 1, b: 2 } }, { extra: { b: 2, a: 1 } }), []);
  assertEquals(differ({ temperature: undefined }, { temperature: undefined }), []);
});

Deno.test("each option changes the fingerprint, and is named as the difference", () => {
  const cases: [string, object, object][] = [
    ["model", { model: "n" }, {}],
    ["prompt", { prompt: "Tell {what}" }, {}],
    ["prompt", { prompt: () => "a" }, { prompt: () => "b" }],
    ["system", { system: "other" }, {}],
    ["temperature", { temperature: 0.1 }, {}],
    ["retries", { retries: 1 }, { retries: 2 }],
    ["retries", { retries: { max: 1, on: () => true } }, { retries: { max: 1, on: () => false } }],
    ["output", { output: z.string() }, { output: z.int() }],
    ["params", { params: z.object({ what: z.string() }) }, {
      params: z.object({ what: z.string().min(1) }),
    }],
    ["limits", { limits: { concurrency: 1 } }, { limits: { concurrency: 2 } }],
    ["fallbackModels", { fallbackModels: ["x"] }, { fallbackModels: ["y"] }],
    ["provider", { provider: scripted("x") }, {}],
    ["provider", { provider: openai({ baseURL: "http://a.example/v1", apiKey: "k" }) }, {
      provider: openai({ baseURL: "http://b.example/v1", apiKey: "k" }),
    }],
    ["stop", { stop: ["1"] }, { stop: [1].map(String).concat("2") }],
  ];
  for (const [name, a, b] of cases) assertEquals(differ(a, b), [name]);
});

Deno.test("the fingerprint of a workflow includes those of its parts", () => {
  const of = (model: string) => {
    const one = defineAgent({ ...base, model });
    return fingerprintOf(defineParallel({ name: "w", branches: { one } }));
  };
  assertEquals(differingParts(of("m"), of("m")), []);
  assertEquals(differingParts(of("m"), of("n")), ["branches"]);
});

Deno.test("the fingerprint does not reveal prompts", () => {
  const text = JSON.stringify(fingerprintOf(defineAgent({ ...base, system: "a secret" })));
  assert(!text.includes("secret") && !text.includes("Say"));
});
