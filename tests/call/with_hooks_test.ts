import {
  AgentError,
  batch,
  configure,
  defineAgent,
  defineParallel,
  type HookContext,
  type Hooks,
} from "@shoal/agents";
import { scripted } from "@shoal/agents/testing";
import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { busy, configured, fakeTime, handmade, never, reply, used } from "../helpers.ts";

const base = { name: "a", model: "m", prompt: "{x}" };
const provider = scripted(reply("ok", { usage: used(1, 1) }));

/** Creates hooks that record their calls. */
function recordingHooks(log: string[], name = "", late = false): Hooks {
  const write = (what: string) => {
    if (!late) return void log.push(`${name}${what}`);
    return Promise.resolve().then(() => void log.push(`${name}${what}`));
  };
  return {
    before: (params, { agent }) => write(`before ${agent} ${JSON.stringify(params)}`),
    after: ({ content }) => write(`after ${JSON.stringify(content)}`),
    onError: ({ code }) => write(`error ${code}`),
  };
}

Deno.test("hooks: run and are awaited around each call, those of configure outermost", async () => {
  for (const late of [false, true]) {
    const log: string[] = [];
    using _ = configured({ hooks: recordingHooks(log, "process: ", late) });
    const counted = scripted(() => {
      log.push("request");
      return "ok";
    });
    const A = defineAgent({ ...base, provider: counted, hooks: recordingHooks(log, "", late) });
    await A.call({ x: 1 });
    assertEquals(log, [
      'process: before a {"x":1}',
      'before a {"x":1}',
      "request",
      'after "ok"',
      'process: after "ok"',
    ]);
    log.length = 0;
    await A.ask("hello");
    assertEquals(log.slice(0, 2), ['process: before a "hello"', 'before a "hello"']);
    log.length = 0;
    await A.with({ provider: scripted(busy()), retries: 0 }).settle({ x: 1 });
    assertEquals(log.slice(2), ["error rate_limited", "process: error rate_limited"]);
    log.length = 0;
    await A.settle({} as never);
    assertEquals(log.at(-1), "process: error invalid_params");
    log.length = 0;
    for await (const _ of A.stream({ x: 1 }));
    assertEquals(log.length, 5);
  }
});

Deno.test("hooks: run for an agent with a run, and those of configure inside it", async () => {
  const log: string[] = [];
  using _ = configured({ hooks: { before: (_, { agent }) => void log.push(agent) } });
  const A = defineAgent({ ...base, provider });
  const Flow = defineParallel({ name: "flow", branches: { one: A, two: A } });
  const R = defineAgent({
    name: "r",
    run: (_: unknown) => Flow.call({ x: 1 }).then(() => "done"),
    hooks: recordingHooks(log),
  });
  assertEquals((await R.call(0)).content, "done");
  assertEquals(log, ["r", "before r 0", "a", "a", 'after "done"']);
  log.length = 0;
  const Failing = defineAgent({
    name: "f",
    run: () => Promise.reject(new Error("mine")),
    hooks: {
      onError: () => new Promise((resolve) => setTimeout(() => resolve(void log.push("onError")))),
    },
  });
  assertEquals((await Failing.settle(0)).error!.code, "tool");
  assertEquals(log.at(-1), "onError");
  assertEquals((await R.with({ hooks: {} }).call(0)).ok, true);
});

Deno.test("hooks: receive the context, the result or the error", async () => {
  let context: HookContext | undefined;
  let received: unknown;
  const params = { x: 1 };
  const A = defineAgent({
    ...base,
    provider,
    hooks: {
      before(params, ctx) {
        received = params;
        context = ctx;
      },
    },
  });
  const result = await A.call(params, { metadata: 7 });
  assertStrictEquals(received, params);
  assertEquals([context!.agent, context!.metadata, context!.signal.aborted], ["a", 7, false]);
  const seen: unknown[] = [];
  const B = A.with({ hooks: { after: (result) => void seen.push(result) } });
  const got = await B.call(params);
  assertStrictEquals(seen[0], got);
  const C = A.with({
    provider: scripted(busy()),
    retries: 0,
    hooks: { onError: (error) => void seen.push(error) },
  });
  const failed = await C.settle(params);
  assertStrictEquals(seen[1], failed.error);
  assertEquals(result.ok, true);
});

