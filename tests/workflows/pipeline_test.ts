import {
  AgentError,
  batch,
  type ContentOf,
  defineAgent,
  defineParallel,
  definePipeline,
  type ParamsOf,
  scope,
  type TemplateValue,
} from "@shoal/agents";
import { scripted } from "@shoal/agents/testing";
import { assert, assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { z } from "zod";
import { busy, configured, fakeTime, never, reply, used } from "../helpers.ts";

type Equals<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true
  : false;
function same<A, B>(_: Equals<A, B>): void {}

const provider = scripted(({ messages }) =>
  reply(`<${messages.at(-1)!.content}>`, { usage: used(10, 1) })
);
const base = { model: "m", provider };
const Draft = defineAgent({ ...base, name: "draft", prompt: "{topic}" });
const Polish = defineAgent({ ...base, name: "polish", prompt: "{text} for {reader}" });
const Facts = defineAgent({
  ...base,
  name: "facts",
  prompt: "{topic}",
  output: z.object({ text: z.string(), reader: z.string() }),
  provider: scripted('{"text":"t","reader":"r"}'),
});
const Count = defineAgent({ name: "count", run: (text: string) => text.length });

Deno.test("pipeline: each step receives the content of the one before", async () => {
  const P = definePipeline({
    name: "p",
    description: "All of it.",
    steps: [
      Draft,
      { agent: Polish, params: (text, [{ topic }]) => ({ text, reader: `${topic}s` }) },
      Count,
      {
        agent: Polish,
        params: (count, [{ topic }, draft, polished]) => ({
          text: `${topic} ${draft} ${polished}`,
          reader: count,
        }),
      },
    ],
  });
  same<ParamsOf<typeof P>, { topic: TemplateValue }>(true);
  same<ContentOf<typeof P>, string>(true);
  const result = await P.call({ topic: "fish" });
  assertEquals(result.content, "<fish <fish> <<fish> for fishs> for 18>");
  assertEquals([result.ok, result.status, result.error], [true, "success", undefined]);
  assertEquals(result.steps.map(({ agent }) => agent), ["draft", "polish", "count", "polish"]);
  assertEquals(result.children, result.steps);
  assertEquals([result.usage, result.attempts.length], [used(30, 3), 3]);
  assertEquals([P.name, P.description, result.agent], ["p", "All of it.", "p"]);
});

Deno.test("pipeline: passes fitting content unchanged; the first step may be mapped", async () => {
  const P = definePipeline([Facts, Polish]);
  assertEquals([P.name, (await P.call({ topic: 1 })).content], ["facts → polish", "<t for r>"]);
  const First = definePipeline({
    name: "first",
    steps: [{ agent: Draft, params: (n: number) => ({ topic: n + 1 }) }, Count],
  });
  same<ParamsOf<typeof First>, number>(true);
  same<ContentOf<typeof First>, number>(true);
  assertEquals((await First.call(1)).content, 3);
  for (const value of [0, "", false, null, undefined]) {
    const Same = defineAgent({ name: "same", run: (x: unknown) => x });
    assertStrictEquals((await definePipeline([Same, Same]).call(value)).content, value);
  }
});

Deno.test("pipeline: the compiler reports steps that do not fit", () => {
  const never = () => {
    // @ts-expect-error the next step does not take a string
    definePipeline([Draft, Polish]);
    // @ts-expect-error nor does it between other steps
    definePipeline({ name: "p", steps: [Draft, Polish] });
    // @ts-expect-error the function returns the wrong parameters
    definePipeline([Draft, { agent: Polish, params: (text) => ({ text }) }]);
    // @ts-expect-error the content is a string
    definePipeline([Draft, { agent: Count, params: (text: number) => `${text}` }]);
    // @ts-expect-error at least one step is required
    definePipeline([]);
    // @ts-expect-error a parameter is misspelt
    definePipeline([Draft, Count]).call({ topics: 1 });
  };
  assertEquals(typeof never, "function");
});

Deno.test("pipeline: accepts more than six steps", async () => {
  const Add = defineAgent({ name: "add", run: (n: number) => n + 1 });
  assertEquals(
    (await definePipeline([Add, Add, Add, Add, Add, Add, Add, Add]).call(1))
      .content,
    9,
  );
});

Deno.test("pipeline: a failing step ends it, and earlier results are kept", async () => {
  const Broken = Draft.with({
    name: "broken",
    retries: 0,
    provider: scripted(busy({ usage: used(5, 0) })),
  });
  const topic = (topic: string) => ({ topic });
  const P = definePipeline({
    name: "p",
    steps: [Draft, { agent: Broken, params: topic }, { agent: Draft, params: topic }],
  });
  const result = await P.settle({ topic: 1 });
  assert(!result.ok);
  assertEquals([result.status, result.content], ["error", undefined]);
  const { error } = result;
  assertEquals([error.code, error.agent, error.status], ["rate_limited", "p", 429]);
  assertEquals(
    error.message.slice(0, 60),
    'Cannot finish the workflow "p" as its step "broken" failed: ',
  );
  assert(error.cause instanceof AgentError && error.cause.agent === "broken");
  assertEquals(result.steps.map(({ ok, content }) => [ok, content]), [[true, "<1>"], [
    false,
    undefined,
  ]]);
  assertEquals([result.usage, error.usage, error.attempts.length], [used(15, 1), used(15, 1), 2]);
  const [failed] = await batch([[P, { topic: 1 }]]);
  assertEquals([failed.ok, failed.error!.code], [false, "rate_limited"]);
});

Deno.test("pipeline: a params function that throws fails with the code tool", async () => {
  const cause = new Error("mine");
  const P = definePipeline({
    name: "p",
    steps: [Draft, {
      agent: Count,
      params: (): string => {
        throw cause;
      },
    }],
  });
  const { error } = await P.settle({ topic: 1 });
  assertEquals([error!.code, error!.message], [
    "tool",
    'Cannot finish the workflow "p" as the params of its step "count" threw: mine',
  ]);
  assertStrictEquals(error!.cause, cause);
});

Deno.test("pipeline: throws for misuse", async () => {
  const NoModel = defineAgent({ name: "n", prompt: "x", provider });
  await assertRejects(() => definePipeline([NoModel]).call({}), TypeError, "no model is named");
  await assertRejects(
    () => definePipeline([Draft]).call({ topic: 1 }, { modle: 1 } as never),
    TypeError,
  );
});

Deno.test("pipeline: timeout, budget, abort and scope apply to the whole call", async () => {
  const Slow = defineAgent({
    ...base,
    name: "slow",
    prompt: "{topic}",
    provider: scripted("s", { latency: 50 }),
  });
  const P = definePipeline({
    name: "p",
    timeout: 80,
    steps: [Slow, { agent: Slow, params: (topic) => ({ topic }) }],
  });
  {
    using time = fakeTime();
    const call = P.settle({ topic: 1 });
    await time.tick(80);
    const late = await call;
    assertEquals([late.error!.code, late.steps.length, late.durationMs], ["timeout", 2, 80]);
    const controller = new AbortController();
    const aborted = P.settle({ topic: 1 }, { signal: controller.signal });
    await time.tick(10);
    controller.abort();
    await time.tick(0);
    assertEquals((await aborted).error!.code, "aborted");
    const Deaf = defineAgent({ name: "deaf", run: never });
    const deaf = definePipeline([Deaf]).settle(undefined, { timeout: 5 });
    await time.tick(5);
    assertEquals((await deaf).error!.code, "timeout");
  }
  const Poor = definePipeline({
    name: "p",
    budget: { calls: 1 },
    steps: [Draft, { agent: Draft, params: (topic) => ({ topic }) }],
  });
  const poor = await Poor.settle({ topic: 1 });
  assertEquals([poor.error!.code, poor.attempts.length], ["budget", 1]);
  const twice = await P.settle({ topic: 1 }, { budget: { calls: 1 } });
  assertEquals(twice.error!.code, "budget");
  const used = await scope({ concurrency: 1 }, async (scope) => {
    await definePipeline([Facts, Polish]).call({ topic: 1 });
    return scope.usage.totalTokens > 0;
  });
  assert(used);
});

Deno.test("pipeline: takes metadata and a params schema, and can be part of others", async () => {
  using _ = configured({ prices: { m: { input: 1e5, output: 1e6 } } });
  const P = definePipeline({ name: "p", params: z.object({ topic: z.string() }), steps: [Draft] });
  const result = await P.call({ topic: "x" }, { metadata: 7 });
  assertEquals([result.metadata, result.cost!.total], [7, 2]);
  assertEquals((await P.settle({ topic: 5 })).error!.code, "invalid_params");
  const Both = defineParallel({ name: "both", branches: { p: P, q: definePipeline([Draft]) } });
  assertEquals((await Both.call({ topic: "x" })).content, { p: "<x>", q: "<x>" });
  assertEquals(P.asTool().parameters.required, ["topic"]);
  assertEquals(definePipeline([Draft, Count]).asTool().name, "draft___count");
  assertThrows(() => definePipeline([Count]).asTool(), TypeError, "parameters are unknown");
});

Deno.test("pipeline: rejects wrong options at once", () => {
  const cases: [options: unknown, message: string][] = [
    [undefined, "Cannot define a pipeline as its options must be an object or a list of steps"],
    [{ steps: [Draft] }, "name must be a text"],
    [{ name: "p" }, 'Cannot define the pipeline "p" as steps must be a list with at least one'],
    [{ name: "p", steps: [] }, "steps must be a list with at least one agent"],
    [[], "steps must be a list with at least one agent"],
    [[Draft, {}], "steps[1] must be an agent or { agent, params }"],
    [[{ agent: Draft }], "steps[0].params must be a function"],
    [[{ agent: Draft, parms: () => 1 }], 'no option "parms": did you mean "params"?'],
    [{ name: "p", steps: [Draft], timeout: 0 }, "timeout must be a positive"],
    [{ name: "p", steps: [Draft], params: 5 }, "params must be a Standard Schema"],
    [{ name: "p", steps: [Draft], failFast: true }, 'no option "failFast"'],
  ];
  for (const [options, message] of cases) {
    assertThrows(() => definePipeline(options as never), Error, message);
  }
});
