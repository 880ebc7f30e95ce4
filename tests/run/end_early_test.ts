/**
 * Every run that ends early rejects with a `RunError` whose cause is the first thing that ended
 * it.
 */
import {
  batch,
  each,
  type Journal,
  type JournalSession,
  RunError,
  type RunOptions,
  scope,
  stream,
} from "@shoal/agents";
import { JournalError, memoryJournal } from "@shoal/agents/journal";
import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { delay, echoAgent, fussyAgent, hangingAgent, promptly, rejection } from "./helpers.ts";

const { agent: Echo } = echoAgent(1);
const { agent: Fussy } = fussyAgent(1);

type Options = RunOptions & { onResult?: () => void; throwOnError?: boolean };
type Run = (texts: Iterable<string>, options: Options) => Promise<unknown>;

function* callsOf(texts: Iterable<string>) {
  for (const text of texts) yield [Fussy, { text }] as const;
}

const runs: Record<string, Run> = {
  batch: (texts, options) => batch(callsOf(texts), options),
  stream: async (texts, options) => {
    for await (const _ of stream(callsOf(texts), options));
  },
  each: (texts, { onResult: _, throwOnError: __, ...options }) =>
    each(texts, async (text) => (await Fussy.call({ text })).content, options),
};
const names = { batch: "the batch", stream: "the stream", each: "each" };

function journalThat(fails: Partial<JournalSession>): Journal {
  const kept = memoryJournal();
  return {
    ...kept,
    async open(...args) {
      const session = await kept.open(...args);
      return {
        begin: session.begin.bind(session),
        finish: session.finish.bind(session),
        interrupt: session.interrupt.bind(session),
        close: session.close.bind(session),
        ...fails,
      };
    },
  };
}

async function ended(name: string, run: Promise<unknown>, cause: unknown, why: string) {
  const error = await promptly(rejection(run, RunError));
  assertStrictEquals(error.cause, cause, name);
  assertStrictEquals(error.errors[0], cause, name);
  const message = `Cannot finish ${names[name as keyof typeof names]} as ${why}`;
  assert(error.message.startsWith(message), error.message);
  assert(Array.isArray(error.results));
}

Deno.test("RunError: an abort, before and while it runs, with a reason of any kind", async () => {
  for (const [name, run] of Object.entries(runs)) {
    for (const reason of [new Error("enough"), new DOMException("x", "AbortError"), "enough"]) {
      const signal = AbortSignal.abort(reason);
      const why = reason instanceof DOMException ? "it was aborted" : "it was aborted: enough";
      await ended(name, run(["a"], { signal }), reason, why);
    }
    const controller = new AbortController();
    const { agent } = hangingAgent();
    const hanging = name === "each"
      ? each(["a"], () => agent.call({ text: "a" }), { signal: controller.signal })
      : batch([[agent, { text: "a" }]], { signal: controller.signal });
    await delay(2);
    controller.abort(new Error("later"));
    const error = await promptly(rejection(hanging, RunError));
    assertStrictEquals(error.cause, controller.signal.reason);
  }
});

Deno.test("RunError: a source that throws", async () => {
  for (const [name, run] of Object.entries(runs)) {
    const cause = new Error("the file is gone");
    const source = (function* () {
      yield "a";
      throw cause;
    })();
    await ended(name, run(source, {}), cause, "its source threw: the file is gone");
  }
});

Deno.test("RunError: callbacks that throw", async () => {
  const cause = new Error("mine");
  const throws = () => {
    throw cause;
  };
  for (const [name, run] of Object.entries(runs)) {
    await ended(name, run(["a"], { onProgress: throws }), cause, "onProgress threw: mine");
    if (name === "each") continue;
    await ended(name, run(["a"], { onResult: throws }), cause, "onResult threw: mine");
  }
});

Deno.test("RunError: a failure with throwOnError", async () => {
  const error = await rejection(runs.stream!(["a", "fail"], { throwOnError: true }), RunError);
  const why = "the stream as call 1 failed: Cannot finish the call of";
  assert(error.message.includes(why), error.message);
  const thrown = await rejection(runs.each!(["a", "fail"], { concurrency: 1 }), RunError);
  assert(thrown.message.includes("as its function threw at item 1: "), thrown.message);
  assertEquals(thrown.results, ["a"]);
});

Deno.test("RunError: a journal that fails to open, to begin, to record or to close", async () => {
  const cause = new JournalError("the disk is full", "write");
  const fail = () => Promise.reject(cause);
  const journals = () => [
    { ...memoryJournal(), open: fail },
    journalThat({ begin: fail }),
    journalThat({ finish: fail }),
    journalThat({ close: fail }),
  ];
  for (const [name, run] of Object.entries(runs)) {
    for (const journal of journals()) {
      await ended(name, run(["a"], { journal, runId: "r" }), cause, "the disk is full");
    }
  }
  // Also if the consumer ends the run.
  const breaking = (async () => {
    const options = { journal: journals()[3]!, runId: "r" };
    for await (const _ of stream([[Echo, { text: "a" }]], options)) break;
  })();
  await ended("stream", breaking, cause, "the disk is full");
});

Deno.test("RunError: an abort of the call or scope around a run", async () => {
  const controller = new AbortController();
  const { agent } = hangingAgent();
  let inner: Promise<RunError> | undefined;
  const outer = scope({ signal: controller.signal }, async () => {
    inner = rejection(batch([[agent, { text: "a" }]]), RunError);
    await inner;
  });
  await delay(2);
  controller.abort(new Error("over"));
  const error = await promptly(rejection(outer, RunError));
  assertStrictEquals(error.cause, controller.signal.reason);
  assertEquals(error.message, "Cannot finish the scope as it was aborted: over");
  assert((await inner!).message.includes("the call or scope that it runs in was aborted: over"));
});

Deno.test("scope passes on what its function throws unchanged", async () => {
  const cause = new Error("mine");
  const thrown = await rejection(scope({}, () => Promise.reject(cause)), Error);
  assertStrictEquals(thrown, cause);
});
