/** Items of a journal that are stopped between rounds, steps or branches go on from there. */
import {
  batch,
  defineAgent,
  defineParallel,
  definePipeline,
  defineRouter,
  defineTool,
  each,
  type Journal,
  type ModelReply,
  type ModelRequest,
  type ProgressReport,
  ProviderError,
  RunError,
  summarize,
} from "@shoal/agents";
import { memoryJournal } from "@shoal/agents/journal";
import { scripted, type ScriptedAnswer } from "@shoal/agents/testing";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { configured, reply, used } from "../helpers.ts";

const runId = "r";
const usage = used(10, 1);
const base = { name: "a", model: "m", prompt: "{x}" };
const prices = { m: { input: 1e5, output: 1e6 } };

function callTool(name: string, n: number): ModelReply {
  const toolCalls = [{ id: `${n}`, name, args: `{"n":${n}}` }];
  return { text: `step ${n}`, finishReason: "tool_calls", toolCalls, usage };
}

/** Returns how many rounds the conversation has. */
function roundsOf({ messages }: ModelRequest): number {
  return messages.filter(({ role }) => role === "tool").length;
}

/**
 * An agent that calls its tool `rounds` times. `stopAt` is the round in which the run is aborted.
 */
function worker({ rounds = 3 }: { readonly rounds?: number } = {}) {
  const state = { stopAt: -1, abort: new AbortController(), toolRuns: [] as number[] };
  const note = defineTool({
    name: "note",
    input: { type: "object" },
    run: ({ n }: { n?: number }) => {
      state.toolRuns.push(n!);
      return `noted ${n}`;
    },
  });
  const provider = scripted((request): ScriptedAnswer | Promise<ScriptedAnswer> => {
    const round = roundsOf(request);
    if (round === state.stopAt) {
      state.abort.abort(new Error("Ctrl-C"));
      return new Promise<never>(() => {});
    }
    return round < rounds ? callTool("note", round) : reply("done", { usage });
  });
  const agent = defineAgent({ ...base, tools: [note], provider });
  const stop = (at: number) => {
    state.stopAt = at;
    state.abort = new AbortController();
  };
  return { agent, provider, state, stop };
}

async function stopped(run: () => Promise<unknown>): Promise<void> {
  await assertRejects(run, RunError, "aborted");
}

Deno.test("checkpoints: a call with tools goes on after its last finished round", async () => {
  using _ = configured({ prices });
  const journal = memoryJournal();
  const { agent, provider, state, stop } = worker();
  const reports: ProgressReport[] = [];
  const run = (onProgress?: (report: ProgressReport) => void) =>
    batch([[agent, { x: 1 }]], { journal, runId, signal: state.abort.signal, onProgress });
  stop(2);
  await stopped(() => run());
  assertEquals([provider.calls, state.toolRuns], [3, [0, 1]]);
  // What was spent counts in the totals of the run.
  assertEquals((await journal.summary(runId))!.usage, used(20, 2));

  stop(-1);
  const [result] = await run((report) => void reports.push(report));
  assertEquals([result.content, result.replayed], ["done", false]);
  // Only the third round and the answer were requested, and no tool ran twice.
  assertEquals([provider.calls, state.toolRuns], [5, [0, 1, 2]]);
  assertEquals(provider.requests[3]!.messages, provider.requests[2]!.messages);
  assertEquals(result.toolCalls.map(({ result }) => result), ["noted 0", "noted 1", "noted 2"]);
  // The result has all that the item used, and what of it came from the journal.
  assertEquals([result.usage, result.attempts.length], [used(40, 4), 4]);
  assertEquals(result.attempts.map(({ replayed }) => replayed), [
    true,
    true,
    undefined,
    undefined,
  ]);
  assertEquals([result.cost?.total, result.resumed?.cost?.total], [8, 4]);
  assertEquals(result.resumed?.usage, used(20, 2));
  // Progress and summaries count what this run has spent.
  const last = reports.at(-1)!;
  assertEquals([last.tokens, last.cost], [22, 4]);
  const summary = summarize([result]);
  assertEquals([summary.usage, summary.cost?.total, summary.attempts], [used(20, 2), 4, 2]);
  // The journal counts each request once.
  const totals = (await journal.summary(runId))!;
  assertEquals([totals.usage, totals.cost?.total, totals.ok], [used(40, 4), 8, 1]);

  const [again] = await run();
  assertEquals([again.replayed, again.resumed, again.usage], [true, undefined, used(40, 4)]);
  assertEquals(provider.calls, 5);
});

