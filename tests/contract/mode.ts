/** Tests of the contract of modes. A mode runs them with a function that opens it. */
import {
  type AgentError,
  batch,
  configure,
  each,
  type Mode,
  type Result,
  RunError,
  type RunMode,
  scope,
  stream,
  summarize,
} from "@shoal/agents";
import { type Simulator, simulator, type SimulatorOptions } from "@shoal/agents/testing";
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";
import { delay } from "@std/async/delay";
import { AgentError as ErrorClass } from "../../src/model/result.ts";
import { loadPrices } from "../../src/pricing/prices.ts";
import * as agents from "../workers/agents.ts";
import { named } from "../workers/server.ts";
import { until } from "../workers/until.ts";

// Load the prices once, outside of the sanitized tests.
await loadPrices("any", undefined);

const { Echo, Twice, Waits } = agents;

/** The parameters of a test. */
export interface ModeWorld {
  readonly mode: RunMode;
  readonly sim: Simulator;
}

/** An open mode. */
export interface OpenMode {
  readonly mode: RunMode;
  /** Resolves when the mode is idle. Aborted calls may take a moment to end. */
  idle(): Promise<void>;
}

/** Registers the tests. */
export function modeContract(name: string, opened: OpenMode): void {
  const test = (
    what: string,
    options: SimulatorOptions,
    body: (world: ModeWorld) => Promise<void>,
  ) =>
    Deno.test(`mode ${name}: ${what}`, async () => {
      await using sim = simulator({ respond: ({ text }) => text, ...options });
      await using _server = named(sim.url);
      await body({ mode: opened.mode, sim });
      await opened.idle();
    });
  const texts = (n: number) => Array.from({ length: n }, (_, i) => `text ${i}`);
  const echoes = (n: number) => texts(n).map((text) => [Echo, { text }] as const);

  test("returns complete results in order, with usage and cost", {
    latency: { min: 0, max: 20 },
  }, async ({ mode }) => {
    const results = await batch(echoes(20), { mode, concurrency: 8 });
    assertEquals(results.map(({ content }) => content), texts(20));
    for (
      const { ok, agent, model, usage, cost, attempts, timing, startedAt, durationMs } of results
    ) {
      assertEquals([ok, agent, model], [true, "echo", "gpt-5-mini"]);
      assert(usage.totalTokens > 0 && usage.totalTokens === usage.inputTokens + usage.outputTokens);
      assertEquals(cost?.total, (usage.inputTokens + 2 * usage.outputTokens) / 1e6);
      assertEquals(attempts.map(({ model, error }) => [model, error]), [["gpt-5-mini", undefined]]);
      assertEquals(attempts[0]!.usage, usage);
      assert(timing.modelMs > 0 && durationMs >= timing.modelMs);
      assert(Math.abs(Date.now() - startedAt) < 60_000);
    }
    const { ok, cost, usage } = summarize(results);
    assertEquals(ok, 20);
    assert(Math.abs(cost!.total - (usage.inputTokens + 2 * usage.outputTokens) / 1e6) < 1e-12);
  });

  test("runs all kinds of agents and workflows", {
    respond: ({ text, tools, messages }) =>
      text.startsWith("stars")
        ? '{"stars": 4}'
        : tools.length > 0 && messages.at(-1)?.role !== "tool"
        ? { content: null, toolCalls: [{ name: "double", arguments: { n: 21 } }] }
        : text,
  }, async ({ mode }) => {
    const [prompted, typed, tooled, twice, many, both, chain, desk, listed, checked, dry] =
      await batch([
        [agents.Prompted, { parts: ["a", "b"] }],
        [agents.Typed, { text: "stars" }],
        [agents.Tooled, { text: "what is it?" }, { metadata: "me" }],
        [Twice, { text: "x" }],
        [agents.Many, { texts: ["1", "2", "3"] }],
        [agents.Both, { text: "y" }],
        [agents.Chain, { text: "z" }],
        [agents.Desk, { text: "right" }],
        [agents.more[0]!, { text: "in a list" }],
        [agents.Checked, { n: 1 }],
        [Echo, { text: "dry" }, { dryRun: true }],
      ], { mode });
    assertEquals(prompted.content, "a and b");
    assertEquals(typed.content, { stars: 4 });
    assertEquals(tooled.toolCalls.map(({ name, args, result }) => ({ name, args, result })), [
      { name: "double", args: { n: 21 }, result: { doubled: 42, for: "me" } },
    ]);
    assertEquals(tooled.attempts.length, 2);
    assertEquals(twice.content, "x again");
    assertEquals(twice.children.map(({ content }) => content), ["x", "x again"]);
    assertEquals(twice.attempts.length, 2);
    assertEquals(many.content, ["1", "2", "3"]);
    assertEquals(both.content, { one: "y", two: "y" });
    assertEquals((both as unknown as { status: string }).status, "success");
    assertEquals(chain.content, "z and more");
    assertEquals((chain as unknown as { steps: Result[] }).steps.length, 2);
    assertEquals(listed.content, "in a list");
    assertEquals(checked.content, 2);
    assertEquals(desk.ok, false); // the parameters of "right" are missing
    assertEquals((desk as unknown as { route: string }).route, "right");
    const { request } = dry as unknown as { request: { messages: unknown } };
    assertEquals(request.messages, [{ role: "user", content: "dry" }]);
  });

  test(
    "keeps empty values, and the types of data",
    {},
    async ({
      mode,
    }) => {
      const values = [
        false,
        0,
        "",
        null,
        undefined,
        NaN,
        10n,
        new Date(5),
        new Map([[1, { two: new Set([2]) }]]),
        new Uint8Array([1, 2]),
        /x/g,
        { deep: [{ er: undefined }] },
      ];
      const results = await batch(values.map((value) => [agents.Identity, value] as const), {
        mode,
      });
      assertEquals(results.map(({ content }) => content), values);
    },
  );

  test("returns failures with their code, status, attempts and cause", {
    script: ({ text }) => text === "no" ? "400" : text === "cut" ? "truncate" : undefined,
  }, async ({ mode }) => {
    const results = await batch([
      [Echo, { text: "no" }],
      [Echo, { text: "yes" }],
      [agents.Typed, { text: "not JSON" }],
      [agents.Checked, { n: 0.5 }],
      [agents.Throws, { how: "odd" }],
      [agents.Throws, { how: "value" }],
      [agents.Throws, { how: "a type" }],
      // deno-lint-ignore no-explicit-any
      [Echo, {} as any],
      [agents.Timed, { ms: 60_000 }],
      [Twice, { text: "no" }],
    ], { mode });
    const errors = results.map(({ error }) => error);
    assertEquals(errors.map((error) => error?.code), [
      "provider",
      undefined,
      "invalid_output",
      "invalid_params",
      "tool",
      "tool",
      "tool",
      "invalid_params",
      "timeout",
      "provider",
    ]);
    const [refused, , unfit, unchecked, odd, value, typeError, , late, part] =
      errors as AgentError[];
    for (const error of errors) if (error !== undefined) assertInstanceOf(error, ErrorClass);
    assertEquals([refused!.status, refused!.agent, refused!.model], [400, "echo", "gpt-5-mini"]);
    assertEquals(refused!.attempts.map(({ status }) => status), [400]);
    assertEquals(results[0].attempts, refused!.attempts);
    assertEquals((refused!.cause as Error).name, "ProviderError");
    assertEquals((refused!.cause as { status?: number }).status, 400);
    assertEquals(unfit!.text, "not JSON");
    assert(unfit!.issues!.length > 0);
    assertEquals(unchecked!.issues!.map(({ path }) => path), [["n"]]);
    const cause = odd!.cause as Error & { code: string };
    assertInstanceOf(cause, Error);
    assertEquals([cause.name, cause.message, cause.code], ["Odd", "very odd", "E_ODD"]);
    assertInstanceOf(cause.cause, RangeError);
    assertEquals(value!.cause, { how: "value" });
    assertInstanceOf(typeError!.cause, TypeError);
    assertEquals((late!.cause as DOMException).name, "TimeoutError");
    assertInstanceOf(part!.cause, ErrorClass);
    assertEquals([(part!.cause as AgentError).agent, part!.agent], ["echo", "twice"]);
  });

  test("retries, and uses fallback models", {
    script: ({ model, text }, n) => {
      if (model === "first") return "503";
      return text === "shaky" && n === 0 ? "503" : undefined;
    },
  }, async ({ mode, sim }) => {
    const [shaky] = await batch([[Echo, { text: "shaky" }]], { mode });
    assertEquals(shaky.content, "shaky");
    assertEquals(shaky.attempts.map(({ status }) => status), [503, undefined]);
    const [sturdy] = await batch([[agents.Sturdy, { text: "s" }]], { mode });
    assertEquals([sturdy.model, sturdy.usedFallback], ["second", true]);
    assertEquals(sim.stats.requests, 4);
    const [once] = await batch([[agents.Sturdy, { text: "s" }, { fallbackModels: [] }]], { mode });
    assertEquals([once.error?.code, once.attempts.length], ["provider", 1]);
  });

  test("applies the options of a call: model, settings, messages, timeout, metadata", {
    respond: ({ model, messages, body }) =>
      JSON.stringify([model, body.temperature, messages.map(({ content }) => content)]),
    latency: ({ text }) => text === "slow" ? 5_000 : 0,
  }, async ({ mode }) => {
    const metadata = { fn: () => 1, at: Symbol("here") };
    const history = [{ role: "user", content: "Hi" }, {
      role: "assistant",
      content: "Yes?",
    }] as const;
    const [told, slow, meta, odd] = await batch([
      [Echo, { text: "x" }, { model: "other", temperature: 0.5, messages: history, metadata }],
      [Echo, { text: "slow" }, { timeout: 50, retries: 0 }],
      [agents.Meta, {}, { metadata: { trace: 7 } }],
      [Twice, { text: "x" }, { metadata }],
    ], { mode });
    assertEquals(JSON.parse(told.content!), ["other", 0.5, ["Hi", "Yes?", "x"]]);
    assert(told.metadata === metadata, "it comes back as it is");
    assertEquals([slow.error?.code, slow.attempts.length], ["timeout", 1]);
    assertEquals(meta.content, { trace: 7 });
    assert(odd.metadata === metadata && odd.ok);
  });

  test(
    "emits deltas in order, and waits for each callback",
    { chunkSize: 1 },
    async ({ mode }) => {
      const pieces: string[][] = [[], [], []];
      const own: string[] = [];
      let busy = 0;
      const results = await batch([
        [Echo, { text: "one two three four five six" }, {
          async onDelta(text) {
            assertEquals(++busy, 1);
            await delay(2);
            busy--;
            own.push(text);
          },
        }],
        [Echo, { text: "a b c d e f" }],
        [Twice, { text: "never told" }],
      ], { mode, onDelta: (text, index) => void pieces[index]!.push(text) });
      assertEquals(results.map(({ ok }) => ok), [true, true, true]);
      assert(own.length > 2, "in pieces");
      assertEquals(own.join(""), "one two three four five six");
      assertEquals(pieces[0], own);
      assertEquals(pieces[1]!.join(""), "a b c d e f");
      assertEquals(pieces[2], []);
      assert(results[0].timing.firstTokenMs! >= 0);
    },
  );

  test("an onDelta that throws fails the call", { chunkSize: 1 }, async ({ mode }) => {
    const thrown = new RangeError("enough");
    const [result] = await batch([[Echo, { text: "a b c d" }, {
      onDelta() {
        throw thrown;
      },
    }]], { mode });
    assertEquals(result.error?.code, "tool");
    assertInstanceOf(result.error?.cause, RangeError);
    assertEquals((result.error?.cause as Error).message, "enough");
    assertEquals(result.attempts.length, 1);
  });

  test("an abort ends the run at once, in any state of its calls", { latency: 10_000 }, async ({
    mode,
    sim,
  }) => {
    const controller = new AbortController();
    const reason = new Error("not wanted any more");
    let finished = 0;
    const calls = [[agents.Identity, 1], ...echoes(6), [Waits, { ms: 60_000 }]] as const;
    const run = batch(calls as never, {
      mode,
      concurrency: 5,
      signal: controller.signal,
      onResult: () => void finished++,
    });
    // The finished call and the others may be in different workers, which start one after another.
    await until(() => finished === 1 && sim.stats.inFlight >= 2, "1 finished, and 2 are in flight");
    const began = performance.now();
    controller.abort(reason);
    const error = await assertRejects(() => run, RunError);
    assert(performance.now() - began < 500, "at once");
    assert(error.cause === reason);
    assertEquals(error.results[0]?.content, 1);
    await until(() => sim.stats.inFlight === 0, "nothing is left on the wire");
    assert(sim.stats.requests <= 5);
  });

  test(
    "fails unfinished calls at the deadline with the code timeout",
    { latency: 10_000 },
    async ({
      mode,
    }) => {
      // Start the mode before the measurement.
      await batch([[agents.Identity, 1]], { mode });
      const calls = [[agents.Identity, 1], ...echoes(5), [Waits, { ms: 60_000 }]] as const;
      const results = await batch(calls as never, {
        mode,
        concurrency: 3,
        deadline: 300,
      }) as Result[];
      assertEquals(results.map(({ error }) => error?.code), [
        undefined,
        ...Array(6).fill("timeout"),
      ]);
      assertEquals((results[1]!.error!.cause as DOMException).name, "TimeoutError");
      assert(results[1]!.error!.message.includes("the run was not finished within 300 ms"));
    },
  );

  test(
    "the signal of a call aborts that call",
    { latency: ({ text }) => text === "x" ? 0 : 9_000 },
    async ({
      mode,
      sim,
    }) => {
      const controller = new AbortController();
      const reason = new DOMException("stop this one", "AbortError");
      const run = batch([
        [Echo, { text: "long" }, { signal: controller.signal }],
        [Echo, { text: "x" }],
        [Echo, { text: "x" }, { signal: AbortSignal.abort(reason) }],
      ], { mode });
      await until(() => sim.stats.requests >= 2, "2 were sent");
      controller.abort(reason);
      const [long, x, never] = await run;
      assertEquals([long.error?.code, x.content, never.error?.code], ["aborted", "x", "aborted"]);
      assert(long.error?.cause === reason && never.error?.cause === reason);
      assertEquals([long.attempts.length, never.attempts.length], [1, 0]);
    },
  );

  test(
    "the concurrency of a run limits all its attempts",
    { latency: 20 },
    async ({ mode, sim }) => {
      const calls = texts(9).map((text) => [Twice, { text }] as const);
      const results = await batch(calls, { mode, concurrency: 3 });
      assertEquals(results.filter(({ ok }) => ok).length, 9);
      assertEquals(sim.stats.requests, 18);
      assert(
        sim.stats.peakInFlight <= 3 && sim.stats.peakInFlight > 1,
        `${sim.stats.peakInFlight}`,
      );
    },
  );

  test("applies the limits of agents and keys, of nested agents, too", { latency: 20 }, async ({
    mode,
    sim,
  }) => {
    for (
      const [agent, most] of [[agents.Narrow, 2], [agents.Account, 3], [agents.Hidden, 2]] as const
    ) {
      sim.resetStats();
      const results = await batch(texts(12).map((text) => [agent, { text }] as const), {
        mode,
        concurrency: 12,
      });
      assertEquals(results.filter(({ ok }) => ok).length, 12, agent.name);
      assertEquals(sim.stats.requests, 12);
      assert(sim.stats.peakInFlight <= most, `${agent.name}: ${sim.stats.peakInFlight}`);
    }
  });

  test("applies budgets of calls and of cost", { latency: 5 }, async ({ mode, sim }) => {
    const byCalls = await batch(echoes(12), { mode, concurrency: 12, budget: { calls: 5 } });
    assertEquals(summarize(byCalls).byError, { budget: 7 });
    assertEquals(sim.stats.requests, 5);
    assertEquals(byCalls.find(({ ok }) => !ok)!.attempts.length, 0);
    // Makes the reservations about equal to the usage.
    const short = echoes(12).map(([agent, params]) => [agent, params, { maxTokens: 4 }] as const);
    const byCost = await batch(short, { mode, concurrency: 12, budget: { cost: 0.00005 } });
    const { ok, cost, byError } = summarize(byCost);
    assert(ok > 0 && byError.budget! > 0 && ok + byError.budget! === 12, `${ok}`);
    assert(cost!.total <= 0.00005);
    const [unknown] = await Promise.allSettled([
      batch([[Echo, { text: "x" }, { model: "who knows" }]], { mode, budget: { cost: 1 } }),
    ]);
    assert(unknown.status === "rejected", "without a price");
    assertInstanceOf((unknown.reason as RunError).cause, TypeError);
  });

  test("keeps budgets with answers much longer than before", {
    latency: 5,
    respond: () => "x".repeat(20_000),
  }, async ({ mode }) => {
    for (const maxTokens of [undefined, 6_000]) {
      const calls = echoes(60).map(([agent, params]) => [agent, params, { maxTokens }] as const);
      const options = { mode, concurrency: 60, budget: { tokens: 60_000 } };
      const { ok, usage, byError } = summarize(await batch(calls, options));
      assertEquals(byError, { budget: 60 - ok });
      const handful = maxTokens === undefined ? 20_000 : 0;
      assert(usage.totalTokens <= 60_000 + handful, `${usage.totalTokens} with ${maxTokens}`);
      assert(usage.totalTokens > 50_000, `${usage.totalTokens} with ${maxTokens}`);
    }
  });

  test("reports the wait for a budget", { latency: 20 }, async ({ mode }) => {
    const calls = echoes(10).map(([agent, params]) =>
      [agent, params, { maxTokens: 1_000 }] as const
    );
    const results = await batch(calls, { mode, concurrency: 10, budget: { tokens: 1_500 } });
    const { timeSpent, verdict, ok } = summarize(results);
    assert(ok > 0 && timeSpent.budgetMs > 20, `${timeSpent.budgetMs}`);
    assert(results.some(({ timing }) => timing.limitedBy === "budget"), verdict);
  });

  test("shares one circuit breaker", {
    script: ({ text }) => text === "bad" ? "503" : undefined,
  }, async ({ mode, sim }) => {
    const call = (text: string, model: string) => [agents.Fragile, { text }, { model }] as const;
    const model = crypto.randomUUID();
    const results = await batch(
      Array.from({ length: 8 }, () => call("bad", model)),
      { mode, concurrency: 1 },
    );
    assertEquals(results.map(({ error }) => error?.code), [
      "provider",
      "provider",
      ...Array(6).fill("circuit_open"),
    ]);
    assertEquals(sim.stats.requests, 2);
    assert(results[7]!.error!.retryAfterMs! > 50_000);
    // The breaker belongs to this process: it is also open for a call on the event loop.
    const here = await agents.Fragile.settle({ text: "good" }, { model });
    assertEquals(here.error?.code, "circuit_open");
    const [retried] = await batch([[agents.Fragile, { text: "bad" }, {
      model: crypto.randomUUID(),
      retries: { max: 5, base: 1 },
    }]], { mode });
    // Its own error is more specific than an open circuit.
    assertEquals([retried.error?.code, retried.attempts.length], ["provider", 2]);
  });

  test("shares one cache", {}, async ({ mode, sim }) => {
    const text = crypto.randomUUID();
    const first = await batch([[agents.Cached, { text }]], { mode });
    const results = await batch(
      Array.from({ length: 6 }, () => [agents.Cached, { text }] as const),
      { mode, concurrency: 6 },
    );
    assertEquals(sim.stats.requests, 1);
    assertEquals([first[0].cached, ...results.map(({ cached }) => cached)], [
      false,
      ...Array(6).fill(true),
    ]);
    const here = await agents.Cached.settle({ text });
    assertEquals([here.cached, here.content], [true, text]);
  });

  test(
    "stream yields results as they complete, and break stops it",
    { latency: 5 },
    async ({ mode, sim }) => {
      function* endless() {
        for (let i = 0;; i++) yield [Echo, { text: `text ${i}` }] as const;
      }
      const seen: number[] = [];
      for await (const { result, index, agent } of stream(endless(), { mode, concurrency: 4 })) {
        assert(agent === Echo);
        assertEquals(result.content, `text ${index}`);
        seen.push(index);
        if (seen.length === 10) break;
      }
      // Requests that were being sent may still arrive.
      await delay(200);
      const { requests } = sim.stats;
      assert(requests < 30);
      await delay(50);
      assertEquals(sim.stats.requests, requests, "nothing fires afterwards");
    },
  );

  test(
    "each: calls inside the function run in the mode",
    { latency: 20 },
    async ({ mode, sim }) => {
      const contents = await each(texts(8), async (text, { signal }) => {
        const [one, two] = await Promise.all([
          Echo.call({ text }, { signal }),
          Echo.ask(`${text}!`),
        ]);
        return [one.content, two.content];
      }, { mode, concurrency: 3 });
      assertEquals(contents, texts(8).map((text) => [text, `${text}!`]));
      assert(sim.stats.peakInFlight <= 3);
    },
  );

  test(
    "a scope applies its concurrency, counts usage and awaits its calls",
    { latency: 20 },
    async ({
      mode,
      sim,
    }) => {
      const contents: string[] = [];
      const { usage, cost } = await scope({ concurrency: 2, mode }, (scope) => {
        for (const text of texts(6)) {
          Twice.call({ text }).then(({ content }) => contents.push(content)); // not awaited
        }
        return scope;
      });
      assertEquals(contents.length, 6);
      assert(sim.stats.peakInFlight <= 2);
      assertEquals(usage.totalTokens, sim.stats.inputTokens + sim.stats.outputTokens);
      assert(cost! > 0);
      const error = await assertRejects(
        () => scope({ mode, deadline: 200 }, () => Waits.call({ ms: 60_000 })),
        RunError,
      );
      assertEquals((error.cause as Error).name, "TimeoutError");
    },
  );

  test("a workflow returns its full result, also if called directly", {
    script: ({ model }) => model === "first" || model === "second" ? "400" : undefined,
  }, async ({ mode }) => {
    const result = await scope({ mode }, () => agents.Both.call({ text: "w" }));
    assertEquals([result.status, result.content.one], ["partial", "w"]);
    assertEquals(result.branches.one!.content, "w");
    assertInstanceOf(result.errors.two, ErrorClass);
    assertEquals(result.errors.two.code, "exhausted");
    const chain = await scope({ mode }, () => agents.Chain.call({ text: "w" }));
    assertEquals([chain.status, chain.steps.length], ["success", 2]);
    const error = await assertRejects(
      () => scope({ mode }, () => agents.Throws.call({ how: "x" })),
      ErrorClass,
    );
    assertEquals(error.code, "tool");
  });

  test("a failed workflow keeps its parts, in a batch and in the error of its call", {
    script: ({ model }) => model === "gpt-5-mini" ? "400" : undefined,
  }, async ({ mode }) => {
    const error = await assertRejects(
      () => scope({ mode }, () => agents.Both.call({ text: "w" })),
      ErrorClass,
    );
    const [inBatch] = await batch([[agents.Both, { text: "w" }]], { mode });
    for (const result of [error.result!, inBatch]) {
      assert(!result.ok);
      assertEquals([result.status, result.branches!.two!.content], ["error", "w"]);
      assertStrictEquals(result.error.result, result);
      assertInstanceOf(result.errors!.one, ErrorClass);
      assertStrictEquals(result.errors!.one, result.branches!.one!.error);
    }
    const desk = await scope({ mode }, () => agents.Chain.settle({ text: "w" }));
    assert(!desk.ok);
    assertEquals([desk.status, desk.steps.length, desk.error.code], ["error", 1, "provider"]);
  });

  test("stream items carry their params and key", {}, async ({ mode }) => {
    const calls = texts(3).map((text) => [Echo, { text }, { key: `key of ${text}` }] as const);
    for await (const { result, params, key, index } of stream(calls, { mode })) {
      const { text } = params;
      assertEquals([text, key], [texts(3)[index]!, `key of ${text}`]);
      assertEquals(result.content, text);
    }
  });

  test("a number as the timeout limits the total, retries included", {
    latency: 60_000,
  }, async ({ mode }) => {
    const calls = [[Echo, { text: "a" }], [agents.Both, { text: "a" }]] as const;
    const began = performance.now();
    const results = await batch(calls.map(([a, p]) => [a, p, { timeout: 200 }] as const), { mode });
    assertEquals(results.map(({ error }) => error?.code), ["timeout", "timeout"]);
    assert(results.every(({ error }) => error!.message.includes("timeout.total passed")));
    assert(performance.now() - began < 5_000);
  });

  test("progress counts tokens and cost", { latency: 5 }, async ({ mode }) => {
    let last: { done: number; tokens: number; cost?: number; total?: number } | undefined;
    const results = await batch(echoes(10), { mode, onProgress: (report) => void (last = report) });
    const { usage, cost } = summarize(results);
    assertEquals([last?.done, last?.total, last?.tokens], [10, 10, usage.totalTokens]);
    assert(Math.abs(last!.cost! - cost!.total) < 1e-12);
  });

  test("events that code emits reach listeners around it", {}, async ({ mode }) => {
    const { defineAgent } = await import("@shoal/agents");
    const Outer = defineAgent({
      name: "outer",
      run: async () => (await batch([[agents.Emits, { n: 3 }]], { mode }))[0].content,
    });
    const emitted: unknown[] = [];
    for await (const event of Outer.stream({})) {
      if (event.type === "emit") emitted.push([event.agent, event.data]);
    }
    assertEquals(emitted, [0, 1, 2].map((i) => ["emits", { i }]));
  });

  test("applies the options given to configure", { latency: 0 }, async ({ mode, sim }) => {
    const before = configure();
    try {
      configure({ retries: 0, timeout: 30_000 });
      sim.configure({ script: () => "503" });
      const [one] = await batch([[agents.Prompted, { parts: ["x"] }]], { mode });
      assertEquals(one.attempts.length, 1);
      configure({ retries: { max: 1, base: 1 } });
      const [two] = await batch([[agents.Prompted, { parts: ["x"] }]], { mode });
      assertEquals(two.attempts.length, 2);
    } finally {
      configure({ retries: undefined, timeout: undefined });
    }
    assertEquals(configure(), before);
  });

  test("throwOnError stops the run", { latency: 5 }, async ({ mode, sim }) => {
    const calls = [[agents.Throws, { how: "now" }], ...echoes(50)] as const;
    const error = await assertRejects(
      () => batch(calls as never, { mode, concurrency: 2, throwOnError: true }),
      RunError,
    );
    assertInstanceOf(error.cause, ErrorClass);
    assert(sim.stats.requests < 50);
  });

  test("throws for a call without a model", {}, async ({ mode }) => {
    const error = await assertRejects(
      () => batch([[Echo, { text: "x" }, { fallbackModels: ["gpt-5-mini"] }]], { mode }),
      RunError,
    );
    assertInstanceOf(error.cause, TypeError);
    assert((error.cause as Error).message.includes("repeats its own model"));
  });
}

/** The type of a pool, for the drivers of this contract. */
export type { Mode };
