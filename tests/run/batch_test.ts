import {
  type AgentCall,
  type AgentError,
  batch,
  defineAgent,
  type Result,
  RunError,
} from "@shoal/agents";
import { scripted } from "@shoal/agents/testing";
import { assert, assertEquals, assertInstanceOf, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import {
  delay,
  echoAgent,
  type Equals,
  fussyAgent,
  numbers,
  promptly,
  rejection,
  stuckAfter,
  typeTest,
} from "./helpers.ts";

const contents = (results: readonly Result[]) => results.map(({ content }) => content);
const codes = (results: readonly Result[]) => results.map((r) => r.ok ? "ok" : r.error.code);

Deno.test("batch returns results in input order, in whatever order they complete", async () => {
  const waits = [9, 1, 5, 0, 3];
  let n = 0;
  const { agent } = echoAgent(() => waits[n++ % waits.length]!);
  const texts = ["a", "b", "c", "d", "e", "f", "g"];
  const results = await batch(texts.map((text) => [agent, { text }]), { concurrency: 5 });
  assertEquals(contents(results), texts);
});

Deno.test("batch returns failures at their index and does not affect other calls", async () => {
  const { agent } = fussyAgent(1);
  const results = await batch(
    ["a", "fail 1", "b", "fail 2", "c"].map((text) => [agent, { text }]),
    { concurrency: 2 },
  );
  assertEquals(codes(results), ["ok", "provider", "ok", "provider", "ok"]);
  const failed = results[1]!;
  assert(!failed.ok);
  assertEquals(failed.error.agent, "fussy");
  assertEquals((failed.error.cause as Error).message, "no to fail 1");
});

Deno.test("batch of no calls returns an empty list", async () => {
  assertEquals(await batch([]), []);
  assertEquals(await batch(new Set<AgentCall>()), []);
  assertEquals(await batch((function* (): Generator<AgentCall> {})()), []);
  assertEquals(await batch((async function* (): AsyncGenerator<AgentCall> {})()), []);
  assertEquals(await batch(ReadableStream.from<AgentCall>([])), []);
});

Deno.test("batch accepts any iterable of calls", async () => {
  const { agent } = echoAgent(1);
  const texts = ["a", "b", "c"];
  const calls = texts.map((text) => [agent, { text }] as const);
  async function* later() {
    for (const call of calls) {
      await delay(1);
      yield call;
    }
  }
  for (
    const source of [calls, new Set(calls), calls.values(), later(), ReadableStream.from(calls)]
  ) {
    assertEquals(contents(await batch(source, { concurrency: 2 })), texts);
  }
});

Deno.test("batch infers the types of a tuple; agents without parameters need none", async () => {
  const provider = scripted('{"value":3}');
  const Text = defineAgent({ name: "text", model: "m", prompt: "{text}", provider });
  const Count = defineAgent({ name: "n", run: ({ n }: { n: number }) => n + 1 });
  const results = await batch([[Text, { text: "x" }], [Count, { n: 4 }]]);
  typeTest<Equals<typeof results, [Result<string>, Result<number>]>>();
  assertEquals(contents(results), ['{"value":3}', 5]);

  const list = await batch([1, 2].map((n) => [Count, { n }]));
  typeTest<Equals<typeof list, Result<number>[]>>();
  assertEquals(contents(list), [2, 3]);

  const generated = await batch((function* () {
    yield [Count, { n: 1 }] as const;
  })());
  typeTest<Equals<typeof generated, Result<number>[]>>();
  assertEquals(contents(generated), [2]);
});

Deno.test("batch does not compile with wrong parameters", () => {
  const { agent } = echoAgent();
  const never = () => [
    // @ts-expect-error the agent takes { text }
    batch([[agent, { txt: "x" }]]),
    // @ts-expect-error the parameters are missing
    batch([[agent]]),
    // @ts-expect-error the option does not exist
    batch([[agent, { text: "x" }]], { concurency: 3 }),
    // @ts-expect-error this is not a call
    batch([agent]),
  ];
  assertEquals(typeof never, "function");
});

Deno.test("batch accepts options for a single call", async () => {
  const { agent } = echoAgent(20);
  const gone = AbortSignal.abort();
  const results = await batch([
    [agent, { text: "a" }, { signal: gone }],
    [agent, { text: "b" }, { metadata: { id: 7 } }],
    [agent, { text: "c" }, { timeout: 1 }],
  ]);
  assertEquals(codes(results), ["aborted", "ok", "timeout"]);
  assertEquals(results[1].metadata, { id: 7 });
});

Deno.test("batch with throwOnError ends at the first failure and keeps results", async () => {
  const { agent, provider } = fussyAgent(() => 1);
  const texts = ["a", "b", "fail", ...Array(50).fill("z")];
  const error = await rejection(
    batch(texts.map((text) => [agent, { text }]), { concurrency: 1, throwOnError: true }),
    RunError,
  );
  assertEquals((error.cause as AgentError).code, "provider");
  assertEquals(error.errors, [error.cause]);
  assertEquals(codes(error.results), ["ok", "ok", "provider"]);
  assertEquals(provider.calls, 3);
  assertEquals(provider.inFlight, 0);
});

Deno.test("batch finishes calls in flight and reports an error of its source", async () => {
  const broken = new Error("the file is gone");
  const { agent, provider } = echoAgent(5);
  function* sync() {
    yield* ["a", "b", "c"].map((text) => [agent, { text }] as const);
    throw broken;
  }
  async function* async() {
    yield* sync();
  }
  for (const source of [sync(), async()]) {
    const error = await rejection(batch(source, { concurrency: 10 }), RunError);
    assertStrictEquals(error.cause, broken);
    assertEquals(contents(error.results), ["a", "b", "c"]);
    assertEquals(
      error.message,
      "Cannot finish the batch as its source threw: the file is gone: " +
        "see `results` for what is done",
    );
    assertEquals(provider.inFlight, 0);
  }
});

Deno.test("batch rejects promptly when its signal aborts, and keeps finished results", async () => {
  const { agent, provider } = echoAgent(() => provider.calls % 2 === 0 ? 60_000 : 1);
  const controller = new AbortController();
  const running = batch(
    [...numbers(10)].map((n) => [agent, { text: `${n}` }]),
    { concurrency: 4, signal: controller.signal },
  );
  await delay(30);
  controller.abort(new Error("the user left"));
  const error = await promptly(rejection(running, RunError));
  assertEquals((error.cause as Error).message, "the user left");
  assert(error.results.filter(Boolean).length > 0);
  for (const [index, result] of error.results.entries()) {
    if (result !== undefined) assertEquals(result.content, `${index}`);
  }
  assertEquals(provider.inFlight, 0);
});

Deno.test("batch sends nothing if its signal has already aborted", async () => {
  const { agent, provider } = echoAgent();
  for (
    const calls of [
      [[agent, { text: "a" }]] as const,
      numbers(3).map((n) => [agent, { text: `${n}` }] as const),
    ]
  ) {
    const error = await rejection(
      batch(calls, { signal: AbortSignal.abort() }),
      RunError,
    );
    assertEquals(error.results, []);
    assertInstanceOf(error.cause, DOMException);
    assertEquals(
      error.message,
      "Cannot finish the batch as it was aborted: see `results` for what is done",
    );
  }
  assertEquals(provider.calls, 0);
});

Deno.test("batch fails the rest of an array with the code timeout at its deadline", async () => {
  const { agent, provider } = echoAgent(() => provider.calls <= 2 ? 0 : 60_000);
  const calls = [...numbers(50)].map((n) => [agent, { text: `${n}` }] as const);
  const results = await promptly(batch(calls, { concurrency: 5, deadline: 40 }));
  assertEquals(results.length, 50);
  assertEquals(codes(results), ["ok", "ok", ...Array(48).fill("timeout")]);
  assertEquals(provider.calls, 7);
  assertEquals(provider.inFlight, 0);
});

Deno.test("batch stops pulling from other sources at its deadline", async () => {
  const { agent } = echoAgent(60_000);
  const hanging = (async function* () {
    for (const n of numbers()) yield [agent, { text: `${n}` }] as const;
  })();
  assertEquals(
    codes(await promptly(batch(hanging, { concurrency: 3, deadline: 20 }))),
    Array(3).fill("timeout"),
  );

  const quick = echoAgent().agent;
  const { source, seen } = stuckAfter([quick, { text: "a" }] as const);
  assertEquals(contents(await promptly(batch(source, { deadline: 20 }))), ["a"]);
  assertEquals(seen.closed, true);
});

Deno.test("batch finishes each item once for any mix of failures, limits and sources", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ fails: fc.boolean(), ms: fc.nat(2) }), { maxLength: 40 }),
      fc.integer({ min: 1, max: 9 }),
      fc.boolean(),
      async (items, concurrency, async) => {
        const provider = scripted((request) => {
          const n = Number(request.messages[0]!.content);
          return items[n]!.fails ? new Error("no") : `${n}`;
        }, { latency: (request) => items[Number(request.messages[0]!.content)]!.ms });
        const agent = defineAgent({ name: "a", model: "m", prompt: "{n}", provider, retries: 0 });
        const calls = items.map((_, n) => [agent, { n }] as const);
        const told: number[] = [];
        const results = await batch(async ? ReadableStream.from(calls) : calls, {
          concurrency,
          onResult: (_, index) => void told.push(index),
        });
        assertEquals(codes(results), items.map(({ fails }) => fails ? "provider" : "ok"));
        results.forEach(({ ok, content }, n) => assertEquals(content, ok ? `${n}` : undefined));
        assertEquals(told.toSorted((a, b) => a - b), [...items.keys()]);
        assertEquals(provider.calls, items.length);
        assert(provider.peakInFlight <= concurrency);
      },
    ),
    { numRuns: 50 },
  );
});
