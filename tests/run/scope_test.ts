import {
  batch,
  currentScope,
  defineAgent,
  each,
  inScope,
  RunError,
  type Scope,
  scope,
  stream,
} from "@shoal/agents";
import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import {
  delay,
  echoAgent,
  hangingAgent,
  numbers,
  promptly,
  rejection,
  watchedSignal,
} from "./helpers.ts";

Deno.test("currentScope returns undefined outside of a scope", async () => {
  const { agent } = echoAgent();
  assertEquals([inScope(), currentScope()], [false, undefined]);
  assertEquals((await agent.call({ text: "a" })).content, "a");
  await scope({}, () => {});
  assertEquals([inScope(), currentScope()], [false, undefined]);
});

Deno.test("currentScope returns the scope inside it, in runs and agents, too", async () => {
  const { agent } = echoAgent();
  const given = await scope({ concurrency: 3 }, async (given) => {
    assertStrictEquals(currentScope(), given);
    assertEquals([inScope(), given.concurrency, given.signal.aborted], [true, 3, false]);
    const Inner = defineAgent({ name: "inner", run: () => currentScope() === given });
    assertEquals((await Inner.call({})).content, true);
    assertEquals(await each([1], () => currentScope() === given), [true]);
    await delay(1);
    assertStrictEquals(currentScope(), given);
    await agent.call({ text: "a" });
    return given;
  });
  assertEquals([inScope(), given.signal.aborted, given.pending], [false, true, 0]);
});

Deno.test("scope returns the value of its function, sync or async", async () => {
  assertEquals(await scope({}, () => 1), 1);
  assertEquals(await scope({}, () => Promise.resolve(false)), false);
  assertEquals(await scope({}, () => undefined), undefined);
});

Deno.test("calls, batches and nested agents in a scope share its concurrency", async () => {
  const { agent, provider } = echoAgent(3);
  const Pair = defineAgent({
    name: "pair",
    run: async () => void await Promise.all([agent.call({ text: "p" }), agent.call({ text: "q" })]),
  });
  await scope({ concurrency: 2 }, async () => {
    const calls = () => numbers(5).map((n) => [agent, { text: `${n}` }] as const);
    const all = [
      batch(calls(), { concurrency: 5 }),
      each([1, 2, 3], () => agent.call({ text: "e" }), { concurrency: 3 }),
      Pair.call({}),
      agent.call({ text: "c" }),
      (async () => {
        for await (const _ of stream(calls(), { concurrency: 5 }));
      })(),
    ];
    await Promise.all(all);
  });
  assertEquals(provider.calls, 16);
  assertEquals(provider.peakInFlight, 2);
});

Deno.test("a scope with a concurrency of 1 does not deadlock on nested calls", async () => {
  const { agent, provider } = echoAgent(1);
  const deep = (depth: number): Promise<unknown> =>
    depth === 0
      ? agent.call({ text: "x" })
      : scope({ concurrency: 1 }, () => each([1, 2], () => deep(depth - 1), { concurrency: 1 }));
  await promptly(deep(4));
  assertEquals(provider.calls, 16);
  assertEquals(provider.peakInFlight, 1);
});

Deno.test("a scope ends promptly at an abort or deadline even if its function hangs", async () => {
  const { agent, deaf } = hangingAgent();
  const { controller, signal, seen } = watchedSignal();
  const codes: string[] = [];
  const hang = async () => {
    agent.call({ text: "a" }).catch((error) => codes.push(error.code));
    await new Promise(() => {});
  };
  const aborted = scope({ signal }, hang);
  await delay(2);
  controller.abort(new Error("stop"));
  const stopped = await promptly(rejection(aborted, RunError));
  assertEquals(stopped.message, "Cannot finish the scope as it was aborted: stop");
  assertStrictEquals(stopped.cause, controller.signal.reason);
  assertEquals(seen.added, seen.removed);
  const { cause: late, errors, message } = await promptly(
    rejection(scope({ deadline: 15 }, hang), RunError),
  );
  assert(late instanceof DOMException && message.endsWith(late.message));
  assertEquals(errors, [late]);
  assertEquals([late.name, late.message], [
    "TimeoutError",
    "the scope was not finished within 15 ms",
  ]);
  await delay(0);
  assertEquals([codes, deaf.aborted], [["aborted", "timeout"], 2]);
});

Deno.test("a scope does not start if its signal has already aborted", async () => {
  let called = 0;
  await assertRejects(() => scope({ signal: AbortSignal.abort() }, () => called++), RunError);
  assertEquals(called, 0);
});

Deno.test("nested scopes apply both limits, and the outer one awaits the inner", async () => {
  const { agent, provider } = echoAgent(5);
  let inner: Scope | undefined;
  await scope({ concurrency: 3 }, (outer) => {
    scope({ concurrency: 10 }, async (given) => {
      inner = given;
      assertStrictEquals(currentScope(), given);
      await Promise.all([...numbers(9)].map((n) => agent.call({ text: `${n}` })));
    });
    assertEquals(outer.pending, 1);
  });
  assertEquals([provider.peakInFlight, provider.calls], [3, 9]);
  assertEquals(inner?.signal.aborted, true);

  const narrow = echoAgent(3);
  await scope(
    { concurrency: 8 },
    () =>
      scope(
        { concurrency: 2 },
        () => Promise.all([...numbers(6)].map((n) => narrow.agent.call({ text: `${n}` }))),
      ),
  );
  assertEquals(narrow.provider.peakInFlight, 2);
  const failing = scope({}, () => void scope({}, () => Promise.reject(new Error("inner"))));
  assertEquals((await rejection(failing, RunError)).errors.length, 1);
});

Deno.test("a scope counts pending calls, usage and cost", async () => {
  const { agent } = echoAgent(5);
  const Twice = defineAgent({
    name: "twice",
    run: async () =>
      void await Promise.all([agent.call({ text: "1234" }), agent.call({ text: "1234" })]),
  });
  await scope({}, async (outer) => {
    const one = agent.call({ text: "12345678" });
    assertEquals([outer.pending, outer.usage.totalTokens], [1, 0]);
    await one;
    assertEquals([outer.pending, outer.usage.totalTokens, outer.cost], [0, 4, undefined]);
    await Twice.call({});
    assertEquals(outer.usage.totalTokens, 8);
    await scope({}, async (inner) => {
      await agent.call({ text: "1234" });
      assertEquals(inner.usage.totalTokens, 2);
    });
    assertEquals(outer.usage.totalTokens, 10);
  });
});
