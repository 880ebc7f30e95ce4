/** Callbacks of runs. An error in one fails the run once and loses no result. */
import { batch, each, type ProgressReport, type Result, RunError, stream } from "@shoal/agents";
import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import {
  delay,
  echoAgent,
  fussyAgent,
  numbers,
  rejection,
  unhandledRejections,
} from "./helpers.ts";

const calls = (agent: ReturnType<typeof echoAgent>["agent"], count: number) =>
  [...numbers(count)].map((n) => [agent, { text: `${n}` }] as const);

Deno.test("onResult is called with each result and its index, failures included", async () => {
  const { agent } = fussyAgent(1);
  const reported: [number, boolean, unknown][] = [];
  await batch(["a", "fail", "b"].map((text) => [agent, { text }] as const), {
    onResult: (result, index) => void reported.push([index, result.ok, result.content]),
  });
  assertEquals(reported.toSorted(([a], [b]) => a - b), [
    [0, true, "a"],
    [1, false, undefined],
    [2, true, "b"],
  ]);
});

Deno.test("onResult may be async: its lane and the result wait for it", async () => {
  const { agent, provider } = echoAgent();
  let saving = 0;
  const saved: number[] = [];
  const onResult = async (_: Result, index: number) => {
    assert(++saving <= 2, "more are being saved than there are lanes");
    await delay(3);
    saving--;
    saved.push(index);
  };
  for await (const { index } of stream(calls(agent, 8), { concurrency: 2, onResult })) {
    assert(saved.includes(index), `${index} came before it was saved`);
  }
  assertEquals(saved.length, 8);
  assertEquals(provider.calls, 8);
});

Deno.test("onResult may return any thenable, such as a query builder", async () => {
  const { agent } = echoAgent();
  const saved: number[] = [];
  await batch(calls(agent, 3), {
    onResult: (_, index) =>
      ({
        then(resolve: () => void) {
          saved.push(index);
          resolve();
        },
      }) as Promise<void>,
  });
  assertEquals(saved.toSorted(), [0, 1, 2]);
});

for (const how of ["throws", "rejects"] as const) {
  Deno.test(`onResult that ${how} fails the batch once and loses no result`, async () => {
    const { agent, provider } = echoAgent(() => provider.calls > 5 ? 60_000 : 0);
    const mine = new Error("the disk is full");
    let called = 0;
    const reasons = await unhandledRejections(async () => {
      const error = await rejection(
        batch(calls(agent, 50), {
          concurrency: 4,
          onResult: (_, index) => {
            called++;
            if (index !== 2) return;
            if (how === "throws") throw mine;
            return Promise.reject(mine);
          },
        }),
        RunError,
      );
      assertStrictEquals(error.cause, mine);
      assertEquals(error.errors, [mine]);
      assert(error.message.includes("the disk is full"));
      assertEquals(error.results[2].content, "2");
      const finished = error.results.filter((result) => result !== undefined);
      assert(finished.length >= called, "a reported result is missing");
    });
    assertEquals(reasons, []);
    assertEquals(provider.inFlight, 0);
    assert(provider.calls < 50);
  });
}

Deno.test("onResult that throws is called once, even if results arrive together", async () => {
  const { agent } = echoAgent(5);
  let called = 0;
  const error = await rejection(
    batch(calls(agent, 30), {
      concurrency: 10,
      onResult: () => {
        called++;
        throw new Error("no");
      },
    }),
    RunError,
  );
  assertEquals(called, 1);
  assertEquals(error.errors.length, 1);
  assert(error.results.some(Boolean));
});

Deno.test("onProgress reports at the start, the end and up to five times a second", async () => {
  const { agent } = fussyAgent(() => 20);
  const texts = [...numbers(60)].map((n) => n % 6 === 5 ? `fail ${n}` : `${n}`);
  const reports: ProgressReport[] = [];
  const began = performance.now();
  const results = await batch(texts.map((text) => [agent, { text }] as const), {
    concurrency: 2,
    onProgress: (report) => void reports.push(report),
  });
  const seconds = (performance.now() - began) / 1000;
  assert(reports.length >= 3, `${reports.length} reports in ${seconds} s`);
  assert(reports.length <= 2 + seconds * 5, `${reports.length} reports in ${seconds} s`);
  assertEquals([reports[0]!.done, reports[0]!.inFlight, reports[0]!.total], [0, 0, 60]);
  let before = 0;
  for (const { done, ok, failed, inFlight, total } of reports) {
    assertEquals(ok + failed, done);
    assert(inFlight >= 0 && inFlight <= 2 && done + inFlight <= total! && done >= before);
    before = done;
  }
  const last = reports.at(-1)!;
  assertEquals([last.done, last.ok, last.failed, last.inFlight, last.etaMs], [60, 50, 10, 0, 0]);
  assertEquals(last.tokens, results.reduce((sum, { usage }) => sum + usage.totalTokens, 0));
  assert(last.perSecond > 0);
});

