/** Runs with a journal: finished items are not requested again. */
import {
  AgentError,
  batch,
  configure,
  defineAgent,
  defineParallel,
  type Journal,
  type ProgressReport,
  RunError,
  scope,
  stream,
  summarize,
} from "@shoal/agents";
import { JournalError, memoryJournal } from "@shoal/agents/journal";
import { scripted } from "@shoal/agents/testing";
import { assert, assertEquals, assertInstanceOf, assertThrows } from "@std/assert";
import fc from "fast-check";
import { configured, used } from "../helpers.ts";
import { delay, echoAgent, fussyAgent, rejection } from "./helpers.ts";

const runId = "r";

function texts(agent: ReturnType<typeof echoAgent>["agent"], all: readonly string[]) {
  return all.map((text) => [agent, { text }] as const);
}

/** Returns the items that a journal holds of a run. */
async function records(journal: Journal, status?: "ok" | "failed" | "started") {
  const all = [];
  for await (const record of journal.results(runId, { status })) all.push(record);
  return all.sort((a, b) => a.index - b.index);
}

Deno.test("journal: a resumed run sends nothing and returns the same results", async () => {
  const journal = memoryJournal();
  const { agent, provider } = echoAgent(1);
  const calls = texts(agent, ["a", "b", "c"]);
  const first = await batch(calls, { journal, runId });
  assertEquals(first.map(({ replayed }) => replayed), [false, false, false]);
  const again = await batch(calls, { journal, runId });
  assertEquals(provider.requests.length, 3);
  const plain = (value: unknown) => JSON.parse(JSON.stringify(value));
  assertEquals(plain(again), plain(first.map((result) => ({ ...result, replayed: true }))));
  // A run of another name starts from nothing.
  await batch(calls, { journal, runId: "other" });
  assertEquals(provider.requests.length, 6);
});

Deno.test("journal: requests only new rows if rows are moved, added or removed", async () => {
  const journal = memoryJournal();
  const { agent, provider } = echoAgent();
  await batch(texts(agent, ["a", "b", "c"]), { journal, runId });
  const results = await batch(texts(agent, ["c", "d", "a"]), { journal, runId });
  assertEquals(results.map(({ content, replayed }) => [content, replayed]), [
    ["c", true],
    ["d", false],
    ["a", true],
  ]);
  assertEquals(provider.requests.length, 4);
});

Deno.test("journal: only a changed prompt, version or key runs again", async () => {
  const journal = memoryJournal();
  const { agent, provider } = echoAgent();
  const ask = async (changed: typeof agent, options: object = {}, call: object = {}) => {
    const [result] = await batch([[changed, { text: "a" }, call]], { journal, runId, ...options });
    return result.replayed;
  };
  assertEquals(await ask(agent), false);
  assertEquals(await ask(agent.with({ system: "Be brief." })), false);
  assertEquals(await ask(agent, { version: "2" }), false);
  assertEquals(await ask(agent, {}, { key: "row 1" }), false);
  assertEquals(await ask(agent, {}, { model: "n" }), false);
  const asked = provider.requests.length;
  assertEquals(await ask(agent.with({ retries: 5 })), true);
  assertEquals(await ask(agent.with({ system: "Be brief." })), true);
  assertEquals(await ask(agent, { version: "2" }), true);
  assertEquals(await ask(agent, {}, { key: "row 1" }), true);
  assertEquals([asked, provider.requests.length], [5, 5]);
});

Deno.test("journal: identical rows are separate items", async () => {
  const journal = memoryJournal();
  const { agent, provider } = echoAgent(1);
  const calls = texts(agent, ["a", "b", "a", "a"]);
  for (const replayed of [0, 4]) {
    const results = await batch(calls, { journal, runId });
    assertEquals(results.map(({ content }) => content), ["a", "b", "a", "a"]);
    assertEquals(summarize(results).replayed, replayed);
  }
  assertEquals(provider.requests.length, 4);
  const results = await batch(texts(agent, ["a", "a", "a", "a"]), { journal, runId });
  assertEquals([summarize(results).replayed, provider.requests.length], [3, 5]);
});

