/**
 * Tests of the contract of `Journal`. A driver runs them with a function that opens an empty
 * journal.
 */
import {
  AgentError,
  type Journal,
  type JournalCheckpoint,
  type JournalItem,
  type JournalSession,
  type Result,
} from "@shoal/agents";
import { JournalError, type JournalOptions } from "@shoal/agents/journal";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { used } from "../helpers.ts";
import { print } from "../print.ts";

/** A journal under test. */
export interface JournalDriver extends AsyncDisposable {
  /**
   * Opens the journal again, as a later process would. Returns `undefined` if the journal ends with
   * the process.
   */
  reopen?(options?: JournalOptions): Promise<Journal>;
  readonly journal: Journal;
}

/** Returns an id in the form that runs use. */
function id(n: number): string {
  return n.toString(16).padStart(8, "0").repeat(4);
}

function item(n: number, more: Partial<JournalItem> = {}): JournalItem {
  return { id: id(n), index: n, agent: "label", ...more };
}

/** Creates a result of a call. */
export function success(content: unknown, more: Partial<Result> = {}): Result {
  const attempt = { model: "m", startedAt: 1_700_000_000_000, durationMs: 12.5, usage: used(3, 2) };
  return {
    ok: true,
    content,
    finishReason: "stop",
    agent: "label",
    model: "m",
    usage: used(3, 2),
    cost: { input: 0.25, output: 0.5, total: 0.75, source: "prices" },
    attempts: [attempt],
    toolCalls: [],
    children: [],
    startedAt: 1_700_000_000_000,
    durationMs: 13,
    timing: { queuedMs: 0, limitedMs: 0, backoffMs: 0, modelMs: 12.5, toolsMs: 0 },
    usedFallback: false,
    cached: false,
    replayed: false,
    ...more,
  } as Result;
}

function failure(code: AgentError["code"] = "provider"): Result {
  const { attempts, usage, ...base } = success(undefined);
  const error = new AgentError("Cannot finish the call as the server is gone", {
    code,
    agent: "label",
    model: "m",
    attempts,
    usage,
    status: 500,
    retryable: true,
  });
  return { ...base, attempts, usage, ok: false, finishReason: undefined, error } as never as Result;
}

