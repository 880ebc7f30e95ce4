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
import { runtime } from "../runtime.ts";

const { Echo, Identity, Twice } = agents;
const prices = configure().prices;

const at = moduleFor;
const open = (options: Partial<WorkerOptions> = {}) =>
  workers({ module: at("agents.ts"), size: 1, ...options });

/** Returns the message of the error that the run rejects with. */
// deno-lint-ignore no-explicit-any
async function rejectionOf(pool: WorkerPool, calls: any): Promise<string> {
  const error = await assertRejects(() => batch(calls, { mode: pool }), RunError);
  assertInstanceOf(error.cause, TypeError);
  assertEquals(error.results.filter((result) => result !== undefined), []);
  return (error.cause as Error).message;
}

Deno.test("rejects invalid options when the pool is created", () => {
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

Deno.test({
  name: 'without workers, as on Deno Deploy, throws, and the mode "auto" uses the event loop',
  ignore: runtime !== "deno",
  async fn() {
    const { Worker } = globalThis;
    try {
      // deno-lint-ignore no-explicit-any
      delete (globalThis as any).Worker;
      assertThrows(() => open(), TypeError, "as this runtime has no workers");
      const [result] = await batch([[Identity, 1]], { mode: "auto" });
      assertEquals(result.content, 1);
    } finally {
      globalThis.Worker = Worker;
    }
  },
});

Deno.test('the mode "auto" uses the configured pool while it is open', async () => {
  const pool = open();
  using _ = configured({ mode: pool, prices });
  const where = () => batch([[Identity, 1]], { mode: "auto" }).then(([result]) => result.content);
  assertEquals(await where(), 1);
  assertEquals(pool.stats().startMs! > 0, true);
  await pool.close();
  assertEquals(await where(), 1);
  const calls = [[Identity, 1]] as const;
  assertEquals((await batch(calls, { mode: "event-loop" }))[0].content, 1);
  // A configured pool without "auto" has no fallback.
  await assertRejects(() => batch(calls), RunError, "the pool of workers was closed");
});

Deno.test("configure({ mode }) applies to runs without a mode", async () => {
  await using pool = open();
  using _ = configured({ mode: pool, prices });
  await batch([[Identity, 1]], { mode: "event-loop" });
  await Identity.call(1);
  assertEquals(pool.stats().startMs, undefined);
  await batch([[Identity, 1]]);
  assertEquals(typeof pool.stats().startMs, "number");
});

Deno.test("rejects a mode that is not a mode", async () => {
  for (const mode of ["workers", 1, {}, null]) {
    const error = await assertRejects(
      () => batch([[Identity, 1]], { mode: mode as unknown as Mode }),
      TypeError,
    );
    assert(error.message.includes('mode must be "event-loop", "auto" or a pool of workers'));
  }
});

Deno.test("rejects an agent that the module does not export before anything is sent", async () => {
  await using sim = simulator();
  await using _server = named(sim.url);
  await using pool = open();
  const Stranger = defineAgent({ name: "stranger", run: () => 1 });
  const message = await rejectionOf(pool, [[Echo, { text: "x" }], [Stranger, {}]]);
  assert(message.includes(`Cannot call "stranger" in a worker as ${at("agents.ts")} must export`));
  assert(message.includes("it exports ") && message.includes("echo"), message);
  assertEquals(sim.stats.requests, 0);
  // For a source that yields calls one by one, the error comes with the call.
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

Deno.test("rejects an agent with another definition, and names what differs", async () => {
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
    const message = await rejectionOf(pool, [[agent, { text: "x" }]]);
    assert(message.includes("differs from the agent that") && message.includes(differs), message);
    assert(!message.includes("secret words"));
  }
  // An agent with the same definition is the same agent.
  const Same = defineAgent({ name: "identity", run: (x: unknown) => x });
  assertEquals((await batch([[Same, 5]], { mode: pool }))[0].content, 5);
});

Deno.test("rejects current and later calls if the module does not load", async () => {
  for (
    const [file, why] of [
      ["broken.ts", "this module never loads"],
      ["exiting.ts", "it exited with the code 3"],
      ["nowhere.ts", "nowhere.ts"],
    ]
  ) {
    await using pool = workers({ module: at(file!), size: 2 });
    for (let i = 0; i < 2; i++) {
      const message = await rejectionOf(pool, [[Identity, 1], [Identity, 2]]);
      assert(message.startsWith(`Cannot start the workers as ${at(file!)} does not load`), message);
      assert(message.includes(why!), message);
    }
    await assertRejects(() => pool.ready(), TypeError, "does not load");
    assertEquals(pool.stats().inFlight + pool.stats().waiting, 0);
  }
});

Deno.test("rejects parameters and options that cannot be cloned, and names them", async () => {
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
  assert(results[0].error!.message.includes("its parameters cannot be sent to a worker"));
  assert(!results[0].error!.message.includes("fn"), "what is in them stays out of the message");
  const message = await rejectionOf(pool, [
    [Echo, { text: "x" }, { retries: { max: 1, on: () => true } }],
  ]);
  assert(message.includes("its option retries cannot be sent to a worker"), message);
});

Deno.test("fails a call whose answer cannot be cloned, and drops other such values", async () => {
  await using pool = workers({ module: at("uncloneable.ts"), size: 1 });
  const { Answers, Beside } = await import("./uncloneable.ts");
  const [answers, beside] = await batch([[Answers, {}], [Beside, {}]], { mode: pool });
  assertEquals(answers.error?.code, "invalid_output");
  assert(answers.error!.message.includes("cannot be sent from its worker"));
  assertEquals([beside.content, beside.children.length], ["fine", 1]);
  assertEquals(beside.children[0]!.metadata, undefined);
});

Deno.test("requires the module to configure options that cannot be cloned", async () => {
  await using pool = open();
  {
    using _ = configured({ prices, hooks: { before() {} } });
    const message = await rejectionOf(pool, [[Identity, 1]]);
    assert(message.includes("hooks of configure cannot be sent to workers"), message);
  }
  {
    using _ = configured({ prices: () => ({ input: 1, output: 1, total: 2 }) });
    // The module configures its own prices.
    assertEquals((await batch([[Identity, 1]], { mode: pool }))[0].ok, true);
  }
  {
    using _ = configured({ prices, provider: scripted("never asked") });
    assertEquals((await batch([[Identity, 1]], { mode: pool }))[0].ok, true);
    const message = await rejectionOf(pool, [[agents.Bare, { text: "x" }]]);
    assert(message.includes("the provider of configure cannot be sent to workers"), message);
  }
});
