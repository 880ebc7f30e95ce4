/** Invariants of runs over many items, numbered as in the design. */
import { batch, stream } from "@shoal/agents";
import { assert, assertEquals } from "@std/assert";
import { counted, delay, echoAgent, numbers, promptly, watchedSignal } from "./helpers.ts";
import process from "node:process";
import { collectGarbage } from "../runtime.ts";

/** Returns the heap in use after garbage collection, in megabytes. */
function heap(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed / 1e6;
}

Deno.test("2: 50,000 inputs from a generator run in flat memory", async () => {
  const { agent } = echoAgent();
  let [taken, early] = [0, 0];
  for await (
    const { result } of stream(counted((i) => [agent, { text: `${i}` }] as const, 50_000).sync(), {
      concurrency: 100,
    })
  ) {
    assert(result.ok);
    if (++taken === 10_000) early = heap();
  }
  const grown = heap() - early;
  assertEquals(taken, 50_000);
  // 40,000 retained results would take about 30 MB.
  assert(grown < 10, `the heap grew by ${grown} MB`);
});

Deno.test("2: a slow consumer slows the pulling", async () => {
  const { agent } = echoAgent();
  const { seen, async } = counted((i) => [agent, { text: `${i}` }] as const);
  let taken = 0;
  for await (const _ of stream(async(), { concurrency: 10, buffer: 5 })) {
    taken++;
    await delay(2);
    assert(seen.pulled <= taken + 15, `pulled ${seen.pulled}, taken ${taken}`);
    if (taken === 30) break;
  }
});

Deno.test("5: no listener is left on a signal that 20,000 calls shared", async () => {
  const { signal, seen } = watchedSignal();
  const { agent } = echoAgent();
  const calls = numbers(20_000).map((n) => [agent, { text: `${n}` }, { signal }] as const);
  const results = await batch(calls, { concurrency: 500, signal });
  assertEquals(results.length, 20_000);
  assert(results.every(({ ok }) => ok));
  assert(seen.added > 0);
  assertEquals(seen.added - seen.removed, 0);
});

Deno.test("1 and 2: 20,000 items at a concurrency of 5,000 finish", async () => {
  const { agent, provider } = echoAgent(5);
  const results = await promptly(
    batch(numbers(20_000).map((n) => [agent, { text: `${n}` }] as const), { concurrency: 5_000 }),
    60_000,
  );
  assert(
    results.length === 20_000 && results.every(({ ok }, i) => ok && results[i]!.content === `${i}`),
  );
  assert(provider.peakInFlight <= 5_000);
});