Deno.test("onProgress reports neither a total nor an end for a generator", async () => {
  const { agent } = echoAgent(1);
  const reports: ProgressReport[] = [];
  await batch(calls(agent, 5).values(), { onProgress: (report) => void reports.push(report) });
  assertEquals(
    reports.map(({ total, etaMs }) => [total, etaMs]),
    reports.map(() => [undefined, undefined]),
  );
  assertEquals(reports.at(-1)!.done, 5);
});

Deno.test("onProgress of an empty run is called twice", async () => {
  const reports: ProgressReport[] = [];
  await batch([], { onProgress: (report) => void reports.push(report) });
  assertEquals(reports.map(({ done, total }) => [done, total]), [[0, 0], [0, 0]]);
});

Deno.test("onProgress of each counts the tokens of the calls inside", async () => {
  const { agent } = echoAgent();
  let last: ProgressReport | undefined;
  const used = await each([1, 2, 3], async (n) => {
    return (await agent.call({ text: "x".repeat(40 * n) })).usage.totalTokens;
  }, { onProgress: (report) => void (last = report) });
  assertEquals(last?.done, 3);
  assertEquals(last?.tokens, used[0]! + used[1]! + used[2]!);
});

for (const [when, at] of [["at the start", 1], ["half-way", 2], ["at the end", 3]] as const) {
  for (const how of ["throws", "rejects"] as const) {
    Deno.test(`onProgress that ${how} ${when} fails the run and keeps the results`, async () => {
      const { agent, provider } = echoAgent(at === 2 ? 80 : 1);
      let reported = 0;
      const onProgress = (report: ProgressReport): void => {
        reported++;
        const now = at === 1 || (at === 2 && report.done > 0) || (at === 3 && report.done === 4);
        if (!now) return;
        if (how === "throws") throw new Error("the terminal is gone");
        return Promise.reject(new Error("the terminal is gone")) as unknown as void;
      };
      const reasons = await unhandledRejections(async () => {
        const error = await rejection(
          batch(calls(agent, at === 2 ? 50 : 4), { concurrency: 2, onProgress }),
          RunError,
        );
        assertEquals((error.cause as Error).message, "the terminal is gone");
        assertEquals(error.errors.length, 1);
        if (at === 3) {
          assertEquals(error.results.map(({ content }) => content), ["0", "1", "2", "3"]);
        }
        if (at === 2) assert(error.results.length > 0);
        const before = reported;
        await delay(250);
        assertEquals(reported, before, "it was called again");
      });
      assertEquals(reasons, []);
      assertEquals(provider.inFlight, 0);
    });
  }
}

Deno.test("onProgress is not called after break", async () => {
  const { agent } = echoAgent();
  let reported = 0;
  for await (
    const _ of stream(calls(agent, 9), {
      concurrency: 1,
      onProgress: () => void reported++,
    })
  ) break;
  const before = reported;
  await delay(250);
  assertEquals(reported, before);
});

Deno.test("callbacks run in the context of the run: calls inside them belong to it", async () => {
  const { agent, provider } = echoAgent(2);
  const note = echoAgent(2, "note");
  await batch(calls(agent, 6), {
    concurrency: 2,
    onResult: async (result) => void await note.agent.call({ text: `${result.content}` }),
  });
  assertEquals(note.provider.calls, 6);
  assert(note.provider.peakInFlight <= 2 && provider.peakInFlight <= 2);
  await assertRejects(
    () =>
      batch(calls(agent, 2), {
        onResult: async () => void await agent.call({ text: "" }, { signal: AbortSignal.abort() }),
      }),
    RunError,
    "aborted",
  );
});

Deno.test("onDelta is called with each delta and index, after the call's own", async () => {
  const { agent } = echoAgent();
  const [pieces, own]: [string[], string[]] = [["", "", ""], []];
  const onDelta = (text: string) => void own.push(text);
  const calls = ["a b", "c d", "e f"].map((text, i) =>
    [agent, { text }, i === 1 ? { onDelta } : undefined] as const
  );
  const results = await batch(calls, {
    onDelta: (text, index) => void (pieces[index] += text),
  });
  assertEquals(pieces, results.map(({ content }) => content));
  assertEquals(own.join(""), pieces[1]);
  assert(results.every(({ timing }) => timing.firstTokenMs !== undefined));
});

Deno.test("onDelta that throws fails only its call", async () => {
  const { agent } = echoAgent();
  const onDelta = (_: string, index: number) => {
    if (index === 0) throw new Error("mine");
  };
  const results = await batch(calls(agent, 2), { onDelta });
  assertEquals(results.map(({ error }) => error?.code), ["tool", undefined]);
});
