import {
  batch,
  configure,
  defineAgent,
  defineParallel,
  definePipeline,
  type Mode,
  RunError,
  stream,
} from "@shoal/agents";
import { scripted, simulator } from "@shoal/agents/testing";
import { type WorkerOptions, type WorkerPool, workers } from "@shoal/agents/workers";
import { assert, assertEquals, assertInstanceOf, assertRejects, assertThrows } from "@std/assert";
import * as agents from "./agents.ts";
import { moduleFor, named } from "./server.ts";
import { configured } from "../helpers.ts";

const { Echo, Identity, Twice } = agents;
const prices = configure().prices;

const at = moduleFor;
const open = (options: Partial<WorkerOptions> = {}) =>
  workers({ module: at("agents.ts"), size: 1, ...options });

/** Why a run could not be made. */
// deno-lint-ignore no-explicit-any
async function refusal(pool: WorkerPool, calls: any): Promise<string> {
  const error = await assertRejects(() => batch(calls, { mode: pool }), RunError);
  assertInstanceOf(error.cause, TypeError);
  assertEquals(error.results.filter((result) => result !== undefined), []);
  return (error.cause as Error).message;
}

Deno.test("workers: options are checked at once", () => {
  const module = at("agents.ts");
  const wrong: [unknown, string][] = [
    [{}, "module must be a URL"],
    [undefined, "module must be a URL"],
    [{ module: "./agents.ts" }, "module must be a URL"],
    [{ module, size: 0 }, "size must be a positive integer: current value is 0"],
    [{ module, size: 1.5 }, "size must be a positive integer"],
    [{ module, perWorker: 0 }, "perWorker must be a positive integer"],
    [{ module, grace: -1 }, "grace must be a number of milliseconds"],
    [{ module, memory: 0 }, "memory must be a positive integer"],
    [{ module, perworker: 1 }, 'did you mean "perWorker"?'],
  ];
  for (const [options, message] of wrong) {
    // deno-lint-ignore no-explicit-any
    assertThrows(() => workers(options as any), Error, message);
  }
});

Deno.test("workers: where there are none, that is said, and auto runs on the event loop", async () => {
  const { Worker } = globalThis;
  try {
    // deno-lint-ignore no-explicit-any
    delete (globalThis as any).Worker;
    assertThrows(() => open(), TypeError, "as there are none here");
    const [result] = await batch([[Identity, 1]], { mode: "auto" });
    assertEquals(result.content, 1);
  } finally {
    globalThis.Worker = Worker;
  }
});

Deno.test("auto takes the pool of configure, as long as it is open", async () => {
  const pool = open();
  using _ = configured({ mode: pool, prices });
  const where = () => batch([[Identity, 1]], { mode: "auto" }).then(([result]) => result.content);
  assertEquals(await where(), 1);
  assertEquals(pool.stats().startMs! > 0, true);
  await pool.close();
  assertEquals(await where(), 1);
  const calls = [[Identity, 1]] as const;
  assertEquals((await batch(calls, { mode: "event-loop" }))[0].content, 1);
  // Who configures a pool, and no fallback, means it.
  await assertRejects(() => batch(calls), RunError, "the pool of workers was closed");
});

Deno.test("configure({ mode }) is for runs that do not say", async () => {
  await using pool = open();
  using _ = configured({ mode: pool, prices });
  await batch([[Identity, 1]], { mode: "event-loop" });
  await Identity.call(1);
  assertEquals(pool.stats().startMs, undefined);
  await batch([[Identity, 1]]);
  assertEquals(typeof pool.stats().startMs, "number");
});

Deno.test("a mode that is none is refused", async () => {
  for (const mode of ["workers", 1, {}, null]) {
    const error = await assertRejects(
      () => batch([[Identity, 1]], { mode: mode as unknown as Mode }),
      TypeError,
    );
    assert(error.message.includes('mode must be "event-loop", "auto" or a pool of workers'));
  }
});

Deno.test("an agent that the module does not export is refused before anything is sent", async () => {
  await using sim = simulator();
  await using _server = named(sim.url);
  await using pool = open();
  const Stranger = defineAgent({ name: "stranger", run: () => 1 });
  const message = await refusal(pool, [[Echo, { text: "x" }], [Stranger, {}]]);
  assert(message.includes(`Cannot call "stranger" in a worker as ${at("agents.ts")} must export`));
  assert(message.includes("it exports ") && message.includes("echo"), message);
  assertEquals(sim.stats.requests, 0);
  // Of a source whose calls nobody knows before, it is told when it comes.
  const seen: unknown[] = [];
  const run = stream(
    (function* () {
      yield [Identity, 1] as const;
      yield [Stranger, {}] as const;
    })(),
    { mode: pool, concurrency: 1 },
  );
  await assertRejects(
    async () => {
      for await (const { result } of run) seen.push(result.content);
    },
    RunError,
    "stranger",
  );
  assertEquals(seen, [1]);
});