Deno.test("journal: records each result before it is returned", async () => {
  const journal = memoryJournal();
  const { agent } = echoAgent(() => Math.random() * 3);
  const seen: number[] = [];
  const has = async (index: number) => {
    const found = await records(journal);
    assert(found.some((record) => record.index === index), `${index} is not recorded`);
    seen.push(index);
  };
  const calls = texts(agent, Array.from({ length: 30 }, (_, i) => String(i)));
  const options = { journal, runId, onResult: (_: unknown, index: number) => has(index) };
  for await (const { index } of stream(calls, options)) await has(index);
  assertEquals(seen.length, 60);
});

Deno.test("journal: records the start of an item before anything is sent", async () => {
  const journal = memoryJournal();
  const provider = scripted(async (request) => {
    const text = String(request.messages.at(-1)!.content);
    const started = await records(journal, "started");
    return String(started.some(({ key }) => key === text));
  });
  const agent = defineAgent({ name: "a", model: "m", prompt: "{text}", provider });
  const calls = ["x", "y", "z"].map((text) => [agent, { text }, { key: text }] as const);
  const results = await batch(calls, { journal, runId });
  assertEquals(results.map(({ content }) => content), ["true", "true", "true"]);
});

Deno.test("journal: replayed results cost nothing in progress, budget and summary", async () => {
  using _ = configured({ prices: { m: { input: 1_000_000, output: 1_000_000 } } });
  const journal = memoryJournal();
  const provider = scripted(() => ({ text: "x", usage: used(2, 1) }));
  const agent = defineAgent({ name: "a", model: "m", prompt: "{text}", provider });
  const calls = (n: number) =>
    Array.from({ length: n }, (_, i) => [agent, { text: `${i}` }] as const);
  await batch(calls(4), { journal, runId });
  let last: ProgressReport | undefined;
  const seen = await scope({}, async (scope) => {
    const results = await batch(calls(6), {
      journal,
      runId,
      budget: { calls: 2 },
      onProgress: (report) => void (last = report),
    });
    return { results, usage: scope.usage, cost: scope.cost };
  });
  assertEquals(seen.results.map(({ ok }) => ok), Array(6).fill(true));
  assertEquals([seen.usage, seen.cost], [used(4, 2), 6]);
  assertEquals([last!.done, last!.ok, last!.replayed, last!.skipped, last!.inFlight], [
    6,
    6,
    4,
    0,
    0,
  ]);
  assertEquals([last!.tokens, last!.cost], [6, 6]);
  assertEquals(seen.results[0]!.cost?.total, 3);
  const summary = summarize(seen.results);
  assertEquals([summary.total, summary.ok, summary.replayed, summary.attempts], [6, 6, 4, 2]);
  assertEquals([summary.usage, summary.cost?.total], [used(4, 2), 6]);
  assertEquals(summary.byModel.m?.total, 6);
  // The journal holds the cost of all starts of the run.
  const { usage, cost, ok } = (await journal.summary(runId))!;
  assertEquals([usage, cost?.total, ok], [used(12, 6), 18, 6]);
  const held = (await records(journal)).map(({ result }) => ({ result: result! }));
  assertEquals(summarize(held).cost?.total, 18);
});

Deno.test("journal: resumes an aborted run", async () => {
  const journal = memoryJournal();
  const { agent, provider } = echoAgent(2);
  const calls = texts(agent, Array.from({ length: 40 }, (_, i) => String(i)));
  const stop = new AbortController();
  let reported = 0;
  const error = await rejection(
    batch(calls, {
      journal,
      runId,
      concurrency: 4,
      signal: stop.signal,
      onResult: () => void (++reported === 10 && stop.abort()),
    }),
    RunError,
  );
  const before = error.results.filter(Boolean).length;
  const { ok } = (await journal.summary(runId))!;
  assert(ok >= before && ok >= 10 && ok <= 14, `${ok}`);
  const asked = provider.requests.length;
  const results = await batch(calls, { journal, runId, concurrency: 4 });
  assertEquals(results.map(({ content }) => content), calls.map(([, { text }]) => text));
  assertEquals(results.filter(({ replayed }) => replayed).length, ok);
  assertEquals(provider.requests.length - asked, 40 - ok);
  const { total, started } = (await journal.summary(runId))!;
  assertEquals([total, started], [40, 0]);
});