Deno.test("checkpoints: a failed call goes on when it is retried, also with more steps", async () => {
  const journal = memoryJournal();
  const { agent, provider, state } = worker({ rounds: 4 });
  const run = (maxSteps: number, options: object = {}) =>
    batch([[agent.with({ maxSteps }), { x: 1 }]], { journal, runId, ...options });
  const [failed] = await run(3);
  assertEquals([failed.error?.code, provider.calls], ["tool", 3]);
  const [same] = await run(3, { retryFailed: true });
  // The answer beyond the last round is not part of one.
  assertEquals([same.error?.code, provider.calls], ["tool", 4]);
  const [more] = await run(9);
  assertEquals([more.content, provider.calls], ["done", 7]);
  assertEquals(state.toolRuns, [0, 1, 2, 3]);
  assertEquals((await journal.summary(runId))!.usage.totalTokens, 7 * 11);
});

Deno.test("checkpoints: a changed prompt or other parameters begin with the first round", async () => {
  const changes: [(agent: ReturnType<typeof worker>["agent"]) => unknown[], number][] = [
    [(agent) => [agent, 1, {}], 2],
    [(agent) => [agent.with({ retries: 5, maxSteps: 20, maxToolCalls: 2 }), 1, {}], 2],
    [(agent) => [agent.with({ system: "Be brief." }), 1, {}], 4],
    [(agent) => [agent, 2, {}], 4],
    [(agent) => [agent, 1, { version: "2" }], 4],
  ];
  for (const [change, requested] of changes) {
    const journal = memoryJournal();
    const { agent, provider, state, stop } = worker();
    const run = (changed: typeof agent, x: number, options: object = {}) =>
      batch([[changed, { x }]], { journal, runId, signal: state.abort.signal, ...options });
    stop(2);
    await stopped(() => run(agent, 1));
    stop(-1);
    const calls = provider.calls;
    const [result] = await run(...change(agent) as Parameters<typeof run>);
    assertEquals([result.content, provider.calls - calls], ["done", requested]);
  }
});

Deno.test("checkpoints: a journal that stores no output begins with the first round", async () => {
  const journal = memoryJournal();
  const { agent, provider, state, stop } = worker();
  const run = () =>
    batch([[agent, { x: 1 }]], { journal, runId, store: "none", signal: state.abort.signal });
  stop(2);
  await stopped(run);
  stop(-1);
  const [result] = await run();
  assertEquals([provider.calls, result.ok, result.resumed], [7, true, undefined]);
  assertEquals((await journal.summary(runId))!.usage, used(60, 6));
});

Deno.test("checkpoints: calls inside items of each, run functions and tools have rounds, too", async () => {
  const wraps = {
    async each({ agent, state }: ReturnType<typeof worker>, journal: Journal) {
      const signal = state.abort.signal;
      const fn = async (x: number) => (await agent.call({ x })).content;
      return await each([1], fn, { journal, runId, signal });
    },
    async run({ agent, state }: ReturnType<typeof worker>, journal: Journal) {
      const Outer = defineAgent({
        name: "outer",
        run: async ({ x }: { x: number }) => (await agent.call({ x })).content,
      });
      const signal = state.abort.signal;
      const [result] = await batch([[Outer, { x: 1 }]], { journal, runId, signal });
      return [result.content];
    },
    async tool({ agent, state }: ReturnType<typeof worker>, journal: Journal) {
      const ask = { id: "1", name: "a", args: '{"x":"1"}' };
      const provider = scripted((request) =>
        roundsOf(request) === 0
          ? { text: "", toolCalls: [ask], usage }
          : reply(String(request.messages.at(-1)!.content), { usage })
      );
      const Outer = defineAgent({ ...base, name: "outer", tools: [agent.asTool()], provider });
      const signal = state.abort.signal;
      const [result] = await batch([[Outer, { x: 1 }]], { journal, runId, signal });
      return [result.content];
    },
  };
  for (const [name, wrap] of Object.entries(wraps)) {
    const journal = memoryJournal();
    const inner = worker();
    inner.stop(2);
    await stopped(() => wrap(inner, journal));
    inner.stop(-1);
    assertEquals(await wrap(inner, journal), ["done"], name);
    assertEquals([inner.provider.calls, inner.state.toolRuns], [5, [0, 1, 2]], name);
    // In the tool, the outer agent asks twice for its first round, as it had not finished.
    const outer = name === "tool" ? 33 : 0;
    assertEquals((await journal.summary(runId))!.usage.totalTokens, 44 + outer, name);
  }
});

