/** Failed workflows: `call` rejects with the whole failure, `settle` returns it as a value. */
import {
  AgentError,
  batch,
  defineAgent,
  defineParallel,
  definePipeline,
  defineRouter,
  each,
  type Failure,
  RunError,
} from "@shoal/agents";
import { memoryJournal } from "@shoal/agents/journal";
import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { echoAgent, fussyAgent, rejection } from "../run/helpers.ts";
import { print } from "../print.ts";

const Good = echoAgent(0, "good").agent;
const Fussy = fussyAgent(0, "fussy").agent;
const text = (text: string) => ({ text });

const Pipeline = definePipeline({
  name: "pipeline",
  steps: [Good, { agent: Fussy, params: text }],
});
const Parallel = defineParallel({ name: "parallel", branches: { good: Good, fussy: Fussy } });
const Router = defineRouter({ name: "router", by: Good, routes: { fail: Fussy } });

Deno.test("call of a failed parallel workflow rejects with its branches", async () => {
  const error = await rejection(Parallel.call({ text: "fail" }), AgentError);
  const { result } = error;
  assert(result !== undefined);
  assertEquals([error.code, error.agent], ["provider", "parallel"]);
  assertEquals([result.ok, result.status, result.agent], [false, "error", "parallel"]);
  assertStrictEquals(result.error, error);
  assertEquals([result.branches!.good!.content, result.branches!.good!.ok], ["fail", true]);
  assertEquals(result.errors!.fussy!.code, "provider");
  assertStrictEquals(result.errors!.fussy, result.branches!.fussy!.error);
  assertEquals([result.attempts.length, result.usage], [2, error.usage]);
  assertEquals([typeof result.durationMs, "cost" in result], ["number", true]);
  // The error of a branch carries the result of that branch.
  assertStrictEquals(result.errors!.fussy!.result, result.branches!.fussy);
});

Deno.test("call of a failed pipeline or router rejects with its steps", async () => {
  for (const [workflow, route] of [[Pipeline, undefined], [Router, "fail"]] as const) {
    const { code, result } = await rejection(workflow.call({ text: "fail" }), AgentError);
    assertEquals([code, result!.status, result!.route], ["provider", "error", route]);
    assertEquals(result!.steps!.map(({ agent, ok }) => [agent, ok]), [["good", true], [
      "fussy",
      false,
    ]]);
  }
});

Deno.test("settle returns the failure of a workflow, which its error carries", async () => {
  for (const workflow of [Parallel, Pipeline, Router]) {
    const result = await workflow.settle({ text: "fail" });
    assert(!result.ok);
    assertEquals([result.status, result.content, result.error.code], [
      "error",
      undefined,
      "provider",
    ]);
    assertStrictEquals(result.error.result, result);
  }
});

Deno.test("call resolves with the status partial if only optional branches fail", async () => {
  const Flow = defineParallel({
    name: "w",
    branches: { good: Good, fussy: { agent: Fussy, optional: true } },
  });
  const result = await Flow.call({ text: "fail" });
  assertEquals([result.ok, result.status, result.content.good, result.content.fussy], [
    true,
    "partial",
    "fail",
    undefined,
  ]);
  assertEquals(result.errors.fussy?.code, "provider");
});

Deno.test("in a batch, a failed workflow carries its branches and steps", async () => {
  const [parallel, pipeline] = await batch([
    [Parallel, { text: "fail" }],
    [Pipeline, { text: "fail" }],
  ]);
  assert(!parallel.ok && !pipeline.ok);
  assertEquals(parallel.branches!.good!.content, "fail");
  assertEquals(pipeline.steps![0]!.content, "fail");
  const error = await rejection(
    batch([[Pipeline, { text: "fail" }]], { throwOnError: true }),
    RunError,
  );
  assertEquals((error.cause as AgentError).result!.steps!.length, 2);
});

