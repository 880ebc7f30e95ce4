import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { memoryCache, type MemoryCacheOptions, sharedStore } from "../../src/cache/memory_cache.ts";
import type { CachedReply, CacheStore } from "../../src/cache/cache_store.ts";
import { cacheStoreContract } from "../contract/cache_store.ts";
import { fakeTime } from "../helpers.ts";
import { countedTimers } from "./helpers.ts";

function reply(text: string): CachedReply {
  return { text, finishReason: "stop" };
}

function underFakeTime(make: () => CacheStore) {
  return () => {
    const time = fakeTime();
    return {
      store: make(),
      pass: (ms: number) => time.tick(ms),
      [Symbol.asyncDispose]() {
        time[Symbol.dispose]();
        return Promise.resolve();
      },
    };
  };
}

cacheStoreContract("in memory", underFakeTime(() => memoryCache()));
cacheStoreContract(
  "in memory, limited by size",
  underFakeTime(() => memoryCache({ maxSize: 10_000_000 })),
);
// The contract holds for any store: this is a minimal asynchronous one.
cacheStoreContract(
  "of a map, asynchronous",
  underFakeTime(() => {
    const kept = new Map<string, { json: string; until: number }>();
    return {
      async get(key) {
        await Promise.resolve();
        const found = kept.get(key);
        return found && Date.now() < found.until ? JSON.parse(found.json) : undefined;
      },
      async set(key, reply, ttlMs) {
        await Promise.resolve();
        kept.set(key, { json: JSON.stringify(reply), until: Date.now() + ttlMs });
      },
    };
  }),
);

Deno.test("memoryCache: expires to the millisecond, also when the clock starts at 0", async () => {
  using time = fakeTime();
  assertEquals(performance.now(), 0);
  const store = memoryCache();
  for (const begin of ["at 0", "later"]) {
    store.set(begin, reply(begin), 100);
    await time.tick(99);
    assertEquals(store.get(begin), reply(begin));
    await time.tick(2);
    assertEquals(store.get(begin), undefined);
  }
});

Deno.test("memoryCache: sets no timer", () => {
  using timers = countedTimers();
  const store = memoryCache();
  store.set("a", reply("x"), 60_000);
  assertEquals([store.get("a"), timers.set], [reply("x"), 0]);
});

Deno.test("memoryCache: evicts the least recently used reply first", () => {
  const store = memoryCache({ max: 3 });
  for (const key of ["a", "b", "c"]) store.set(key, reply(key), 1_000);
  store.get("a");
  store.set("d", reply("d"), 1_000);
  assertEquals(["a", "b", "c", "d"].filter((key) => store.get(key) !== undefined), ["a", "c", "d"]);
  store.set("a", reply("new"), 1_000);
  store.set("e", reply("e"), 1_000);
  assertEquals(["a", "c", "d", "e"].filter((key) => store.get(key)), ["a", "d", "e"]);
  assertEquals(store.size, 3);
});

Deno.test("memoryCache: keeps 10,000 replies by default", () => {
  const store = memoryCache();
  for (let n = 0; n <= 10_000; n++) store.set(`${n}`, reply(""), 1_000);
  assertEquals([store.size, store.get("0"), store.get("1")], [10_000, undefined, reply("")]);
});

Deno.test("memoryCache: behaves like a list sorted by last use", () => {
  const step = fc.record({ key: fc.nat(7), text: fc.nat(3), write: fc.boolean() });
  const sizes = fc.record({ max: fc.integer({ min: 1, max: 6 }) });
  fc.assert(fc.property(fc.array(step, { maxLength: 60, size: "max" }), sizes, (steps, { max }) => {
    const store = memoryCache({ max });
    let list: [key: string, text: string][] = [];
    for (const { key: k, text: t, write } of steps) {
      const [key, text] = [`${k}`, `${t}`];
      const known = list.find(([other]) => other === key);
      if (write) {
        store.set(key, reply(text), 1e9);
        list = [...list.filter((entry) => entry !== known), [key, text] as [string, string]];
        list = list.slice(-max);
      } else {
        assertEquals(store.get(key)?.text, known?.[1]);
        if (known) list = [...list.filter((entry) => entry !== known), known];
      }
      assertEquals(store.size, list.length);
    }
    for (const [key, text] of list) assertEquals(store.get(key)?.text, text);
  }));
});

Deno.test("memoryCache: evicts above maxSize, and rejects a reply larger than that", () => {
  const size = JSON.stringify(reply("x".repeat(100))).length;
  const store = memoryCache({ maxSize: 2 * size });
  for (const key of ["a", "b", "c"]) store.set(key, reply("x".repeat(100)), 1_000);
  assertEquals([store.get("a"), store.size], [undefined, 2]);
  store.set("b", reply("y".repeat(2 * size)), 1_000);
  // The new reply is too large, and the old one is outdated: neither is kept.
  assertEquals([store.get("b"), store.size], [undefined, 1]);
  store.set("d", reply("x".repeat(101)), 1_000);
  assertEquals([store.get("c"), store.get("d")?.text.length], [undefined, 101]);
});

Deno.test("memoryCache: works after clear", () => {
  const store = memoryCache({ max: 10, maxSize: 1_000 });
  for (let n = 0; n < 20; n++) store.set(`${n}`, reply("x"), 1_000);
  store.clear();
  assertEquals([store.size, store.get("19")], [0, undefined]);
  store.set("a", reply("x"), 1_000);
  assertEquals(store.get("a"), reply("x"));
});

Deno.test("memoryCache: accepts any string as key", () => {
  const store = memoryCache();
  const keys = ["", "__proto__", "constructor", "a", "A"];
  for (const key of keys) assertEquals(store.get(key), undefined);
  for (const key of keys) store.set(key, reply(key), 1_000);
  for (const key of keys) assertEquals(store.get(key), reply(key));
});

Deno.test("memoryCache: rejects invalid options", () => {
  const refused = (options: unknown) => () => memoryCache(options as MemoryCacheOptions);
  assertThrows(
    refused({ max: 0 }),
    RangeError,
    "Cannot make a memory cache as max must be a positive integer: current value is 0",
  );
  for (const n of [-1, 1.5, NaN, Infinity]) {
    assertThrows(refused({ max: n }), RangeError);
    assertThrows(refused({ maxSize: n }), RangeError);
  }
  assertThrows(refused({ max: "10" }), TypeError);
  assertThrows(refused({ maxsize: 10 }), TypeError, 'did you mean "maxSize"?');
  assertThrows(refused(10), TypeError);
});

Deno.test("sharedStore: returns one store for the process", () => {
  const store = sharedStore();
  assertStrictEquals(sharedStore(), store);
  store.set("tests/cache/memory", reply("x"), 1_000);
  assertEquals(sharedStore().get("tests/cache/memory"), reply("x"));
  store.clear();
});