Deno.test("hooks: a hook that throws or rejects fails only its own call", async () => {
  const cause = new Error("not allowed");
  const throws = () => {
    throw cause;
  };
  for (const bad of [throws, () => Promise.reject(cause)]) {
    for (const where of ["before", "after"] as const) {
      const counted = scripted(reply("ok", { usage: used(1, 1) }));
      const A = defineAgent({ ...base, provider: counted });
      const B = A.with({ hooks: { [where]: bad } });
      const [failed, fine] = await batch([[B, { x: 1 }], [A, { x: 1 }]]);
      assertEquals([failed.error!.code, fine.ok], ["tool", true]);
      assertEquals(
        failed.error!.message,
        `Cannot finish the call of "a" as its ${where} hook threw: not allowed`,
      );
      assertStrictEquals(failed.error!.cause, cause);
      assertEquals(counted.calls, where === "before" ? 1 : 2);
      // The earlier usage is counted.
      assertEquals(failed.usage, where === "before" ? used(0, 0) : used(1, 1));
    }
    const A = defineAgent({
      ...base,
      retries: 0,
      provider: scripted(busy()),
      hooks: { onError: bad },
    });
    const { error } = await A.settle({ x: 1 });
    assertEquals(error!.code, "tool");
    assertEquals(
      error!.message,
      'Cannot finish the call of "a" as its onError hook threw: not allowed. ' +
        'The hook ran because of this error: Cannot finish the call of "a" as the server is busy',
    );
    assertStrictEquals(error!.cause, cause);
  }
});

Deno.test("hooks: a failure in after is passed to the outer onError", async () => {
  const log: string[] = [];
  using _ = configured({ hooks: recordingHooks(log, "process: ") });
  const after = () => Promise.reject(new Error("mine"));
  const result = await defineAgent({ ...base, provider, hooks: { after } }).settle({ x: 1 });
  assertEquals([result.ok, log.at(-1)], [false, "process: error tool"]);
});

Deno.test("hooks: an abort or a timeout does not wait for them", async () => {
  using time = fakeTime();
  const hanging = [{ before: never }, { after: never }, { onError: never }];
  for (const hooks of hanging) {
    const answers = "onError" in hooks ? scripted(busy()) : provider;
    const A = defineAgent({ ...base, provider: answers, retries: 0, hooks });
    const R = defineAgent({ name: "a", run: () => A.call({ x: 1 }), hooks });
    for (
      const call of [
        () => A.settle({ x: 1 }, { timeout: { total: 20 } }),
        () => R.settle(0, { timeout: 20 }),
      ]
    ) {
      const result = call();
      await time.tick(20);
      const { error } = await result;
      // An earlier failure stays the error of the call.
      assert(error!.code === "timeout" || ("onError" in hooks && error!.code === "rate_limited"));
    }
  }
  const received: string[] = [];
  const Hanging = defineAgent({
    ...base,
    provider: handmade({ generate: never }),
    hooks: { onError: ({ code }) => (received.push(code), never()) },
  });
  const call = Hanging.settle({ x: 1 }, { timeout: { total: 20 } });
  await time.tick(20);
  assertEquals([(await call).error!.code, received], ["timeout", ["timeout"]]);
});

Deno.test("hooks: a call is counted once, whatever its hooks do", async () => {
  const bad = { after: () => Promise.reject(new Error("mine")), onError: () => Promise.reject(0) };
  const A = defineAgent({ ...base, provider, hooks: bad });
  const R = defineAgent({ name: "r", run: () => A.settle({ x: 1 }) });
  const result = await R.call(0);
  assertEquals([result.children.length, result.usage, result.attempts.length], [1, used(1, 1), 1]);
  assert(result.children[0]!.error instanceof AgentError);
});

Deno.test("hooks: rejects invalid hooks", () => {
  const cases: [hooks: unknown, message: string][] = [
    [{ befor: () => 1 }, 'no option "befor": did you mean "before"?'],
    [{ after: 1 }, "after must be a function"],
    [() => 1, "its options must be an object"],
  ];
  for (const [hooks, message] of cases) {
    for (
      const set of [
        () => configure({ hooks } as never),
        () => defineAgent({ ...base, hooks } as never),
        () => defineAgent({ name: "a", run: () => 1, hooks } as never),
      ]
    ) assertThrows(set, TypeError, message);
  }
});

Deno.test("hooks: all hooks of a call receive the same context, with its params", async () => {
  const seen: [hook: string, ctx: HookContext, outcome?: unknown][] = [];
  const hooks: Hooks = {
    before: (params, ctx) => void seen.push(["before", ctx, params]),
    after: (result, ctx) => void seen.push(["after", ctx, result.content]),
    onError: (error, ctx) => void seen.push(["onError", ctx, error.result?.ok]),
  };
  using _ = configured({ hooks });
  const provider = scripted(["ok", busy()]);
  const A = defineAgent({ ...base, provider, retries: 0 });
  for (const x of [1, 2]) await A.settle({ x }, { metadata: x });
  assertEquals(seen.map(([hook, ctx, outcome]) => [hook, ctx.metadata, ctx.params, outcome]), [
    ["before", 1, { x: 1 }, { x: 1 }],
    ["after", 1, { x: 1 }, "ok"],
    ["before", 2, { x: 2 }, { x: 2 }],
    ["onError", 2, { x: 2 }, false],
  ]);
  assertStrictEquals(seen[0]![1], seen[1]![1]);
  assertStrictEquals(seen[2]![1], seen[3]![1]);
  assertEquals([seen[1]![1].agent, seen[1]![1].signal instanceof AbortSignal], ["a", true]);
});