/** Registers the tests. */
export function journalContract(
  name: string,
  open: (options?: JournalOptions) => JournalDriver | Promise<JournalDriver>,
): void {
  const test = (what: string, body: (driver: JournalDriver) => Promise<void>) =>
    Deno.test(`journal ${name}: ${what}`, async () => {
      await using driver = await open();
      await body(driver);
    });

  /** Begins and finishes items, all at once. */
  async function record(journal: Journal, runId: string, results: readonly Result[]) {
    const session = await journal.open(runId);
    await Promise.all(results.map(async (result, n) => {
      const own = item(n);
      assertEquals(await session.begin(own), "missing");
      await session.finish(own, result);
    }));
    await session.close();
  }

  async function found(journal: Journal, runId: string, n: number) {
    const session = await journal.open(runId);
    const answer = await session.begin(item(n), { record: false });
    await session.close();
    return answer;
  }

  async function listed(journal: Journal, ...args: Parameters<Journal["results"]>) {
    const records = [];
    for await (const record of journal.results(...args)) records.push(record);
    return records.sort((a, b) => a.index - b.index);
  }

  test("replays finished items, marked as replayed and complete", async (driver) => {
    const { journal } = driver;
    await record(journal, "r", [success("good"), success({ label: "ä", deep: [{ n: null }] })]);
    assertEquals(await found(journal, "r", 0), { ...success("good"), replayed: true });
    assertEquals(await found(journal, "r", 1), {
      ...success({ label: "ä", deep: [{ n: null }] }),
      replayed: true,
    });
    assertEquals(await found(journal, "r", 2), "missing");
    assertEquals(await found(journal, "other", 0), "missing");
    const again = await driver.reopen?.();
    if (again === undefined) return;
    assertEquals(await found(again, "r", 0), { ...success("good"), replayed: true });
    await again.close();
  });

  test("keeps empty values", async ({ journal }) => {
    const values = [false, 0, "", null, undefined, [], {}];
    await record(journal, "r", values.map((value) => success(value)));
    for (const [n, value] of values.entries()) {
      const answer = await found(journal, "r", n);
      assertEquals((answer as Result).content, value);
    }
  });

  test("keeps content that JSON cannot represent", async ({ journal }) => {
    const content = {
      at: new Date(5),
      big: 12n ** 30n,
      map: new Map([["a", new Set([1])]]),
      bytes: new Uint8Array([1, 2, 3]),
      gap: [undefined, NaN, -0],
    };
    await record(journal, "r", [success(content)]);
    assertEquals((await found(journal, "r", 0) as Result).content, content);
  });

  test("keeps a megabyte, and any text", async ({ journal }) => {
    const text = ' 🐟 你好 👩‍👩‍👧‍👦 e\u0301 \u2028\t"\\ \0 \u{10ffff} {"a":1} ';
    const results = [success("ä".repeat(500_000)), success(text)];
    await record(journal, "r", results);
    assertEquals((await found(journal, "r", 0) as Result).content, results[0]!.content);
    assertEquals((await found(journal, "r", 1) as Result).content, text);
    const records = await listed(journal, "r");
    assertEquals(records.map(({ result }) => result), results);
  });

  test("replays a failure as an AgentError, unless retryFailed is set", async ({ journal }) => {
    await record(journal, "r", [failure()]);
    const before = await found(journal, "r", 0) as Result;
    assert(before.error instanceof AgentError);
    const { message, code, agent, model, attempts, usage, status, retryable } = before.error;
    assertEquals([message, code, agent, model], [
      "Cannot finish the call as the server is gone",
      "provider",
      "label",
      "m",
    ]);
    assertEquals([attempts, usage, status, retryable], [
      success("").attempts,
      used(3, 2),
      500,
      true,
    ]);
    assertEquals([before.replayed, before.content, before.ok], [true, undefined, false]);

    const session = await journal.open("r", { retryFailed: true });
    const own = item(0);
    assertEquals(await session.begin(own), "missing");
    await session.finish(own, success("now"));
    await session.close();
    assertEquals((await found(journal, "r", 0) as Result).content, "now");
  });

  test("only: skips the other items", async ({ journal }) => {
    await record(journal, "r", [success("ok"), failure()]);
    const answers = async (options: Parameters<Journal["open"]>[1]) => {
      const session = await journal.open("r", options);
      const answers = [];
      for (const n of [0, 1, 2]) {
        const answer = await session.begin(item(n), { record: false });
        answers.push(typeof answer === "string" ? answer : answer.ok);
      }
      await session.close();
      return answers;
    };
    assertEquals(await answers({}), [true, false, "missing"]);
    assertEquals(await answers({ retryFailed: true }), [true, "missing", "missing"]);
    assertEquals(await answers({ only: "failed" }), ["skip", "missing", "skip"]);
    assertEquals(await answers({ only: "missing" }), ["skip", "skip", "missing"]);
  });

  test("reports unfinished items, and retries them", async (driver) => {
    const { journal } = driver;
    const session = await journal.open("r");
    const [crashed, finished] = [item(0, { key: "row 0" }), item(1)];
    await Promise.all([session.begin(crashed), session.begin(finished)]);
    await session.finish(finished, success("x"));
    const started = await listed(journal, "r", { status: "started" });
    assertEquals(
      started.map((
        { index, key, agent, status, starts, result },
      ) => [index, key, agent, status, starts, result]),
      [[0, "row 0", "label", "started", 1, undefined]],
    );
    await session.close();
    const again = await driver.reopen?.() ?? journal;
    const second = await again.open("r");
    assertEquals(await second.begin(crashed), "missing");
    assertEquals((await listed(again, "r", { status: "started" })).map((r) => r.starts), [2]);
    const { total, ok, started: left } = (await again.summary("r"))!;
    assertEquals([total, ok, left], [2, 1, 1]);
    await second.finish(crashed, success("y"));
    await second.close();
    assertEquals((await listed(again, "r")).map(({ result }) => result?.content), ["y", "x"]);
    if (again !== journal) await again.close();
  });

  test("counts the usage of interrupted items, and retries them", async ({ journal }) => {
    const session = await journal.open("r");
    const [sent, unsent] = [item(0), item(1)];
    await Promise.all([session.begin(sent), session.begin(unsent)]);
    await session.interrupt(sent, failure("aborted"));
    await session.interrupt(unsent, { ...failure("aborted"), attempts: [], usage: used(0, 0) });
    await session.close();
    const { total, started, usage, cost, failed } = (await journal.summary("r"))!;
    // Nothing was sent for the other one, so it counts as never started.
    assertEquals([total, started, failed, usage.totalTokens, cost?.total], [1, 1, 0, 5, 0.75]);
    assertEquals((await listed(journal, "r", { status: "started" })).map((r) => r.index), [0]);
    assertEquals([await found(journal, "r", 0), await found(journal, "r", 1)], [
      "missing",
      "missing",
    ]);
  });

  test("identical items are recorded separately", async ({ journal }) => {
    const session = await journal.open("r");
    const same = [item(0, { index: 0 }), item(0, { index: 1 }), item(0, { index: 2 })];
    assertEquals(await Promise.all(same.map((own) => session.begin(own))), [
      "missing",
      "missing",
      "missing",
    ]);
    await session.finish(same[2]!, success("third"));
    await session.finish(same[0]!, success("first"));
    await session.close();
    const second = await journal.open("r");
    const answers = [];
    for (const own of same) answers.push(await second.begin(own));
    assertEquals(answers.map((a) => typeof a === "string" ? a : a.content), [
      "first",
      "missing",
      "third",
    ]);
    await second.finish(same[1]!, success("second"));
    await second.close();
    assertEquals((await journal.summary("r"))?.ok, 3);
  });

  test("lists, summarizes and prunes runs", async ({ journal }) => {
    assertEquals([await journal.runs(), await journal.summary("a")], [[], undefined]);
    const before = Date.now();
    await record(journal, "a", [success("x"), failure("rate_limited"), failure("timeout")]);
    await record(journal, "b", [success("y", { cost: undefined })]);
    const summaries = await journal.runs();
    assertEquals(summaries.map(({ runId }) => runId), ["a", "b"]);
    const [a, b] = summaries;
    assertEquals(a, await journal.summary("a"));
    assertEquals([a!.total, a!.ok, a!.failed, a!.started, a!.unpriced], [3, 1, 2, 0, 0]);
    assertEquals(a!.byError, { rate_limited: 1, timeout: 1 });
    assertEquals([a!.usage, a!.cost], [used(9, 6), {
      input: 0.75,
      output: 1.5,
      total: 2.25,
      source: "prices",
    }]);
    assertEquals([b!.unpriced, b!.cost], [1, undefined]);
    assert(a!.createdAt >= before && a!.updatedAt >= a!.createdAt);

    assertEquals(await journal.prune({ olderThan: 3_600_000 }), 0);
    assertEquals(await journal.prune({ runId: "nobody" }), 0);
    assertEquals(await journal.prune({ runId: "a" }), 1);
    assertEquals((await journal.runs()).map(({ runId }) => runId), ["b"]);
    assertEquals([await listed(journal, "a"), await found(journal, "a", 0)], [[], "missing"]);
    assertEquals((await found(journal, "b", 0) as Result).content, "y");
    await record(journal, "a", [success("again")]);
    assertEquals(await journal.prune({ olderThan: 0 }), 2);
    assertEquals(await journal.runs(), []);
    await assertRejects(() => journal.prune({}), TypeError, "`runId` or `olderThan`");
  });

  test("counts a retried failure once, and keeps its earlier usage", async ({ journal }) => {
    await record(journal, "r", [failure()]);
    const session = await journal.open("r", { retryFailed: true });
    const own = item(0);
    await session.begin(own);
    await session.finish(own, success("ok"));
    await session.close();
    const { total, ok, failed, byError, usage } = (await journal.summary("r"))!;
    assertEquals([total, ok, failed, byError, usage.totalTokens], [1, 1, 0, {}, 10]);
  });

  test("allows one session per run, and sessions of other runs", async ({ journal }) => {
    const session = await journal.open("r");
    await session.begin(item(0));
    const error = await assertRejects(() => journal.open("r"), JournalError);
    assertEquals(error.code, "locked");
    assertEquals(
      (await assertRejects(() => journal.prune({ runId: "r" }), JournalError)).code,
      "locked",
    );
    const other = await journal.open("other");
    await Promise.all([other, session].map(async (own) => {
      const one = item(7);
      await own.begin(one);
      await own.finish(one, success("x"));
    }));
    await Promise.all([session.close(), other.close()]);
    await (await journal.open("r")).close();
    assertEquals((await journal.runs()).map(({ ok }) => ok), [1, 1]);
  });

  const owner = "0123456789abcdef".repeat(2);
  function checkpoint(
    kind: JournalCheckpoint["kind"],
    index: number,
    content: unknown,
  ): JournalCheckpoint {
    return {
      kind,
      call: (kind === "round" ? "a" : "b").repeat(32),
      index,
      result: success(content),
    };
  }
  const spent = {
    usage: used(3, 2),
    cost: { input: 0.25, output: 0.5, total: 0.75, source: "prices" as const },
  };
  async function checkpointsOf(session: JournalSession, own: JournalItem, of = owner) {
    const all = await session.checkpoints!(own, of);
    return all.toSorted((a, b) => a.kind.localeCompare(b.kind) || a.index - b.index);
  }

  test("keeps the checkpoints of an item until it succeeds, and its steps longer", async (driver) => {
    const { journal } = driver;
    const session = await journal.open("r");
    const own = item(0);
    await session.begin(own);
    assertEquals(await checkpointsOf(session, own), []);
    const large = "ä".repeat(100_000);
    const recorded = [
      checkpoint("round", 0, [{ role: "tool", content: large }]),
      checkpoint("round", 1, [1n]),
      checkpoint("step", 0, { at: new Date(5) }),
    ];
    await Promise.all(
      recorded.map((one) => session.checkpoint!(own, owner, one, spent)),
    );
    // They count in the totals of the run at once, as the process may be killed.
    const before = (await journal.summary("r"))!;
    assertEquals([before.usage, before.cost?.total], [used(9, 6), 2.25]);
    await session.interrupt(own, success("x", { usage: used(12, 8) }), {
      counted: {
        usage: used(9, 6),
        cost: { input: 0.75, output: 1.5, total: 2.25, source: "prices" as const },
      },
    });
    await session.close();
    assertEquals((await journal.summary("r"))!.usage, used(12, 8));

    const again = await driver.reopen?.() ?? journal;
    const second = await again.open("r");
    await second.begin(own);
    assertEquals(await checkpointsOf(second, own), recorded);
    // One with the same kind, call and index is replaced.
    await second.checkpoint!(own, owner, checkpoint("round", 1, "new"), spent);
    await second.finish(own, failure());
    await second.close();

    // A failed item may be retried: its rounds are kept.
    const third = await again.open("r", { retryFailed: true });
    await third.begin(own);
    assertEquals((await checkpointsOf(third, own)).map(({ result }) => result.content), [
      recorded[0]!.result.content,
      "new",
      { at: new Date(5) },
    ]);
    await third.finish(own, success("done"));
    await third.close();

    // Another definition of the agent has another id, and the same owner.
    const fourth = await again.open("r");
    const edited = item(1);
    await fourth.begin(edited);
    assertEquals(await checkpointsOf(fourth, edited), [recorded[2]]);
    await fourth.close();
    await again.prune({ runId: "r" });
    const fifth = await again.open("r");
    await fifth.begin(own);
    assertEquals(await checkpointsOf(fifth, own), []);
    await fifth.close();
    if (again !== journal) await again.close();
  });

  test("keeps the checkpoints of identical items apart", async ({ journal }) => {
    const same = [item(0, { index: 0 }), item(0, { index: 1 }), item(0, { index: 2 })];
    const session = await journal.open("r");
    for (const own of same) await session.begin(own);
    await Promise.all(
      same.slice(1).map((own) =>
        session.checkpoint!(own, owner, checkpoint("round", 0, own.index), spent)
      ),
    );
    await session.finish(same[2]!, success("done"));
    // Tools may continue after their item has ended.
    await session.checkpoint!(same[2]!, owner, checkpoint("round", 1, 2), spent);
    await session.close();
    const second = await journal.open("r");
    for (const own of same) await second.begin(own, { record: true });
    const contents = [];
    for (const own of same.slice(0, 2)) {
      contents.push((await checkpointsOf(second, own)).map(({ result }) => result.content));
    }
    assertEquals(contents, [[], [1]]);
    assertEquals(await checkpointsOf(second, same[0]!, "f".repeat(32)), []);
    await second.close();
  });

  test("keeps no checkpoints if it stores no output", async ({ journal }) => {
    const session = await journal.open("r", { store: "none" });
    assertEquals([session.checkpoint, session.checkpoints], [undefined, undefined]);
    await session.close();
  });

  test("a closed session records nothing", async ({ journal }) => {
    const session = await journal.open("r");
    const own = item(0);
    await session.begin(own);
    await session.close();
    await session.close();
    const error = await assertRejects(() => session.begin(item(1)), JournalError);
    assertEquals(error.code, "closed");
    assertEquals(
      (await assertRejects(() => session.finish(own, success("x")), JournalError)).code,
      "closed",
    );
    assertEquals((await journal.summary("r"))?.ok, 0);
  });

  test("records 2,000 items at once, and those in flight when it is closed", async (driver) => {
    const { journal } = driver;
    const session = await journal.open("r");
    const items = Array.from({ length: 2_000 }, (_, n) => item(n));
    await Promise.all(items.map((own) => session.begin(own)));
    const finishing = items.map((own, n) => session.finish(own, success(`number ${n}`)));
    await session.close();
    await Promise.all(finishing);
    const again = await driver.reopen?.() ?? journal;
    assertEquals(
      (await listed(again, "r")).map(({ index, result }) => [index, result?.content]),
      items.map(({ index }) => [index, `number ${index}`]),
    );
    assertEquals((await again.summary("r"))?.ok, 2_000);
    if (again !== journal) await again.close();
  });

  for (const store of ["none", "output", "all"] as const) {
    test(`store "${store}" stores what it names`, async ({ journal }) => {
      const session = await journal.open("r", { store });
      const [good, bad] = [item(0, { params: { text: "a SECRET prompt" } }), item(1)];
      await Promise.all([session.begin(good), session.begin(bad)]);
      const toolCalls = [{ id: "1", name: "t", args: { x: "an OUTPUT" }, durationMs: 1 }];
      await session.finish(good, success("an OUTPUT", { toolCalls, metadata: "a KEY" }));
      const error = new AgentError("Cannot read it", {
        code: "invalid_output",
        agent: "label",
        text: "an OUTPUT",
        issues: [{ message: "an OUTPUT" }],
        cause: new Error("an OUTPUT"),
      });
      await session.finish(bad, { ...failure(), error } as Result);
      await session.close();
      const records = await listed(journal, "r");
      const all = print(records.map((r) => [r, r.result?.error?.text]), { depth: 9 });
      assertEquals([all.includes("SECRET"), all.includes("OUTPUT"), all.includes("KEY")], [
        store === "all",
        store !== "none",
        false,
      ]);
      assertEquals(records[0]!.params, store === "all" ? { text: "a SECRET prompt" } : undefined);
      assertEquals(records[0]!.result?.content, store === "none" ? undefined : "an OUTPUT");
      assertEquals(records[0]!.result?.usage, used(3, 2));
      assertEquals(records[1]!.result?.error?.code, "invalid_output");
      assertEquals(records[1]!.result?.error?.text, store === "none" ? undefined : "an OUTPUT");
    });
  }
}
