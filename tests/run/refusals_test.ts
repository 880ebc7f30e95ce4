/** Runs reject invalid options and calls before anything is sent. */
import { type AgentCall, batch, each, RunError, scope, stream } from "@shoal/agents";
import { assertEquals, assertInstanceOf, assertRejects, assertThrows } from "@std/assert";
import { delay, echoAgent, rejection } from "./helpers.ts";

const { agent, provider } = echoAgent();
// deno-lint-ignore no-explicit-any
const anything = (value: unknown): any => value;
const call: AgentCall = [agent, { text: "a" }];

async function refused(
  options: unknown,
  type: typeof TypeError | typeof RangeError,
  words: string,
): Promise<void> {
  const before = provider.calls;
  await assertRejects(() => batch([call], anything(options)), type, words);
  assertThrows(() => stream([call], anything(options)), type, words);
  await assertRejects(() => each([1], () => 1, anything(options)), type, words);
  assertEquals(provider.calls, before);
}

Deno.test("a run rejects a concurrency that is not a positive integer", async () => {
  for (const concurrency of [0, -1, NaN, 1.5, Infinity, 2 ** 60]) {
    await refused({ concurrency }, RangeError, "concurrency must be a positive integer");
  }
  for (const concurrency of ["5", null, true, 5n]) {
    await refused({ concurrency }, TypeError, "concurrency must be a positive integer");
  }
  const error = await rejection(batch([call], { concurrency: 0 }), RangeError);
  assertEquals(
    error.message,
    "Cannot run the batch as concurrency must be a positive integer: current value is 0",
  );
});

Deno.test("a run rejects wrong values of every other option", async () => {
  await refused({ deadline: 0 }, RangeError, "deadline must be a positive number");
  await refused({ deadline: "1s" }, TypeError, "deadline must be");
  await refused({ buffer: -1 }, RangeError, "buffer must be a whole number");
  await refused({ buffer: 0.5 }, RangeError, "buffer must be a whole number");
  await refused({ signal: new AbortController() }, TypeError, "signal must be an AbortSignal");
  await refused({ onProgress: true }, TypeError, "onProgress must be a function");
  await refused("fast", TypeError, "its options must be an object");
  await refused(null, TypeError, "its options must be an object");
  await assertRejects(
    () => batch([call], anything({ onResult: 1 })),
    TypeError,
    "onResult must be",
  );
  await assertRejects(
    () => batch([call], anything({ throwOnError: 1 })),
    TypeError,
    "throwOnError must be true or false",
  );
  await assertRejects(
    () => each([1], () => 1, anything({ settle: 1 })),
    TypeError,
    "settle must be",
  );
});

Deno.test("a run names the nearest option for an unknown one", async () => {
  await refused(
    { concurency: 3 },
    TypeError,
    'no option "concurency": did you mean "concurrency"?',
  );
  await refused({ onprogress() {} }, TypeError, 'did you mean "onProgress"?');
  await assertRejects(
    () => scope(anything({ dedline: 3 }), () => {}),
    TypeError,
    'did you mean "deadline"?',
  );
});

Deno.test("a run treats undefined options as absent", async () => {
  const options = {
    concurrency: undefined,
    signal: undefined,
    deadline: undefined,
    buffer: undefined,
  };
  assertEquals((await batch([call], options)).length, 1);
});

Deno.test("a run rejects a source that is not iterable", async () => {
  for (const calls of [undefined, null, 5, "calls", {}, () => {}, Promise.resolve([])]) {
    const words = "must be an array or another sync or async iterable";
    await assertRejects(() => batch(anything(calls)), TypeError, words);
    assertThrows(() => stream(anything(calls)), TypeError, words);
    await assertRejects(() => each(anything(calls), () => 1), TypeError, words);
  }
  await assertRejects(() => each([1], anything("fn")), TypeError, "fn must be a function");
});

const NO_CALLS: [unknown, string][] = [
  [agent, "call 1 must be [agent, params]"],
  [undefined, "call 1 must be [agent, params]"],
  [{ agent, params: {} }, "call 1 must be [agent, params]"],
  [[{ name: "x" }, {}], "call 1 must be [agent, params]"],
  [[], "call 1 must be [agent, params]"],
  [[agent, {}, {}, 1], "call 1 must be [agent, params]"],
  [Promise.resolve(call), "call 1 must be [agent, params]"],
  [
    [agent, { text: "a" }, { tmeout: 1 }],
    'call 1 as there is no option "tmeout": did you mean "timeout"?',
  ],
];

Deno.test("a run of an array rejects an invalid call before anything is sent", async () => {
  const before = provider.calls;
  for (const [wrong, words] of NO_CALLS) {
    await assertRejects(() => batch([call, anything(wrong)]), TypeError, words);
    assertThrows(() => stream([call, anything(wrong)]), TypeError, words);
  }
  // deno-lint-ignore no-sparse-arrays
  await assertRejects(() => batch(anything([call, , call])), TypeError, "call 1 must be");
  assertEquals(provider.calls, before);
});

Deno.test("a run of a generator rejects an invalid call after the results before it", async () => {
  for (const [wrong, words] of NO_CALLS) {
    let pulled = 0;
    let closed = false;
    const source = function* (): Generator<AgentCall> {
      try {
        for (const one of [call, anything(wrong), call, call]) {
          pulled++;
          yield one;
        }
      } finally {
        closed = true;
      }
    };
    const error = await rejection(batch(source(), { concurrency: 1 }), RunError);
    assertInstanceOf(error.cause, TypeError);
    assertEquals(
      error.cause.message.includes(words.replace("call 1 as", "call 1 as")),
      true,
      error.cause.message,
    );
    assertEquals(error.results.map(({ content }) => content), ["a"]);
    assertEquals([pulled, closed], [2, true]);
  }
  const seen: unknown[] = [];
  await assertRejects(
    async () => {
      const calls = (async function* (): AsyncGenerator<AgentCall> {
        yield call;
        await delay(1);
        yield anything("no call");
      })();
      for await (const { result } of stream(calls)) seen.push(result.content);
    },
    RunError,
    "call 1 must be [agent, params]",
  );
  assertEquals(seen, ["a"]);
});

Deno.test("each and scope reject wrong options before they call the function", async () => {
  let called = 0;
  await assertRejects(() => each([1], () => called++, { concurrency: 0 }), RangeError);
  await assertRejects(() => scope({ concurrency: 0 }, () => called++), RangeError);
  await assertRejects(() => scope({ deadline: -1 }, () => called++), RangeError);
  await assertRejects(() => scope({ signal: anything(1) }, () => called++), TypeError);
  await assertRejects(() => scope({}, anything(undefined)), TypeError, "fn must be a function");
  assertEquals(called, 0);
});