Deno.test("journal: items that a deadline or budget stopped run the next time", async () => {
  const journal = memoryJournal();
  const { agent } = echoAgent(20);
  const calls = texts(agent, Array.from({ length: 12 }, (_, i) => String(i)));
  const late = await batch(calls, { journal, runId, concurrency: 2, deadline: 50 });
  const done = summarize(late).ok;
  assert(done > 0 && done < 12);
  assertEquals(summarize(late).byError, { timeout: 12 - done });
  const poor = await batch(calls, { journal, runId, concurrency: 2, budget: { calls: 3 } });
  assertEquals(summarize(poor).ok, Math.min(12, done + 3));
  // Calls that were never sent are not recorded.
  const { failed, started } = (await journal.summary(runId))!;
  assert(failed === 0 && started <= 2, `${failed} ${started}`);
  const rich = await batch(calls, { journal, runId, concurrency: 12 });
  assertEquals(rich.map(({ ok }) => ok), Array(12).fill(true));
});

Deno.test("journal: replays finished items even after the deadline", async () => {
  const journal = memoryJournal();
  const { agent } = echoAgent(30);
  await batch(texts(agent, ["b", "c"]), { journal, runId });
  const calls = texts(agent, ["a", "b", "c"]);
  const results = await batch(calls, { journal, runId, concurrency: 1, deadline: 10 });
  assertEquals(results.map(({ ok }) => ok), [false, true, true]);
});

Deno.test("journal: replays failures, unless retryFailed is set", async () => {
  const journal = memoryJournal();
  const { agent, provider } = fussyAgent();
  const calls = texts(agent, ["a", "fail b", "c"]);
  const first = await batch(calls, { journal, runId });
  const again = await batch(calls, { journal, runId });
  assertEquals(provider.requests.length, 3);
  assertEquals(again.map(({ ok, replayed }) => [ok, replayed]), [
    [true, true],
    [false, true],
    [true, true],
  ]);
  assertInstanceOf(again[1]!.error, AgentError);
  assertEquals(again[1]!.error.code, first[1]!.error!.code);
  assertEquals(again[1]!.error.attempts, again[1]!.attempts);

  const retried = await batch(calls, { journal, runId, retryFailed: true });
  assertEquals(retried.map(({ replayed }) => replayed), [true, false, true]);
  assertEquals([provider.requests.length, (await journal.summary(runId))?.failed], [4, 1]);
});

Deno.test("journal: `only` selects failed or missing items", async () => {
  const journal = memoryJournal();
  const { agent } = fussyAgent();
  await batch(texts(agent, ["a", "fail b"]), { journal, runId });
  const calls = texts(agent, ["a", "fail b", "c"]);
  let last: ProgressReport | undefined;
  const onProgress = (report: ProgressReport) => void (last = report);
  const failed = await batch(calls, { journal, runId, only: "failed", onProgress });
  assertEquals(failed.map((result) => result?.error?.code), [undefined, "provider", undefined]);
  assertEquals([failed.length, failed[0], failed[2]], [3, undefined, undefined]);
  assertEquals([last!.done, last!.failed, last!.skipped, last!.inFlight], [3, 1, 2, 0]);
  assertEquals(summarize(failed).total, 1);

  const seen = [];
  for await (const { index, result } of stream(calls, { journal, runId, only: "missing" })) {
    seen.push([index, result.content, result.replayed]);
  }
  assertEquals(seen, [[2, "c", false]]);
});

Deno.test("journal: processes the failed item again with throwOnError", async () => {
  const journal = memoryJournal();
  let isDown = true;
  const provider = scripted(({ messages }) =>
    isDown && messages.at(-1)!.content === "b" ? new Error("down") : "fine"
  );
  const agent = defineAgent({ name: "a", model: "m", prompt: "{text}", retries: 0, provider });
  const calls = texts(agent, ["a", "b", "c"]);
  const options = { journal, runId, throwOnError: true, concurrency: 1 };
  await rejection(batch(calls, options), RunError);
  isDown = false;
  const results = await batch(calls, options);
  assertEquals(results.map(({ content, replayed }) => [content, replayed]), [
    ["fine", true],
    ["fine", false],
    ["fine", false],
  ]);
});

