import { batch, defineAgent, defineParallel, definePipeline, defineTool } from "@shoal/agents";
import { scripted } from "@shoal/agents/testing";
import { assertEquals, assertRejects } from "@std/assert";
import { z } from "zod";
import { configured, errorOf } from "../helpers.ts";

const base = { name: "a", model: "m", prompt: "Label: {x}" };
const add = defineTool({ name: "add", input: z.object({ a: z.number() }), run: ({ a }) => a });

Deno.test("dryRun: returns the exact request and sends nothing", async () => {
  let hooks = 0;
  using _ = configured({ hooks: { before: () => void hooks++, after: () => void hooks++ } });
  const provider = scripted('{"label":"good"}');
  const A = defineAgent({
    ...base,
    system: "S",
    temperature: 0.5,
    maxTokens: 9,
    tools: [add],
    output: z.object({ label: z.string() }),
    cache: { ttl: 1_000 },
    provider,
  });
  const options = { messages: [{ role: "user", content: "before" }], seed: 7 } as const;
  const dry = await A.call({ x: 1 }, { ...options, model: "m2", metadata: 1, dryRun: true });
  assertEquals([provider.calls, dry.ok, dry.content, dry.provider], [
    0,
    true,
    undefined,
    "scripted",
  ]);
  assertEquals([dry.attempts, dry.usage.totalTokens, dry.cost!.total], [[], 0, 0]);
  assertEquals([dry.cached, dry.metadata, dry.model, hooks], [false, 1, "m2", 0]);
  const sent = await A.call({ x: 1 }, { ...options, model: "m2" });
  assertEquals([sent.ok, hooks, "request" in sent], [true, 2, false]);
  assertEquals(dry.request, provider.requests[0]);
  assertEquals(dry.request.messages.map(({ content }) => content), ["S", "before", "Label: 1"]);
  // The cache is not read.
  assertEquals((await A.call({ x: 1 }, { ...options, model: "m2", dryRun: true })).cached, false);
  assertEquals((await A.call({ x: 1 }, { ...options, dryRun: false })).content, { label: "good" });
});

Deno.test("dryRun: validates the parameters", async () => {
  const A = defineAgent({ ...base, provider: scripted("never") });
  assertEquals((await errorOf(A.call({} as never, { dryRun: true }))).code, "invalid_params");
});

Deno.test("dryRun: returns the request of each call in batches and workflows", async () => {
  const provider = scripted("never");
  const A = defineAgent({ ...base, provider });
  const [one] = await batch([[A, { x: 1 }, { dryRun: true }]]);
  assertEquals([one.ok, one.content, "request" in one], [true, undefined, true]);
  const never = () => {
    throw new Error("there is nothing to aggregate");
  };
  const Flow = defineParallel({ name: "f", branches: { one: A, two: A }, aggregate: never });
  const flow = await Flow.call({ x: 1 }, { dryRun: true });
  assertEquals([flow.status, "request" in flow.branches.two], ["success", true]);
  assertEquals(provider.calls, 0);
});

Deno.test("dryRun: rejects agents with a run, pipelines and workflows", async () => {
  const provider = scripted("never");
  const A = defineAgent({ ...base, provider });
  const R = defineAgent({ name: "r", run: () => A.call({ x: 1 }) });
  const P = definePipeline([A]);
  const Flow = defineParallel({ name: "f", branches: { r: R } });
  const message = "with dryRun as it calls other agents";
  await assertRejects(() => R.call({}, { dryRun: true }), TypeError, message);
  await assertRejects(() => P.call({ x: 1 }, { dryRun: true }), TypeError, message);
  await assertRejects(() => Flow.call({}, { dryRun: true }), TypeError, message);
  assertEquals(provider.calls, 0);
});
