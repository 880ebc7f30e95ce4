import { assert, assertEquals, assertThrows } from "@std/assert";
import { Source } from "../../src/run/source.ts";
import { counted, delay, numbers, promptly, stuckAfter } from "./helpers.ts";

async function drain<T>(source: Source<T>): Promise<T[]> {
  const all: T[] = [];
  for (;;) {
    const next = await source.pull();
    if (next.done) return all;
    all.push(next.value);
  }
}

async function* letters() {
  yield "a";
  yield "b";
}

Deno.test("Source reads any iterable", async () => {
  const map = new Map([["a", 1]]);
  assertEquals(await drain(new Source(["a", "b"])), ["a", "b"]);
  assertEquals(await drain(new Source(new Set(["a", "b", "a"]))), ["a", "b"]);
  assertEquals(await drain(new Source(map)), [["a", 1]]);
  assertEquals(await drain(new Source(numbers(3))), [0, 1, 2]);
  assertEquals(await drain(new Source(letters())), ["a", "b"]);
  assertEquals(await drain(new Source(ReadableStream.from(["a", "b"]))), ["a", "b"]);
  assertEquals(await drain(new Source([])), []);
});

Deno.test("Source pulls nothing in advance, and answers synchronously if it can", () => {
  const { seen, sync } = counted((i) => i);
  const source = new Source(sync());
  assertEquals(seen.pulled, 0);
  assertEquals(source.pull(), { done: false, value: 0 });
  assertEquals(seen.pulled, 1);
  source.close();
  assertEquals(seen.closed, true);
});

Deno.test("Source never has two pending pulls of an async iterator", async () => {
  let [asking, most] = [0, 0];
  const source = new Source<number>({
    [Symbol.asyncIterator]() {
      let i = 0;
      return {
        async next() {
          most = Math.max(most, ++asking);
          await delay(1);
          asking--;
          return i < 10 ? { done: false, value: i++ } : { done: true, value: undefined };
        },
      };
    },
  });
  const pulled = await Promise.all(Array.from({ length: 12 }, () => source.pull()));
  assertEquals(pulled.map(({ value }) => value).slice(0, 10), [...numbers(10)]);
  assertEquals(pulled.slice(10).map(({ done }) => done), [true, true]);
  assertEquals(most, 1);
});

Deno.test("Source throws the error of a sync source once, and then ends", () => {
  const source = new Source((function* () {
    yield 1;
    throw new Error("broken");
  })());
  source.pull();
  assertThrows(() => source.pull(), Error, "broken");
  assertEquals(source.pull(), { done: true, value: undefined });
  assertEquals(source.done, true);
});

Deno.test("Source rejects one pending pull if an async source throws; others end", async () => {
  const source = new Source({
    [Symbol.asyncIterator]: () => ({
      next: () => delay(1).then(() => Promise.reject(new Error("broken"))),
    }),
  });
  const ends = await Promise.allSettled([source.pull(), source.pull(), source.pull()]);
  assertEquals(ends.map(({ status }) => status), ["rejected", "fulfilled", "fulfilled"]);
});

Deno.test("Source.close ends all pending pulls even if the source never answers", async () => {
  const { source: items, seen } = stuckAfter<number>();
  const source = new Source(items);
  const waiting = Promise.all([source.pull(), source.pull(), source.pull()]);
  await delay(0);
  source.close();
  assertEquals((await promptly(waiting)).map(({ done }) => done), [true, true, true]);
  assertEquals(seen.closed, true);
});

Deno.test("Source.close runs the finally block of a generator, sync and async", async () => {
  const one = counted((i) => i);
  const sync = new Source(one.sync());
  sync.pull();
  sync.close();
  assertEquals(one.seen.closed, true);

  const two = counted((i) => i);
  const async = new Source(two.async());
  await async.pull();
  async.close();
  await delay(0);
  assertEquals(two.seen.closed, true);
});

Deno.test("Source.close called inside the generator closes it, too", () => {
  let closed = false;
  const items = function* (): Generator<number> {
    try {
      yield 1;
      source.close();
      yield 2;
      yield 3;
    } finally {
      closed = true;
    }
  };
  const source = new Source<number>(items());
  assertEquals(source.pull(), { done: false, value: 1 });
  assertEquals(source.pull(), { done: true, value: undefined });
  assertEquals(closed, true);
});

Deno.test("Source.close cancels a ReadableStream with a pending read", async () => {
  let cancelled = false;
  const stream = new ReadableStream<number>({
    pull: () => new Promise(() => {}),
    cancel() {
      cancelled = true;
    },
  });
  const source = new Source(stream);
  const waiting = source.pull();
  await delay(0);
  source.close();
  assertEquals((await promptly(Promise.resolve(waiting))).done, true);
  await delay(0);
  assert(cancelled);
});

Deno.test("Source.close ignores errors that the source throws while it is closed", async () => {
  const sync = new Source((function* () {
    try {
      yield 1;
    } finally {
      // deno-lint-ignore no-unsafe-finally
      throw new Error("too late");
    }
  })());
  sync.pull();
  sync.close();
  const async = new Source({
    [Symbol.asyncIterator]: () => ({
      next: () => Promise.resolve({ done: false as const, value: 1 }),
      return: () => Promise.reject(new Error("too late")),
    }),
  });
  await async.pull();
  async.close();
  await delay(0);
  assertEquals([sync.done, async.done], [true, true]);
});
