/** Results of a parallel workflow: branches, content, status, aggregate, totals. */
import {
  AgentError,
  batch,
  defineAgent,
  defineParallel,
  type Failure,
  scope,
  type Success,
} from "@shoal/agents";
import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { delay, echoAgent, type Equals, fussyAgent, rejection, typeTest } from "../run/helpers.ts";

const Good = echoAgent(2, "good").agent;
const Slow = echoAgent(15, "slow").agent;
const Fussy = fussyAgent(1, "fussy").agent;
const Count = defineAgent({ name: "count", run: ({ text }: { text: string }) => text.length });

Deno.test("a workflow returns its branches in the order of their definition", async () => {
  const Both = defineParallel({ name: "both", branches: { slow: Slow, count: Count, good: Good } });
  const result = await Both.call({ text: "abc" });
  typeTest<
    Equals<typeof result.content, {
      readonly slow: string;
      readonly count: number;
      readonly good: string;
    }>
  >();
  typeTest<Equals<typeof result.branches.count, Success<number> | Failure>>();
  assertEquals([result.ok, result.status, result.agent], [true, "success", "both"]);
  assertEquals(result.content, { slow: "abc", count: 3, good: "abc" });
  assertEquals(Object.keys(result.content), ["slow", "count", "good"]);
  assertEquals(Object.keys(result.branches), ["slow", "count", "good"]);
  assertEquals([result.errors, result.error], [{}, undefined]);
});

Deno.test("a workflow needs the parameters of all its branches", async () => {
  const Other = defineAgent({ name: "other", run: ({ n }: { n: number }) => n });
  const Both = defineParallel({ name: "both", branches: { good: Good, other: Other } });
  // @ts-expect-error the parameter of the other branch is missing
  const never = () => Both.call({ text: "a" });
  assertEquals(typeof never, "function");
  assertEquals((await Both.call({ text: "a", n: 0 })).content, { good: "a", other: 0 });
});

Deno.test("input returns the parameters of a branch; if it throws, the branch fails", async () => {
  const Flow = defineParallel({
    name: "flow",
    branches: {
      good: { agent: Good, input: ({ words }: { words: string[] }) => ({ text: words.join(" ") }) },
      bad: {
        agent: Good,
        optional: true,
        input: (_: { words: string[] }): { text: string } => {
          throw new Error("no words");
        },
      },
    },
  });
  const result = await Flow.call({ words: ["a", "b"] });
  assertEquals([result.status, result.content.good, result.content.bad], [
    "partial",
    "a b",
    undefined,
  ]);
  assertEquals(result.errors.bad?.code, "tool");
  assertEquals((result.errors.bad?.cause as Error).message, "no words");
  assert(result.errors.bad!.message.includes('the branch "bad"'));
});

Deno.test("the status is success, partial or error", async () => {
  const define = (optional: boolean) =>
    defineParallel({ name: "w", branches: { good: Good, fussy: { agent: Fussy, optional } } });
  const success = await define(false).call({ text: "a" });
  const partial = await define(true).call({ text: "fail" });
  const error = await define(false).settle({ text: "fail" });
  assertEquals([success.status, partial.status, error.status], ["success", "partial", "error"]);
  assertEquals([success.ok, partial.ok, error.ok], [true, true, false]);
  assertEquals(partial.content, { good: "fail" } as typeof partial.content);
  assertEquals([partial.error, partial.errors.fussy?.code], [undefined, "provider"]);
  // The error includes the result of the other branch, which was paid for.
  assertEquals(error.content, undefined);
  assertEquals(error.branches.good.content, "fail");
  assertEquals(error.error?.code, "provider");
  assertStrictEquals(error.error?.cause, error.errors.fussy);
  assertEquals(error.error?.agent, "w");
});

Deno.test("aggregate returns the content, from all results, sync or async", async () => {
  for (const value of [false, 0, "", null, undefined, "text", { a: 1 }]) {
    for (const async of [true, false]) {
      const Flow = defineParallel({
        name: "w",
        branches: { good: Good },
        aggregate: () => async ? delay(1).then(() => value) : value,
      });
      const result = await Flow.call({ text: "a" });
      assertEquals([result.status, result.content], ["success", value]);
      assertEquals((await batch([[Flow, { text: "a" }]]))[0].content, value);
    }
  }
  const Flow = defineParallel({
    name: "w",
    branches: { good: Good, fussy: { agent: Fussy, optional: true } },
    aggregate: ({ good, fussy }) => [good.content, fussy.ok, fussy.error?.code] as const,
  });
  const result = await Flow.call({ text: "fail" });
  assertEquals([result.status, result.content], ["partial", ["fail", false, "provider"]]);
});