/** Returns agents that count their requests, and fail or stop on demand. */
function steps() {
  const calls = { one: 0, two: 0 };
  const control: { stop?: AbortController; broken?: boolean } = {};
  const One = defineAgent({
    name: "one",
    model: "m",
    prompt: "one {x}",
    provider: scripted(({ messages }) => {
      calls.one++;
      return reply(`first of ${messages[0]!.content}`, { usage });
    }),
  });
  const Two = defineAgent({
    name: "two",
    model: "m",
    prompt: "two {text}",
    provider: scripted(() => {
      calls.two++;
      if (control.broken) return new ProviderError("no", { code: "provider", retryable: false });
      if (control.stop === undefined) return reply("second", { usage });
      control.stop.abort(new Error("Ctrl-C"));
      return new Promise<never>(() => {});
    }),
  });
  return { calls, control, One, Two };
}

function pipelineOf(One: ReturnType<typeof steps>["One"], Two: ReturnType<typeof steps>["Two"]) {
  return definePipeline({
    name: "both",
    steps: [One, { agent: Two, params: (text: string) => ({ text }) }],
  });
}

Deno.test("checkpoints: a pipeline that was stopped goes on with its next step", async () => {
  using _ = configured({ prices });
  const journal = memoryJournal();
  const { calls, control, One, Two } = steps();
  const run = () =>
    batch([[pipelineOf(One, Two), { x: 1 }]], { journal, runId, signal: control.stop?.signal });
  control.stop = new AbortController();
  await stopped(run);
  control.stop = undefined;
  const [result] = await run();
  assertEquals([result.content, calls], ["second", { one: 1, two: 2 }]);
  assertEquals(result.steps!.map(({ replayed, content }) => [replayed, content]), [
    [true, "first of one 1"],
    [false, "second"],
  ]);
  assertEquals([result.usage, result.resumed?.usage], [used(20, 2), usage]);
  assertEquals([result.cost?.total, result.resumed?.cost?.total], [4, 2]);
  assertEquals(summarize([result]).usage, usage);
  const totals = (await journal.summary(runId))!;
  assertEquals([totals.usage, totals.cost?.total], [used(20, 2), 4]);
});

Deno.test("checkpoints: editing the second step of a pipeline does not repeat the first", async () => {
  const journal = memoryJournal();
  const { calls, One, Two } = steps();
  const rows = [{ x: 1 }, { x: 2 }, { x: 1 }];
  const run = (pipeline: ReturnType<typeof pipelineOf>, options: object = {}) =>
    batch(rows.map((row) => [pipeline, row] as const), { journal, runId, ...options });
  await run(pipelineOf(One, Two));
  // Identical rows are items of their own.
  assertEquals(calls, { one: 3, two: 3 });
  const Edited = Two.with({ system: "Be brief." });
  const results = await run(pipelineOf(One, Edited));
  assertEquals(calls, { one: 3, two: 6 });
  assertEquals(results.map(({ replayed, steps }) => [replayed, steps![0]!.replayed]), [
    [false, true],
    [false, true],
    [false, true],
  ]);
  // Nor does a third edit, and the way back is replayed.
  await run(pipelineOf(One, Two.with({ system: "Be long." })));
  await run(pipelineOf(One, Edited));
  assertEquals(calls, { one: 3, two: 9 });
  // An edited first step runs again. If its answer is the same, the second does not.
  await run(pipelineOf(One.with({ temperature: 0 }), Edited));
  assertEquals(calls, { one: 6, two: 9 });
  // A new version runs everything.
  await run(pipelineOf(One, Two), { version: "2" });
  assertEquals(calls, { one: 9, two: 12 });
  assertEquals((await journal.summary(runId))!.usage.totalTokens, 21 * 11);
});

Deno.test("checkpoints: a pipeline that failed retries only the step that did", async () => {
  const journal = memoryJournal();
  const { calls, control, One, Two } = steps();
  const run = () =>
    batch([[pipelineOf(One, Two), { x: 1 }]], { journal, runId, retryFailed: true });
  control.broken = true;
  const [failed] = await run();
  assertEquals(failed.error?.code, "provider");
  control.broken = false;
  assertEquals((await run())[0].content, "second");
  assertEquals(calls, { one: 1, two: 2 });
});

Deno.test("checkpoints: the steps of an edited pipeline inside another are found", async () => {
  const journal = memoryJournal();
  const { calls, One, Two } = steps();
  const Last = defineAgent({ ...base, name: "last", provider: scripted("end") });
  const outer = (two: typeof Two) =>
    definePipeline({
      name: "outer",
      steps: [pipelineOf(One, two), { agent: Last, params: (x) => ({ x: `${x}` }) }],
    });
  await batch([[outer(Two), { x: 1 }]], { journal, runId });
  const [result] = await batch([[outer(Two.with({ seed: 1 })), { x: 1 }]], { journal, runId });
  assertEquals([result.content, calls], ["end", { one: 1, two: 2 }]);
});

