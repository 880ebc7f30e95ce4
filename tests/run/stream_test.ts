import {
  type Agent,
  type AgentError,
  defineAgent,
  type Result,
  RunError,
  stream,
} from "@shoal/agents";
import { memoryJournal } from "@shoal/agents/journal";
import { scripted } from "@shoal/agents/testing";
import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  counted,
  delay,
  echoAgent,
  type Equals,
  fussyAgent,
  numbers,
  promptly,
  typeTest,
} from "./helpers.ts";

Deno.test("stream yields results as they complete, with their agent and index", async () => {
  const slow = echoAgent(60, "slow").agent;
  const fast = echoAgent(5, "fast").agent;
  const seen: unknown[] = [];
  for await (
    const { result, agent, index } of stream([[slow, { text: "a" }], [fast, { text: "b" }]])
  ) seen.push([agent.name, index, result.content]);
  assertEquals(seen, [["fast", 1, "b"], ["slow", 0, "a"]]);
});

Deno.test("stream infers the types of its items from the agents", async () => {
  const Text = defineAgent({ name: "t", model: "m", prompt: "{text}", provider: scripted("x") });
  const Count = defineAgent({ name: "n", run: ({ n }: { n: number }) => n + 1 });
  for await (const item of stream([[Count, { n: 1 }]])) {
    typeTest<Equals<typeof item.result, Result<number>>>();
    typeTest<Equals<typeof item.agent, Agent<{ n: number }, number>>>();
    assertEquals(item.result.content, 2);
  }
  let mixed = 0;
  for await (const item of stream([[Count, { n: 1 }], [Text, { text: "" }]])) {
    typeTest<Equals<typeof item.result.content, string | number | undefined>>();
    mixed++;
  }
  assertEquals(mixed, 2);
  // @ts-expect-error the agent takes { n: number }
  const never = () => stream([[Count, { n: "1" }]]);
  assertEquals(typeof never, "function");
});

Deno.test("stream yields failures as values", async () => {
  const { agent } = fussyAgent();
  const calls = ["fail", "ok", "fail"].map((text) => [agent, { text }] as const);
  const seen: [number, boolean][] = [];
  for await (const { result, index } of stream(calls)) seen.push([index, result.ok]);
  assertEquals(seen.toSorted(([a], [b]) => a - b), [[0, false], [1, true], [2, false]]);
});

Deno.test("stream starts when the first result is requested", async () => {
  const { agent, provider } = echoAgent();
  const { seen, sync } = counted((i) => [agent, { text: `${i}` }] as const);
  const reports: unknown[] = [];
  const items = stream(sync(), { deadline: 5, onProgress: (report) => void reports.push(report) });
  await delay(10);
  assertEquals([seen.pulled, provider.calls, reports.length], [0, 0, 0]);
  assertEquals((await items.next()).value?.index, 0);
  await items.return();
});

Deno.test("stream that is never iterated leaves nothing behind, and can be closed", async () => {
  const { agent, provider } = echoAgent();
  stream([[agent, { text: "a" }]], { deadline: 60_000, onProgress() {} });
  const items = stream([[agent, { text: "a" }]]);
  assertEquals(await items.return(), { done: true, value: undefined });
  assertEquals(await items.next(), { done: true, value: undefined });
  assertEquals(provider.calls, 0);
});

Deno.test("stream pulls no faster than its results are consumed", async () => {
  const { agent } = echoAgent();
  const cases = [
    { concurrency: 1, buffer: 0 },
    { concurrency: 4, buffer: 0 },
    { concurrency: 3, buffer: 2 },
    { concurrency: 2, buffer: 1000 },
    { concurrency: 5, buffer: undefined },
  ];
  for (const { concurrency, buffer } of cases) {
    for (const kind of ["sync", "async"] as const) {
      const { seen, ...make } = counted((i) => [agent, { text: `${i}` }] as const, 3_000);
      const most = concurrency + (buffer ?? concurrency);
      let taken = 0;
      for await (const _ of stream(make[kind](), { concurrency, buffer })) {
        if (++taken <= 4) await delay(taken === 1 ? 40 : 2);
        assert(seen.pulled <= taken + most, `pulled ${seen.pulled}, taken ${taken}`);
        // The lanes fill the buffer while the consumer is slow.
        if (taken === 1 && most < 50) assertEquals(seen.pulled, taken + most);
        if (taken === 20) break;
      }
      assertEquals(seen.closed, true);
    }
  }
});