Deno.test("aggregate is not called after an error; if it throws, the status is error", async () => {
  let called = 0;
  const Flow = defineParallel({
    name: "w",
    branches: { fussy: Fussy },
    aggregate: (): string => {
      called++;
      throw new Error("cannot merge");
    },
  });
  const thrown = await Flow.settle({ text: "a" });
  assertEquals([thrown.status, thrown.ok, thrown.content, thrown.error?.code], [
    "error",
    false,
    undefined,
    "tool",
  ]);
  assertEquals((thrown.error?.cause as Error).message, "cannot merge");
  assertEquals(thrown.branches.fussy.content, "a");
  const failed = await Flow.settle({ text: "fail" });
  assertEquals([failed.status, failed.error?.code, called], ["error", "provider", 1]);
});

Deno.test("calls inside aggregate belong to the workflow, and an abort ends them", async () => {
  const writer = echoAgent(() => writer.provider.calls > 1 ? 60_000 : 0, "writer");
  const Flow = defineParallel({
    name: "w",
    branches: { good: Good },
    timeout: 60,
    aggregate: async ({ good }) => (await writer.agent.call({ text: `${good.content}!` })).content,
  });
  const result = await Flow.call({ text: "abcd" });
  assertEquals([result.content, result.attempts.length, result.usage.totalTokens], [
    "abcd!",
    2,
    2 + 4,
  ]);
  const late = await Flow.settle({ text: "abcd" });
  assertEquals([late.status, late.error?.code], ["error", "timeout"]);
  await delay(1);
  assertEquals(writer.provider.inFlight, 0);
});

Deno.test("usage, cost and attempts are sums over all branches, failed ones included", async () => {
  const Flow = defineParallel({
    name: "w",
    branches: { a: Good, b: Good, c: { agent: Fussy, optional: true } },
  });
  const result = await Flow.call({ text: "12345678" }, { metadata: 5 });
  assertEquals([result.attempts.length, result.usage.totalTokens, result.metadata], [3, 12, 5]);
  assertEquals(result.cost, undefined);
  const failed = await Flow.settle({ text: "fail" });
  assertEquals([failed.attempts.length, failed.usage.totalTokens], [3, 4]);
  assert(failed.durationMs >= 0 && failed.timing.modelMs > 0);
});

Deno.test("in a batch, a workflow with the status error is a failure without content", async () => {
  const Flow = defineParallel({ name: "w", branches: { good: Good, fussy: Fussy } });
  const [good, bad] = await batch([[Flow, { text: "a" }], [Flow, { text: "fail" }]]);
  assert(good.ok && !bad.ok);
  assertEquals(good.content, { good: "a", fussy: "a" });
  assertEquals([bad.content, bad.error.code, bad.agent], [undefined, "provider", "w"]);
});

Deno.test("a workflow runs inside a workflow, an agent and a scope", async () => {
  const Inner = defineParallel({
    name: "inner",
    branches: { good: Good, fussy: { agent: Fussy, optional: true } },
  });
  const Outer = defineParallel({ name: "outer", branches: { inner: Inner, slow: Slow } });
  const result = await Outer.call({ text: "fail" });
  assertEquals(result.content, { inner: { good: "fail" }, slow: "fail" } as typeof result.content);
  assertEquals([result.status, result.attempts.length, result.usage.totalTokens], [
    "success",
    3,
    4,
  ]);

  const Agent = defineAgent({
    name: "agent",
    run: async (params: { text: string }) => (await Outer.call(params)).status,
  });
  const made = await Agent.call({ text: "abcd" });
  assertEquals([made.content, made.attempts.length, made.usage.totalTokens], ["success", 3, 6]);

  await scope({}, async (given) => {
    Outer.call({ text: "abcd" });
    assertEquals(given.pending >= 1, true);
    await Inner.call({ text: "abcd" });
    assertEquals(given.usage.totalTokens >= 4, true);
  });
});

Deno.test("workflow.call and ctx.call reject with the whole failure in error.result", async () => {
  const Flow = defineParallel({ name: "w", branches: { a: Fussy, b: Fussy } });
  const { result } = await rejection(Flow.call({ text: "fail" }), AgentError);
  assertEquals([result!.status, Object.keys(result!.errors!)], ["error", ["a", "b"]]);
  const Agent = defineAgent({
    name: "agent",
    run: async (params: { text: string }, ctx) => (await ctx.call(Flow, params)).content,
  });
  const error = await rejection(Agent.call({ text: "fail" }), AgentError);
  assertEquals([error.code, error.attempts.length], ["provider", 2]);
});
