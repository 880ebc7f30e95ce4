import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { ChildAbort } from "../../src/async/abort.ts";
import { Lanes, type LanesOptions } from "../../src/run/lanes.ts";
import { counted, delay, numbers, promptly, stuckAfter } from "./helpers.ts";

type Made<T, R> = LanesOptions<T, R, R | undefined>;
type Options<T, R> = Pick<Made<T, R>, "source" | "work"> & Partial<Made<T, R>>;

function start<T, R>(
  options: Options<T, R>,
): { lanes: Lanes<T, R, R | undefined>; abort: ChildAbort } {
  const abort = options.abort ?? new ChildAbort();
  const lanes = new Lanes<T, R, R | undefined>({
    concurrency: 3,
    buffer: 3,
    abort,
    waitAfterAbort: true,
    toOutput: (value) => value,
    ...options,
  });
  lanes.start();
  return { lanes, abort };
}

async function take<T, R>(
  lanes: Lanes<T, R, R | undefined>,
): Promise<{ values: R[]; error?: unknown }> {
  const values: R[] = [];
  try {
    for (;;) {
      const next = await lanes.next();
      if (next.done) return { values };
      values.push(next.value);
    }
  } catch (error) {
    return { values, error };
  }
}

Deno.test("Lanes process every item exactly once and never exceed the concurrency", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        count: fc.nat(60),
        concurrency: fc.integer({ min: 1, max: 12 }),
        buffer: fc.nat(8),
        work: fc.array(fc.nat(3), { minLength: 1, maxLength: 9 }),
        kind: fc.constantFrom("array", "sync", "async", "slow"),
      }),
      async ({ count, concurrency, buffer, work, kind }) => {
        let [running, most] = [0, 0];
        const started: number[] = [];
        const { sync, async, seen } = counted((i) => i, count);
        const { lanes } = start<number, number>({
          source: kind === "array" ? [...numbers(count)] : kind === "sync" ? sync() : async(
            kind === "slow" ? 1 : 0,
          ),
          concurrency,
          buffer,
          async work(item, index) {
            most = Math.max(most, ++running);
            started.push(item);
            assertEquals(item, index);
            for (let hop = work[index % work.length]!; hop > 0; hop--) {
              await (hop % 2 === 1 ? Promise.resolve() : delay(0));
            }
            running--;
            return item % 5 === 4 ? undefined : item;
          },
        });
        const { values, error } = await take(lanes);
        assertEquals(error, undefined);
        assertEquals(started.toSorted((a, b) => a - b), [...numbers(count)]);
        const kept = [...numbers(count)].filter((i) => i % 5 !== 4);
        assertEquals(values.toSorted((a, b) => a - b), kept);
        assert(most <= concurrency, `${most} at once`);
        if (kind !== "array") assertEquals(seen.closed, true);
      },
    ),
    { numRuns: 60 },
  );
});

Deno.test("Lanes return the ready values, then throw the error of the work once", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 30 }),
      fc.integer({ min: 1, max: 8 }),
      fc.nat(29),
      fc.boolean(),
      async (count, concurrency, bad, async) => {
        fc.pre(bad < count);
        const { seen, ...make } = counted((i) => i, count);
        const { lanes, abort } = start<number, number>({
          source: async ? make.async() : make.sync(),
          concurrency,
          async work(item) {
            await Promise.resolve();
            if (item >= bad) throw new Error(`no ${item}`);
            return item;
          },
        });
        const { values, error } = await take(lanes);
        assertEquals((error as Error).message, `no ${bad}`);
        assertEquals(values, [...numbers(bad)]);
        assert(seen.pulled <= bad + concurrency);
        assertEquals(seen.closed, true);
        assertEquals(abort.signal.aborted, true);
      },
    ),
    { numRuns: 60 },
  );
});

Deno.test("Lanes finish items in flight when the source throws", async () => {
  const { lanes, abort } = start({
    source: (function* () {
      yield* numbers(3);
      throw new Error("the source is broken");
    })(),
    concurrency: 5,
    work: (item) => delay(5).then(() => item),
  });
  const { values, error } = await take(lanes);
  assertEquals(values, [0, 1, 2]);
  assertEquals((error as Error).message, "the source is broken");
  assertEquals(abort.signal.aborted, false);
});

Deno.test("Lanes start at most one lane per item", async () => {
  const { lanes } = start({
    source: numbers(10),
    concurrency: Number.MAX_SAFE_INTEGER,
    buffer: 1,
    work: (item) => delay(1).then(() => item),
  });
  const { values } = await promptly(take(lanes));
  assertEquals(values.length, 10);
});

Deno.test("Lanes wait for a slow consumer", async () => {
  for (const [concurrency, buffer] of [[1, 0], [3, 0], [3, 2], [2, 50]] as const) {
    const { seen, sync } = counted((i) => i);
    const { lanes } = start({
      source: sync(),
      concurrency,
      buffer,
      work: (item) => Promise.resolve(item),
    });
    for (let taken = 0; taken < 5; taken++) {
      await delay(2);
      assert(seen.pulled <= taken + concurrency + buffer, `pulled ${seen.pulled} of ${taken}`);
      assert(seen.pulled >= taken + concurrency, `pulled only ${seen.pulled}`);
      await lanes.next();
    }
    await lanes.stop(new Error("enough"));
    assertEquals(seen.closed, true);
  }
});

Deno.test("Lanes.stop ends even if consumer, source and work hang", async () => {
  const { source, seen } = stuckAfter(1, 2);
  const { lanes, abort } = start<number, number>({
    source,
    buffer: 0,
    work: (item) =>
      item === 1 ? Promise.resolve(1) : new Promise((_, reject) => {
        abort.signal.addEventListener("abort", () => reject(abort.signal.reason));
      }),
  });
  await delay(1);
  await promptly(lanes.stop(new Error("enough")));
  assertEquals(seen.closed, true);
  assertEquals(await lanes.next(), { done: true, value: undefined });
});

Deno.test("Lanes.finish stops pulling and finishes items in flight", async () => {
  const { seen, sync } = counted((i) => i);
  const { lanes } = start({ source: sync(), work: (item) => delay(2).then(() => item) });
  await delay(0);
  lanes.finish();
  const { values, error } = await take(lanes);
  assertEquals([values, error], [[0, 1, 2], undefined]);
  assertEquals(seen.pulled, 3);
});

Deno.test("Lanes do not start an item if the run aborts after it was pulled", async () => {
  const worked: number[] = [];
  const abort = new ChildAbort();
  const { lanes } = start<number, number>({
    source: (function* () {
      for (const i of numbers()) {
        if (i === 2) abort.abort(new Error("stop"));
        yield i;
      }
    })(),
    concurrency: 1,
    abort,
    work: (item) => Promise.resolve(worked.push(item)),
  });
  await assertRejects(
    async () => {
      while (!(await lanes.next()).done);
    },
    Error,
    "stop",
  );
  assertEquals(worked, [0, 1]);
});

Deno.test("Lanes yield to timers while they process many items", async () => {
  let fired = false;
  setTimeout(() => fired = true, 0);
  let before = 0;
  const { lanes } = start({
    source: numbers(20_000),
    work: (item) => {
      if (!fired) before++;
      return Promise.resolve(item);
    },
  });
  await take(lanes);
  assert(before < 20_000, "the timer had to wait for all items");
});