Deno.test("stream never exceeds its concurrency, and reaches it with a fast source", async () => {
  const { agent, provider } = echoAgent(10);
  const slow = counted((i) => [agent, { text: `${i}` }] as const, 12);
  for await (const _ of stream(slow.async(2), { concurrency: 3 }));
  assert(provider.peakInFlight <= 3);

  const fast = echoAgent(60);
  const many = counted((i) => [fast.agent, { text: `${i}` }] as const, 60);
  for await (const _ of stream(many.async(), { concurrency: 20 }));
  assertEquals(fast.provider.peakInFlight, 20);
  assertEquals(fast.provider.calls, 60);
});

Deno.test("stream answers concurrent next() with different results, and then the end", async () => {
  const { agent } = echoAgent(2);
  const items = stream(numbers(3).map((n) => [agent, { text: `${n}` }] as const));
  const all = await Promise.all(Array.from({ length: 5 }, () => items.next()));
  assertEquals(all.map(({ done }) => done), [false, false, false, true, true]);
  assertEquals(
    all.map(({ value }) => value?.index).filter((i) => i !== undefined).toSorted(),
    [0, 1, 2],
  );
  assertEquals(await items.next(), { done: true, value: undefined });
});

Deno.test("stream yields finished results before it throws the error of the source", async () => {
  const { agent } = echoAgent(3);
  async function* source() {
    for (const text of ["a", "b"]) yield [agent, { text }] as const;
    await delay(1);
    throw new Error("the cursor is lost");
  }
  const seen: unknown[] = [];
  await assertRejects(
    async () => {
      for await (const { result } of stream(source())) seen.push(result.content);
    },
    Error,
    "the cursor is lost",
  );
  assertEquals(seen.toSorted(), ["a", "b"]);
});

Deno.test("stream yields finished results before it throws the abort reason", async () => {
  const { agent, provider } = echoAgent(() => provider.calls <= 3 ? 0 : 60_000);
  const controller = new AbortController();
  const items = stream(numbers().map((n) => [agent, { text: `${n}` }] as const), {
    concurrency: 5,
    signal: controller.signal,
  });
  const first = await items.next();
  await delay(10);
  controller.abort(new Error("stop"));
  await delay(5);
  const rest: unknown[] = [first.value?.result.content];
  const ending = (async () => {
    for await (const { result } of items) rest.push(result.content);
  })();
  await assertRejects(() => promptly(ending), Error, "stop");
  assertEquals(rest.toSorted(), ["0", "1", "2"]);
  assertEquals(provider.inFlight, 0);
});

Deno.test("stream rejects with a RunError for throwOnError, after the results", async () => {
  const { agent } = fussyAgent();
  const seen: boolean[] = [];
  const error = await (async () => {
    const calls = ["a", "fail", "b"].map((text) => [agent, { text }] as const);
    for await (const { result } of stream(calls, { concurrency: 1, throwOnError: true })) {
      seen.push(result.ok);
    }
  })().catch((error) => error);
  assert(error instanceof RunError);
  assertEquals((error.cause as AgentError).code, "provider");
  assertEquals([error.errors, error.results], [[error.cause], []]);
  assert(error.message.startsWith("Cannot finish the stream as call 1 failed: "), error.message);
  assertEquals(seen, [true, false]);
});

Deno.test("stream items carry the params and the key of their call", async () => {
  const { agent } = echoAgent(0);
  const calls = [[agent, { text: "a" }, { key: "row 1" }], [agent, { text: "b" }]] as const;
  const seen: unknown[] = [];
  for await (const { params, key, index, agent: called } of stream(calls, { concurrency: 1 })) {
    typeTest<Equals<typeof key, string | undefined>>();
    const { text } = params;
    seen.push([text, key, index, called === agent]);
  }
  assertEquals(seen, [["a", "row 1", 0, true], ["b", undefined, 1, true]]);
});

Deno.test("stream items from a journal carry params and key, also with `only`", async () => {
  const { agent } = echoAgent(0);
  const journal = memoryJournal();
  const calls = ["a", "b"].map((text) => [agent, { text }, { key: `row ${text}` }] as const);
  const read = async (these: typeof calls, options: object) => {
    const seen: unknown[] = [];
    const items = stream(these, { journal, runId: "r", concurrency: 1, ...options });
    for await (const { result, params, key } of items) seen.push([params, key, result.replayed]);
    return seen;
  };
  assertEquals(await read(calls.slice(0, 1), {}), [[{ text: "a" }, "row a", false]]);
  assertEquals(await read(calls, { only: "missing" }), [[{ text: "b" }, "row b", false]]);
  assertEquals(await read(calls, {}), [
    [{ text: "a" }, "row a", true],
    [{ text: "b" }, "row b", true],
  ]);
});