Deno.test("checkpoints: a step with tools goes on after its last round", async () => {
  const journal = memoryJournal();
  const { agent, provider, state, stop } = worker();
  const { calls, One } = steps();
  const Both = definePipeline({
    name: "both",
    steps: [One, { agent, params: (x: string) => ({ x }) }],
  });
  const run = () => batch([[Both, { x: 1 }]], { journal, runId, signal: state.abort.signal });
  stop(2);
  await stopped(run);
  stop(-1);
  const [result] = await run();
  assertEquals([result.content, calls.one, provider.calls], ["done", 1, 5]);
  assertEquals(state.toolRuns, [0, 1, 2]);
  assertEquals([result.usage, result.resumed?.usage], [used(50, 5), used(30, 3)]);
  assertEquals((await journal.summary(runId))!.usage, used(50, 5));
});

Deno.test("checkpoints: a router does not classify again, and branches are not repeated", async () => {
  const journal = memoryJournal();
  const { calls, control, One, Two } = steps();
  const Router = defineRouter({
    name: "router",
    by: One,
    routes: { second: { agent: Two, params: () => ({ text: "b" }) } },
    pick: () => "second" as const,
  });
  const Parallel = defineParallel({
    name: "parallel",
    branches: {
      one: One,
      two: { agent: Two, input: ({ x }: { x: number }) => ({ text: `${x}` }) },
    },
    concurrency: 1,
  });
  for (const workflow of [Router, Parallel]) {
    Object.assign(calls, { one: 0, two: 0 });
    const run = () =>
      batch([[workflow as typeof Parallel, { x: 1 }]], {
        journal,
        runId,
        signal: control.stop?.signal,
      });
    control.stop = new AbortController();
    await stopped(run);
    control.stop = undefined;
    const [result] = await run();
    assert(result.ok);
    assertEquals([calls, result.resumed?.usage], [{ one: 1, two: 2 }, usage], workflow.name);
  }
});

Deno.test("checkpoints: many calls inside one item, equal ones too, keep theirs apart", async () => {
  const journal = memoryJournal();
  const { agent, provider, state, stop } = worker();
  const Outer = defineAgent({
    name: "outer",
    run: async ({ n }: { n: number }) => {
      const calls = Array.from({ length: n }, (_, i) => agent.settle({ x: i % 2 }));
      return (await Promise.all(calls)).map(({ content }) => content);
    },
  });
  const run = () => batch([[Outer, { n: 6 }]], { journal, runId, signal: state.abort.signal });
  stop(3);
  await stopped(run);
  stop(-1);
  const before = provider.calls;
  const [result] = await run();
  assertEquals(result.content, Array(6).fill("done"));
  // Each call had finished at least the two rounds before the one that stopped the run.
  assert(provider.calls - before <= 6 * 2, `${provider.calls - before} requests`);
  assertEquals(result.usage, used(6 * 40, 6 * 4));
});

Deno.test("checkpoints: a journal that cannot record one ends the run with its error", async () => {
  const journal = memoryJournal();
  const failing: Journal = {
    ...journal,
    async open(...args) {
      const session = await journal.open(...args);
      session.checkpoint = () => Promise.reject(new Error("disk full"));
      return session;
    },
  };
  const { agent } = worker();
  const error = await assertRejects(
    () => batch([[agent, { x: 1 }]], { journal: failing, runId }),
    RunError,
  );
  assertEquals((error.cause as Error).message, "disk full");
});

Deno.test("checkpoints: a journal without them works as before", async () => {
  const journal = memoryJournal();
  const plain: Journal = {
    ...journal,
    async open(...args) {
      const session = await journal.open(...args);
      return {
        begin: (...args) => session.begin(...args),
        finish: (...args) => session.finish(...args),
        interrupt: (...args) => session.interrupt(...args),
        close: () => session.close(),
      };
    },
  };
  const { agent, provider, state, stop } = worker();
  const run = () =>
    batch([[agent, { x: 1 }]], { journal: plain, runId, signal: state.abort.signal });
  stop(2);
  await stopped(run);
  stop(-1);
  assertEquals([(await run())[0].content, provider.calls], ["done", 7]);
  assertEquals((await journal.summary(runId))!.usage, used(60, 6));
});
