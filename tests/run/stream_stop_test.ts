/** `break`, `return` and `await using` stop the run. */
import { defineAgent, stream, type StreamItem } from "@shoal/agents";
import { scripted } from "@shoal/agents/testing";
import { assert, assertEquals } from "@std/assert";
import {
  counted,
  delay,
  echoAgent,
  hangingAgent,
  numbers,
  promptly,
  stuckAfter,
  unhandledRejections,
  watchedSignal,
} from "./helpers.ts";

Deno.test("break aborts calls in flight, closes the source and ends callbacks", async () => {
  for (const kind of ["sync", "async"] as const) {
    const { agent, provider } = echoAgent(() => provider.calls <= 2 ? 0 : 60_000);
    const { seen, ...make } = counted((i) => [agent, { text: `${i}` }] as const);
    const { signal, seen: listeners } = watchedSignal();
    let fired = 0;
    const reasons = await unhandledRejections(async () => {
      let taken = 0;
      const items = stream(make[kind](), {
        concurrency: 8,
        signal,
        deadline: 60_000,
        onResult: () => void fired++,
        onProgress: () => void fired++,
      });
      for await (const _ of items) {
        if (++taken === 2) break;
      }
      const [reported, pulled, calls] = [fired, seen.pulled, provider.calls];
      assertEquals([provider.inFlight, seen.closed], [0, true]);
      await delay(250);
      assertEquals([fired, seen.pulled, provider.calls], [reported, pulled, calls]);
      assertEquals(await items.next(), { done: true, value: undefined });
    });
    assertEquals(reasons, []);
    assertEquals(listeners.added, listeners.removed);
  }
});

Deno.test("break is prompt even if provider and source hang, and aborts the provider", async () => {
  const { agent, deaf } = hangingAgent();
  const quick = echoAgent().agent;
  const { source, seen } = stuckAfter<readonly [typeof quick, { text: string }]>(
    [quick, { text: "a" }],
    [agent, { text: "b" }],
    [agent, { text: "c" }],
  );
  await promptly((async () => {
    for await (const { index } of stream(source, { concurrency: 5 })) {
      assertEquals(index, 0);
      await delay(5);
      break;
    }
  })());
  assertEquals([deaf.signals.length, deaf.aborted, seen.closed], [2, 2, true]);
});

Deno.test("break during a backoff ends it", async () => {
  const busy = scripted(new Error("busy"));
  const Busy = defineAgent({
    name: "busy",
    model: "m",
    prompt: "{text}",
    provider: busy,
    retries: { max: 5, base: 60_000, maxDelay: 60_000, on: () => true },
  });
  const { agent } = echoAgent(10);
  await promptly((async () => {
    for await (const _ of stream([[Busy, { text: "a" }], [agent, { text: "b" }]])) break;
  })());
  assertEquals(busy.calls, 1);
});

Deno.test("an error in the consumer's loop stops the run like break", async () => {
  const { agent, provider } = echoAgent(() => provider.calls <= 1 ? 0 : 60_000);
  const { seen, sync } = counted((i) => [agent, { text: `${i}` }] as const);
  const work = (async () => {
    for await (const _ of stream(sync(), { concurrency: 3 })) throw new Error("the disk is full");
  })();
  assertEquals((await work.catch((error) => error)).message, "the disk is full");
  assertEquals([provider.inFlight, seen.closed], [0, true]);
});

Deno.test("return() while next() is pending ends both", async () => {
  const { agent, deaf } = hangingAgent();
  const items = stream([[agent, { text: "a" }]]);
  const pending = [items.next(), items.next()];
  await delay(5);
  assertEquals(await promptly(items.return()), { done: true, value: undefined });
  for (const next of pending) {
    assertEquals(await promptly(next), { done: true, value: undefined });
  }
  assertEquals(deaf.aborted, 1);
  assertEquals(await items.return(), { done: true, value: undefined });
});

Deno.test("await using stops the run at the end of the block", async () => {
  const { agent, provider } = echoAgent(() => provider.calls <= 1 ? 0 : 60_000);
  const { seen, async } = counted((i) => [agent, { text: `${i}` }] as const);
  {
    await using items = stream(async(), { concurrency: 3 });
    assertEquals((await items.next()).value?.index, 0);
  }
  assertEquals([provider.inFlight, seen.closed], [0, true]);
});

Deno.test("break after the last result or after the end of the run does nothing", async () => {
  const { agent } = echoAgent();
  for await (const _ of stream([[agent, { text: "a" }]])) break;
  const items = stream([[agent, { text: "a" }]]);
  for await (const _ of items);
  assertEquals(await items.return(), { done: true, value: undefined });
});

Deno.test("onProgress ends after an abort even if the consumer stops reading", async () => {
  const { agent } = echoAgent();
  const controller = new AbortController();
  let reports = 0;
  const items = stream(numbers().map((n) => [agent, { text: `${n}` }] as const), {
    signal: controller.signal,
    onProgress: () => void reports++,
  });
  await items.next();
  controller.abort();
  const before = reports;
  await delay(250);
  // The sanitizers check that no timer is left.
  assertEquals(reports, before);
});

Deno.test("break in one stream does not affect another", async () => {
  const { agent } = echoAgent(1);
  const calls = () => numbers(20).map((n) => [agent, { text: `${n}` }] as const);
  const seen: StreamItem[] = [];
  const whole = (async () => {
    for await (const item of stream(calls(), { concurrency: 2 })) seen.push(item);
  })();
  for await (const _ of stream(calls(), { concurrency: 2 })) break;
  await whole;
  assertEquals(seen.length, 20);
  assert(seen.every(({ result }) => result.ok));
});