Deno.test("journal: a replayed call calls no callbacks and has the current metadata", async () => {
  const journal = memoryJournal();
  const reported: unknown[] = [];
  const agent = defineAgent({
    name: "a",
    model: "m",
    prompt: "{text}",
    provider: scripted("hi"),
    hooks: { before: () => void reported.push("before"), after: () => void reported.push("after") },
  });
  const options = { journal, runId, onDelta: (text: string) => void reported.push(text) };
  const run = (metadata: unknown) => batch([[agent, { text: "x" }, { metadata }]], options);
  const [first] = await run({ day: 1 });
  const asked = reported.splice(0);
  const [again] = await run({ day: 2 });
  assertEquals([first.metadata, again.metadata, again.replayed], [{ day: 1 }, { day: 2 }, true]);
  assertEquals([asked.includes("before"), asked.includes("hi"), reported], [true, true, []]);
  assertEquals((await records(journal))[0]!.result?.metadata, undefined);
});

Deno.test("journal: does not record a dry run", async () => {
  const journal = memoryJournal();
  const { agent } = echoAgent();
  const run = (dryRun: boolean) => batch([[agent, { text: "x" }, { dryRun }]], { journal, runId });
  await run(true);
  assertEquals(await journal.summary(runId), undefined);
  await run(false);
  const [dry] = await run(true);
  assertEquals([dry.content, dry.replayed], [undefined, false] as never);
});

Deno.test("journal: records workflows as items", async () => {
  const journal = memoryJournal();
  const { agent, provider } = echoAgent();
  const Both = defineParallel({ name: "both", branches: { one: agent, two: agent } });
  const run = (workflow: typeof Both) => batch([[workflow, { text: "x" }]], { journal, runId });
  const [first] = await run(Both);
  const [again] = await run(Both);
  assertEquals([again.content, again.replayed], [{ one: "x", two: "x" }, true]);
  assertEquals(again.usage, first.usage);
  const edited = agent.with({ system: "Be brief." });
  const [changed] = await run(
    defineParallel({ name: "both", branches: { one: agent, two: edited } }),
  );
  // The branch that was not edited is not paid again.
  assertEquals([changed.replayed, provider.requests.length], [false, 3]);
});

Deno.test("journal: a run that break stopped can resume at once", async () => {
  const journal = memoryJournal();
  const { agent } = echoAgent(1);
  const calls = texts(agent, Array.from({ length: 20 }, (_, i) => String(i)));
  const seen = new Set<number>();
  for (let round = 0; round < 20 && seen.size < 20; round++) {
    for await (const { index, result } of stream(calls, { journal, runId, concurrency: 3 })) {
      assertEquals(result.content, String(index));
      if (!seen.has(index)) {
        seen.add(index);
        break;
      }
    }
  }
  assertEquals(seen.size, 20);
});

Deno.test("journal: rejects a run that is open, but not another run", async () => {
  const journal = memoryJournal();
  const { agent } = echoAgent(20);
  const run = (id: string) => batch(texts(agent, ["a", "b"]), { journal, runId: id });
  const first = run("r");
  const error = await rejection(run("r"), RunError);
  assertInstanceOf(error.cause, JournalError);
  assertEquals(error.cause.code, "locked");
  assertEquals(
    error.message,
    'Cannot finish the batch as it cannot open the run "r" as it is open already: ' +
      "wait until it has ended: " +
      "see `results` for what is done",
  );
  assertEquals((await run("other")).length, 2);
  assertEquals((await first).length, 2);
});

Deno.test("journal: a failing journal ends the run before unrecorded results", async () => {
  const kept = memoryJournal();
  let finished = 0;
  const journal: Journal = {
    ...kept,
    async open(...args) {
      const session = await kept.open(...args);
      return {
        begin: session.begin.bind(session),
        interrupt: session.interrupt.bind(session),
        close: session.close.bind(session),
        finish(item, result) {
          if (++finished > 5) return Promise.reject(new JournalError("the disk is full", "write"));
          return session.finish(item, result);
        },
      };
    },
  };
  const { agent } = echoAgent(2);
  const calls = texts(agent, Array.from({ length: 20 }, (_, i) => String(i)));
  const error = await rejection(batch(calls, { journal, runId, concurrency: 2 }), RunError);
  assertEquals((error.cause as JournalError).message, "the disk is full");
  assertEquals(error.results.filter(Boolean).length, 5);
  assertEquals((await kept.summary(runId))?.ok, 5);
  const results = await batch(calls, { journal: kept, runId });
  assertEquals(results.filter(({ replayed }) => replayed).length, 5);
});

