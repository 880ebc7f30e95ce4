/** Invariants of runs, numbered as in the design. */
import { batch, defineAgent, each, ProviderError, RunError, scope, stream } from "@shoal/agents";
import { scripted } from "@shoal/agents/testing";
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  counted,
  delay,
  echoAgent,
  hangingAgent,
  numbers,
  promptly,
  rejection,
  stuckAfter,
  unhandledRejections,
  watchedSignal,
} from "./helpers.ts";

Deno.test("1: calls in flight never exceed the limit, and reach it with enough items", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 1, max: 60 }),
      fc.constantFrom("sync", "async"),
      fc.array(fc.integer({ min: 10, max: 15 }), { minLength: 1, maxLength: 5 }),
      async (concurrency, count, kind, waits) => {
        let n = 0;
        const { agent, provider } = echoAgent(() => waits[n++ % waits.length]!);
        const source = counted((i) => [agent, { text: `${i}` }] as const, count)[
          kind as "sync" | "async"
        ]();
        const results = await batch(source, { concurrency });
        assertEquals(results.map(({ content }) => content), [...numbers(count)].map(String));
        assert(provider.peakInFlight <= concurrency);
        // Even on a slow machine, some calls must overlap.
        assert(Math.min(count, concurrency) < 4 || provider.peakInFlight > 1);
      },
    ),
    { numRuns: 15 },
  );
});

Deno.test("3: break, abort, deadline and fail-fast leave nothing behind", async () => {
  const ends = ["break", "abort", "deadline", "throwOnError", "callback"] as const;
  for (const end of ends) {
    const { signal, controller, seen: listeners } = watchedSignal();
    const { agent, provider } = echoAgent(() => provider.calls <= 3 ? 0 : 60_000);
    const Failing = defineAgent({
      name: "failing",
      model: "m",
      prompt: "{text}",
      provider: scripted(new Error("no"), { latency: 10 }),
      retries: 0,
    });
    const { seen, async } = counted((i) =>
      [i === 4 && end === "throwOnError" ? Failing : agent, { text: `${i}` }] as const
    );
    let fired = 0;
    const reasons = await unhandledRejections(async () => {
      const work = (async () => {
        const items = stream(async(), {
          signal,
          concurrency: 6,
          deadline: end === "deadline" ? 20 : 60_000,
          throwOnError: end === "throwOnError",
          onProgress: () => void fired++,
          onResult: (_, index) => {
            fired++;
            if (end === "callback" && index === 2) throw new Error("no");
          },
        });
        for await (const { index } of items) {
          if (end === "break" && index === 2) break;
          if (end === "abort" && index === 2) controller.abort();
        }
      })();
      await promptly(work.catch(() => {}));
      const before = [fired, seen.pulled, provider.calls];
      assertEquals([provider.inFlight, seen.closed], [0, true], end);
      await delay(220);
      assertEquals([fired, seen.pulled, provider.calls], before, end);
    });
    assertEquals(reasons, [], end);
    assertEquals(listeners.added, listeners.removed, end);
  }
});

