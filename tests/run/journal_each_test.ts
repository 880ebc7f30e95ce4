/** `each` with a journal: finished items are not processed again. */
import { AgentError, defineAgent, each, type Journal, RunError } from "@shoal/agents";
import { JournalError, memoryJournal } from "@shoal/agents/journal";
import { scripted } from "@shoal/agents/testing";
import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { configured, used } from "../helpers.ts";
import { delay, rejection } from "./helpers.ts";

const runId = "r";

Deno.test("journalled each: a resumed run replays all values", async () => {
  const journal = memoryJournal();
  let worked = 0;
  const work = async (n: number) => {
    worked++;
    await delay(1);
    return n % 3 === 0 ? undefined : { n, at: new Date(n) };
  };
  const first = await each([1, 2, 3], work, { journal, runId });
  const again = await each([3, 2, 1, 4], work, { journal, runId });
  assertEquals(again, [first[2], first[1], first[0], { n: 4, at: new Date(4) }]);
  assertEquals(worked, 4);
  // A changed function does not matter: the caller must set a new version for that.
  assertEquals(await each([1], () => "new", { journal, runId }), [first[0]] as never);
  assertEquals(await each([1], () => "new", { journal, runId, version: "2" }), ["new"]);
});

Deno.test("journalled each: replays errors with settle", async () => {
  const journal = memoryJournal();
  const agent = defineAgent({
    name: "a",
    model: "m",
    prompt: "x",
    retries: 0,
    provider: scripted(() => new Error("no")),
  });
  let worked = 0;
  const work = (n: number) => {
    worked++;
    if (n === 1) throw new RangeError("one is too few");
    if (n === 2) return agent.call({}).then(({ content }) => content);
    if (n === 3) throw "a text";
    return "good";
  };
  const options = { journal, runId, settle: true } as const;
  const first = await each([0, 1, 2, 3], work, options);
  assertEquals((await journal.summary(runId))?.byError, { tool: 2, provider: 1 });
  const again = await each([0, 1, 2, 3], work, options);
  assertEquals([worked, again.map(({ ok }) => ok)], [4, [true, false, false, false]]);
  const errors = again.map(({ error }) => error as Error);
  assertEquals([errors[1]!.name, errors[1]!.message], ["RangeError", "one is too few"]);
  assertInstanceOf(errors[2], AgentError);
  assertEquals(errors[2].message, (first[2]!.error as Error).message);
  // A thrown value that is not an Error has neither a name nor a message.
  assertEquals([first[3]!.error, (errors[3] as AgentError).code], ["a text", "tool"]);

  const retried = await each([0, 1, 2, 3], () => "better", { ...options, retryFailed: true });
  assertEquals(retried.map(({ value }) => value), ["good", "better", "better", "better"]);
});

Deno.test("journalled each: processes the failed item again without settle", async () => {
  const journal = memoryJournal();
  let isDown = true;
  const done: number[] = [];
  const work = (n: number) => {
    if (isDown && n === 2) throw new Error("down");
    done.push(n);
    return n;
  };
  const options = { journal, runId, concurrency: 1 };
  const error = await rejection(each([1, 2, 3], work, options), RunError);
  assertEquals([error.results, (error.cause as Error).message], [[1], "down"]);
  isDown = false;
  assertEquals(await each([1, 2, 3], work, options), [1, 2, 3]);
  assertEquals(done, [1, 2, 3]);
});

Deno.test("journalled each: identifies items by their key if they have one", async () => {
  const journal = memoryJournal();
  const files = [1, 2].map((n) => new File([`file ${n}`], `${n}.txt`));
  const read = (file: File) => file.text();
  const error = await rejection(each(files, read, { journal, runId }), RunError);
  assert(error.message.includes("`key`"), error.message);
  const options = { journal, runId, key: ({ name }: File) => name };
  const first = await each(files, read, options);
  assertEquals(await each(files, () => Promise.reject(), options), first);
  const keys = [];
  for await (const { key, index } of journal.results(runId)) keys.push([index, key]);
  assertEquals(keys.sort(), [[0, "1.txt"], [1, "2.txt"]]);
  await assertRejects(
    () => each(files, read, { key: "name" } as never),
    TypeError,
    "key must be a function",
  );
});

Deno.test("journalled each: counts the usage of calls inside once", async () => {
  using _ = configured({ prices: { m: { input: 1_000_000, output: 1_000_000 } } });
  const journal = memoryJournal();
  const provider = scripted(() => ({ text: "x", usage: used(2, 1) }));
  const agent = defineAgent({ name: "a", model: "m", prompt: "{n}", provider });
  const work = async (n: number) => {
    await agent.call({ n });
    return (await agent.call({ n: -n })).content;
  };
  for (let i = 0; i < 2; i++) await each([1, 2], work, { journal, runId });
  const { usage, cost, ok } = (await journal.summary(runId))!;
  assertEquals([usage, cost?.total, ok, provider.requests.length], [used(8, 4), 12, 2, 4]);
  for await (const { result } of journal.results(runId)) {
    assertEquals([result?.usage, result?.attempts.length, result?.agent], [used(4, 2), 2, "work"]);
  }
});

Deno.test("journalled each: only failed items leaves the other places undefined", async () => {
  const journal = memoryJournal();
  const options = { journal, runId, settle: true } as const;
  const fail = (n: number): number | null => {
    if (n > 1) throw new Error("no");
    return n;
  };
  await each([1, 2], fail, options);
  const results = await each([1, 2, 3], (n) => n, { ...options, only: "failed" });
  assertEquals(results, [undefined, { ok: true, value: 2 }, undefined]);
  const plain = await each([1, 2, 3], () => null, { journal, runId, only: "missing" });
  assertEquals(plain, [undefined, undefined, null]);
});

Deno.test("journalled each: a value that cannot be recorded ends the run", async () => {
  const journal = memoryJournal();
  const circle: Record<string, unknown> = { f() {} };
  circle.self = circle;
  for (const settle of [true, false] as const) {
    const run = settle
      ? each([1], () => circle, { journal, runId, settle })
      : each([1], () => circle, { journal, runId });
    const { cause } = await rejection(run, RunError);
    assertInstanceOf(cause, JournalError);
    assert(cause.message.startsWith("Cannot record item 0 in the journal"), cause.message);
  }
});

Deno.test("journalled each: resumes an aborted run, and does not record late values", async () => {
  const journal: Journal = memoryJournal();
  const stop = new AbortController();
  const late = Promise.withResolvers<string>();
  const work = (n: number) => {
    if (n === 2 && !stop.signal.aborted) setTimeout(() => stop.abort(), 5);
    return n === 2 && !stop.signal.aborted ? late.promise : `done ${n}`;
  };
  await rejection(each([1, 2, 3], work, { journal, runId, signal: stop.signal }), RunError);
  late.resolve("too late");
  await delay(2);
  assertEquals(await each([1, 2, 3], work, { journal, runId }), ["done 1", "done 2", "done 3"]);
});