Deno.test("call and settle throw a TypeError for misuse of a workflow", async () => {
  const wrong = { retires: 1 } as never;
  await assertRejects(() => Parallel.call({ text: "a" }, wrong), TypeError, '"retries"');
  await assertRejects(() => Pipeline.settle({ text: "a" }, wrong), TypeError, '"retries"');
});

Deno.test("an agent whose run calls a failing pipeline fails with its code", async () => {
  const Agent = defineAgent({
    name: "agent",
    run: async (p: { text: string }) => (await Pipeline.call(p)).content,
  });
  const result = await Agent.settle({ text: "fail" });
  assertEquals([result.ok, result.content, result.error?.code], [false, undefined, "provider"]);
  const cause = result.error!.cause as AgentError;
  assertEquals([cause.agent, cause.result!.steps!.length], ["pipeline", 2]);
  assertEquals((await Agent.settle({ text: "fine" })).content, "fine");
});

Deno.test("a journalled each records the failure of a pipeline inside its function", async () => {
  const journal = memoryJournal();
  let broken = true;
  const Flaky = definePipeline({
    name: "flaky",
    steps: [
      Good,
      { agent: Fussy, params: (content) => ({ text: broken ? "fail" : content }) },
    ],
  });
  const fn = async (word: string) => (await Flaky.call({ text: word })).content;
  const options = { journal, runId: "r", concurrency: 1 };
  const first = await each(["a"], fn, { ...options, settle: true });
  assertEquals(first.map(({ ok }) => ok), [false]);
  const { failed, ok } = (await journal.summary("r"))!;
  assertEquals([failed, ok], [1, 0]);

  // The failure is replayed in full, with the results that were paid for.
  const again = await each(["a"], fn, { ...options, settle: true });
  const { code, result } = again[0]!.error as AgentError;
  assertEquals([code, result!.agent, result!.steps!.length], ["provider", "flaky", 2]);
  assertEquals(result!.steps![0]!.content, "a");

  broken = false;
  assertEquals(await each(["a"], fn, { ...options, settle: true, retryFailed: true }), [
    { ok: true, value: "a" },
  ]);
});

Deno.test("a journalled each without settle processes failed items again", async () => {
  const journal = memoryJournal();
  let broken = true;
  const fn = async (word: string) =>
    (await Pipeline.call({ text: broken ? "fail" : word })).content;
  const options = { journal, runId: "r", concurrency: 1 };
  const error = await rejection(each(["a"], fn, options), RunError);
  assertEquals((error.cause as AgentError).code, "provider");
  broken = false;
  assertEquals(await each(["a"], fn, options), ["a"]);
});

Deno.test("the error of a replayed failure carries its result, too", async () => {
  const journal = memoryJournal();
  const calls = [[Parallel, { text: "fail" }, { metadata: 7 }]] as const;
  const options = { journal, runId: "r" };
  await batch(calls, options);
  const [replayed] = await batch(calls, options);
  assert(!replayed.ok && replayed.replayed);
  assertStrictEquals(replayed.error.result, replayed as Failure);
  assertEquals([replayed.metadata, replayed.status], [7, "error"]);
  assertStrictEquals(replayed.errors!.fussy, replayed.branches!.fussy!.error);
  assertStrictEquals(replayed.errors!.fussy!.result, replayed.branches!.fussy as Failure);
});

Deno.test("error.result is neither printed nor serialized as JSON", async () => {
  const secret = "a prompt that nobody logs";
  const Echo = fussyAgent(0, "echo").agent;
  const Flow = defineParallel({ name: "w", branches: { good: Good, echo: Echo, bad: Fussy } });
  const error = await rejection(
    Flow.call({ text: "fail" }, { metadata: secret }),
    AgentError,
  );
  assertEquals(error.result!.metadata, secret);
  for (const shown of [print(error), JSON.stringify(error), String(error)]) {
    assert(!shown.includes(secret));
  }
  assertEquals(Object.keys(error).includes("result"), false);
});