Deno.test("4: an abort ends a run promptly, in any state of its calls", async () => {
  const gone = new ProviderError("busy", {
    code: "rate_limited",
    retryable: true,
    retryAfterMs: 50_000,
  });
  const make = (name: string, provider: ReturnType<typeof scripted>) =>
    defineAgent({ name, model: "m", prompt: "{text}", provider });
  const { agent: hanging } = hangingAgent();
  const Backoff = make("backoff", scripted(gone));
  const Deaf = defineAgent({ name: "deaf", run: () => new Promise<never>(() => {}) });
  const Slow = echoAgent(60_000).agent;
  const text = { text: "a" };
  const runs: Record<string, (signal: AbortSignal) => Promise<unknown>> = {
    "in flight": (signal) => batch([[Slow, text]], { signal }),
    "a provider that does not listen": (signal) => batch([[hanging, text]], { signal }),
    "in backoff": (signal) => batch([[Backoff, text]], { signal }),
    "an agent that does not listen": (signal) => batch([[Deaf, {}]], { signal }),
    "queued in a scope": (signal) =>
      scope(
        { concurrency: 1 },
        () => batch([1, 2, 3].map(() => [Slow, text] as const), { signal }),
      ),
    "in the source": (signal) =>
      batch(stuckAfter<readonly [typeof Slow, typeof text]>().source, { signal }),
    "in a stream that is not read": async (signal) => {
      const { agent } = echoAgent();
      const items = stream(numbers().map(() => [agent, text] as const), { signal, buffer: 0 });
      await items.next();
      await delay(10);
      for await (const _ of items);
    },
    "streaming": (signal) => batch([[Slow, text, { onDelta() {} }]], { signal }),
    "in each": (signal) => each([1], () => new Promise(() => {}), { signal }),
    "in a batch in a batch": (signal) => {
      const Outer = defineAgent({
        name: "o",
        run: () => batch([[hanging, text], [Backoff, text]]),
      });
      return batch([[Outer, {}]], { signal });
    },
  };
  for (const [where, run] of Object.entries(runs)) {
    const controller = new AbortController();
    const running = run(controller.signal);
    running.catch(() => {});
    await delay(5);
    const began = performance.now();
    controller.abort(new Error("stop"));
    await promptly(rejection(running, Error));
    // Usually below 1 ms; the limit allows for a busy machine.
    const ms = performance.now() - began;
    assert(ms < 500, `${where}: ${ms} ms`);
  }
});

Deno.test("6: only attempts in flight hold permits: not backoff, not a parent call", async () => {
  const busy = new ProviderError("busy", {
    code: "rate_limited",
    retryable: true,
    retryAfterMs: 60,
  });
  const Retried = defineAgent({
    name: "retried",
    model: "m",
    prompt: "{text}",
    provider: scripted([busy, "second"]),
  });
  const { agent } = echoAgent();
  const order: string[] = [];
  await scope({ concurrency: 1 }, async () => {
    const all = [Retried, agent, agent].map((one, i) =>
      one.call({ text: `${i}` }).then(({ content }) => order.push(content))
    );
    await Promise.all(all);
  });
  assertEquals(order, ["1", "2", "second"]);

  const Parent = defineAgent({
    name: "p",
    run: () => agent.call({ text: "child" }).then((r) => r.content),
  });
  const Grand = defineAgent({ name: "g", run: () => Parent.call({}).then((r) => r.content) });
  const results = await promptly(
    scope(
      { concurrency: 1 },
      () => batch([[Grand, {}], [Grand, {}], [Grand, {}]], { concurrency: 1 }),
    ),
  );
  assertEquals(results.map(({ content }) => content), ["child", "child", "child"]);
});

Deno.test("10: a callback that throws fails the run once and loses no result", async () => {
  const { agent, provider } = echoAgent();
  const error = await rejection(
    batch(numbers(100).map((n) => [agent, { text: `${n}` }] as const), {
      concurrency: 1,
      onResult: (_, index) => {
        if (index === 7) throw new Error("the table is locked");
      },
    }),
    RunError,
  );
  assertEquals(error.results.map(({ content }) => content), [...numbers(8)].map(String));
  assert(error.message.includes("the table is locked"));
  assertEquals(provider.calls, 8);
});

Deno.test("11: false, 0, the empty string and null are values everywhere", async () => {
  const values = [false, 0, "", null, undefined, NaN];
  const Same = defineAgent({ name: "same", run: (value: unknown) => value });
  const results = await batch(values.map((value) => [Same, value] as const));
  assert(results.every(({ ok }) => ok));
  assertEquals(results.map(({ content }) => content), values);
  assertEquals(await each(values, (value) => value), values);
  for (const value of values) assertEquals(await scope({}, () => value), value);
});