Deno.test("an agent that differs is refused, and it is told in what", async () => {
  await using pool = open();
  const provider = scripted("x");
  const variants: [unknown, string][] = [
    [Echo.with({ temperature: 0.5 }), "in: temperature."],
    [Echo.with({ model: "other", system: "secret words" }), "in: model, system."],
    [Echo.with({ provider }), "in: provider."],
    [defineAgent({ name: "echo", model: "gpt-5-mini", prompt: "{other}" }), "prompt"],
    [defineAgent({ name: "identity", run: (x: unknown) => [x] }), "in: run."],
    [
      defineParallel({ name: "both", branches: { one: Echo, two: Twice } }),
      "in: branches.",
    ],
    [definePipeline({ name: "chain", steps: [Echo] }), "in: steps."],
  ];
  for (const [agent, differs] of variants) {
    const message = await refusal(pool, [[agent, { text: "x" }]]);
    assert(message.includes("differs from the one that") && message.includes(differs), message);
    assert(!message.includes("secret words"));
  }
  // What is the same but for the object is the same.
  const Same = defineAgent({ name: "identity", run: (x: unknown) => x });
  assertEquals((await batch([[Same, 5]], { mode: pool }))[0].content, 5);
});

Deno.test("a module that does not load is told of at once, also to those who come later", async () => {
  for (
    const [file, why] of [
      ["broken.ts", "this module never loads"],
      ["exiting.ts", "it exited with the code 3"],
      ["nowhere.ts", "nowhere.ts"],
    ]
  ) {
    await using pool = workers({ module: at(file!), size: 2 });
    for (let i = 0; i < 2; i++) {
      const message = await refusal(pool, [[Identity, 1], [Identity, 2]]);
      assert(message.startsWith(`Cannot start the workers as ${at(file!)} does not load`), message);
      assert(message.includes(why!), message);
    }
    await assertRejects(() => pool.ready(), TypeError, "does not load");
    assertEquals(pool.stats().inFlight + pool.stats().waiting, 0);
  }
});

Deno.test("what cannot be cloned is refused, and it is told what that is", async () => {
  await using pool = open();
  const fn = () => {};
  const calls = [
    [Identity, { fn }],
    [Identity, 1],
    [Identity, fn],
  ] as const;
  const results = await batch(calls, { mode: pool });
  assertEquals(results.map(({ error }) => error?.code), [
    "invalid_params",
    undefined,
    "invalid_params",
  ]);
  assert(results[0].error!.message.includes("its parameters cannot be handed to a worker"));
  assert(!results[0].error!.message.includes("fn"), "what is in them stays out of the message");
  const message = await refusal(pool, [
    [Echo, { text: "x" }, { retries: { max: 1, on: () => true } }],
  ]);
  assert(message.includes("its option retries cannot be handed to a worker"), message);
});

Deno.test("an answer that cannot be cloned fails the call, and what is beside the answer is left out", async () => {
  await using pool = workers({ module: at("uncloneable.ts"), size: 1 });
  const { Answers, Beside } = await import("./uncloneable.ts");
  const [answers, beside] = await batch([[Answers, {}], [Beside, {}]], { mode: pool });
  assertEquals(answers.error?.code, "invalid_output");
  assert(answers.error!.message.includes("cannot leave its worker"));
  assertEquals([beside.content, beside.children.length], ["fine", 1]);
  assertEquals(beside.children[0]!.metadata, undefined);
});

Deno.test("what configure cannot hand over must be configured in the module", async () => {
  await using pool = open();
  {
    using _ = configured({ prices, hooks: { before() {} } });
    const message = await refusal(pool, [[Identity, 1]]);
    assert(message.includes("the hooks of configure cannot be handed over"), message);
  }
  {
    using _ = configured({ prices: () => ({ input: 1, output: 1, total: 2 }) });
    // The module has prices of its own.
    assertEquals((await batch([[Identity, 1]], { mode: pool }))[0].ok, true);
  }
  {
    using _ = configured({ prices, provider: scripted("never asked") });
    assertEquals((await batch([[Identity, 1]], { mode: pool }))[0].ok, true);
    const message = await refusal(pool, [[agents.Bare, { text: "x" }]]);
    assert(message.includes("the provider of configure cannot be handed over"), message);
  }
});