Deno.test("journal: a call without an id ends the run, and the error says what to do", async () => {
  const journal = memoryJournal();
  const agent = defineAgent({
    name: "a",
    model: "m",
    prompt: ({ file }: { file: Blob }) => `${file.size} bytes`,
    provider: scripted("x"),
  });
  const file = new Blob(["abc"]);
  const error = await rejection(batch([[agent, { file }]], { journal, runId }), RunError);
  assertInstanceOf(error.cause, TypeError);
  assert(error.message.includes("call 0") && error.message.includes("`key`"));
  const call = [agent, { file }, { key: "abc.txt" }] as const;
  await batch([call], { journal, runId });
  const [again] = await batch([call], { journal, runId });
  assertEquals(again.replayed, true);
});

Deno.test("journal: rejects invalid options before anything is sent", () => {
  const journal = memoryJournal();
  const { agent, provider } = echoAgent();
  const refused: [options: object, message: string][] = [
    [{ journal }, "runId must be a text if journal is set"],
    [{ journal, runId: "" }, "runId must be a text"],
    [{ runId }, "journal must be set if runId is set"],
    [{ retryFailed: true }, "journal must be set if retryFailed is set"],
    [{ only: "failed" }, "journal must be set if only is set"],
    [{ journal: "file.db", runId }, "journal must be a journal"],
    [{ journal: {}, runId }, "journal.open must be a function"],
    [{ journal, runId, only: "some" }, 'only must be "failed" or "missing"'],
    [{ journal, runId, store: "some" }, "store must be"],
    [{ journal, runId, version: 2 }, "version must be a text"],
    [{ journal, runID: "r" }, 'did you mean "runId"'],
  ];
  for (const [options, message] of refused) {
    assertThrows(() => stream(texts(agent, ["a"]), options), TypeError, message);
  }
  assertEquals(provider.requests.length, 0);
});

Deno.test("journal: whatever ends its runs, each row is returned and paid for once", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom("a", "b", "c", "d", "e", "fail f"), { minLength: 1, maxLength: 25 }),
      fc.array(fc.record({ after: fc.nat(20), how: fc.constantFrom("abort", "break", "throw") }), {
        maxLength: 5,
      }),
      fc.integer({ min: 1, max: 8 }),
      async (rows, ends, concurrency) => {
        const journal = memoryJournal();
        const { agent, provider } = fussyAgent(() => Math.random() * 2);
        const calls = texts(agent, rows);
        for (const { after, how } of ends) {
          const stop = new AbortController();
          let seen = 0;
          const run = stream(calls, { journal, runId, concurrency, signal: stop.signal });
          await (async () => {
            for await (const _ of run) {
              if (seen++ < after) continue;
              if (how === "break") break;
              if (how === "throw") throw new Error("of the caller");
              stop.abort();
            }
          })().catch(() => {});
        }
        const interrupted = (await records(journal, "started")).length;
        assert(interrupted <= concurrency * ends.length);
        const results = await batch(calls, { journal, runId, concurrency });
        assertEquals(results.map(({ ok }) => ok), rows.map((row) => !row.startsWith("fail")));
        const { total, started } = (await journal.summary(runId))!;
        assertEquals([total, started], [rows.length, 0]);
        // Only requests in flight when a run ended were sent twice.
        assert(provider.requests.length <= rows.length + ends.length * concurrency);
        const asked = provider.requests.length;
        assertEquals(summarize(await batch(calls, { journal, runId })).replayed, rows.length);
        assertEquals(provider.requests.length, asked);
      },
    ),
    { numRuns: 30 },
  );
});

Deno.test("journal: stays within the concurrency and does not slow the calls", async () => {
  const journal = memoryJournal();
  let [now, most] = [0, 0];
  const provider = scripted(async () => {
    most = Math.max(most, ++now);
    await delay(5);
    now--;
    return "x";
  });
  const agent = defineAgent({ name: "a", model: "m", prompt: "{text}", provider });
  const calls = texts(agent, Array.from({ length: 60 }, (_, i) => String(i)));
  await batch(calls, { journal, runId, concurrency: 20 });
  assertEquals(most, 20);
  configure();
});
