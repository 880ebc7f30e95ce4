import { assertEquals, assertNotStrictEquals, assertStrictEquals } from "@std/assert";
import { readCache, STORE_TIMEOUT, writeCache } from "../../src/cache/read_cache.ts";
import { memoryCache, sharedStore } from "../../src/cache/memory_cache.ts";
import type { CachedReply, CacheStore } from "../../src/cache/cache_store.ts";
import { countedSignal, fakeTime, never, reply, settled, used } from "../helpers.ts";
import { countedTimers } from "./helpers.ts";

const quiet = () => new AbortController().signal;
const TTL = 60_000;

/** Creates a store with these methods that records its calls. */
function storing(parts: { get?: () => unknown; set?: () => unknown }) {
  const asked: unknown[][] = [];
  const store = {
    get(...args: unknown[]) {
      asked.push(["get", ...args]);
      return parts.get?.();
    },
    set(...args: unknown[]) {
      asked.push(["set", ...args]);
      return parts.set?.();
    },
  } as CacheStore;
  return { store, ttl: TTL, asked };
}

/** Returns a function that returns the outcome of the promise, or undefined while it is pending. */
function state(promise: Promise<unknown>): () => unknown {
  let state: unknown;
  promise.then((value) => state = { value }, (thrown) => state = { thrown });
  return () => state;
}

const boom = () => {
  throw new Error("the store is on fire");
};
const thenable = (result: unknown) => ({
  then: (resolve: (value: unknown) => void) => resolve(result),
});

Deno.test("cache: finds what it stored, in synchronous and asynchronous stores", async () => {
  const whole = reply("hello", { refusal: "no", usage: used(3, 4, 1) });
  const memory = memoryCache();
  const far: CacheStore = {
    get: (key) => settled().then(() => memory.get(key)),
    set: (key, reply, ttl) => settled().then(() => memory.set(key, reply, ttl)),
  };
  for (const [key, store] of [["a", memory], ["b", far]] as const) {
    const options = { ttl: TTL, store };
    assertEquals(await readCache(options, key, quiet()), undefined);
    await writeCache(options, key, whole, quiet());
    assertEquals(await readCache(options, key, quiet()), whole);
    assertEquals(await readCache(options, key + "!", quiet()), undefined);
  }
});

Deno.test("cache: passes key, reply and ttl to the store, and keeps its `this`", async () => {
  class Store {
    #asked: unknown[][] = [];
    get(...args: unknown[]): undefined {
      this.#asked.push(args);
    }
    set(...args: unknown[]): void {
      this.#asked.push(args);
    }
    get asked() {
      return this.#asked;
    }
  }
  const store = new Store();
  await readCache({ ttl: TTL, store }, "key", quiet());
  await writeCache({ ttl: TTL, store }, "key", reply("x"), quiet());
  assertEquals(store.asked, [["key"], ["key", reply("x"), TTL]]);
});

Deno.test("cache: uses the store of the process by default, with its time to live", async () => {
  using time = fakeTime();
  try {
    await writeCache({ ttl: TTL }, "tests/cache/cache", reply("x"), quiet());
    assertEquals(await readCache({ ttl: TTL }, "tests/cache/cache", quiet()), reply("x"));
    assertEquals(sharedStore().get("tests/cache/cache"), reply("x"));
    await time.tick(TTL + 1);
    assertEquals(await readCache({ ttl: TTL }, "tests/cache/cache", quiet()), undefined);
  } finally {
    sharedStore().clear();
  }
});

Deno.test("cache: stores the fields of a reply only, as plain JSON", async () => {
  const options = storing({});
  const rates = { requests: { limit: 1, remaining: 0 } };
  const more = { rates, usage: undefined, secret: "x", then: 1 } as Partial<CachedReply>;
  await writeCache(options, "k", reply("hello", more), quiet());
  const kept = options.asked[0]![2];
  assertEquals(kept, reply("hello"));
  assertEquals(Object.keys(kept as object), ["text", "finishReason"]);
});

Deno.test("cache: changing a reply does not change the stored copy", async () => {
  const options = { ttl: TTL, store: memoryCache() };
  const original = reply("hello", { usage: used(1, 2) }) as { text: string; usage: object };
  await writeCache(options, "k", original as CachedReply, quiet());
  for (let i = 0; i < 2; i++) {
    Object.assign(original.usage, { inputTokens: 99 });
    original.text = "changed";
    const found = await readCache(options, "k", quiet());
    assertEquals(found, reply("hello", { usage: used(1, 2) }));
    Object.assign(found!.usage!, { inputTokens: 99 });
    Object.assign(found!, { text: "changed" });
  }
});

Deno.test("cache: a store that throws, rejects or returns an invalid reply is a miss", async () => {
  const hostile = {
    get text(): string {
      return boom();
    },
    finishReason: "stop",
  };
  const nonsense: (() => unknown)[] = [
    boom,
    () => Promise.reject(new Error("the store is on fire")),
    () => Promise.reject(undefined),
    () => ({ then: boom }),
    () => Object.defineProperty({}, "then", { get: boom }),
    () => hostile,
    ...[
      ...[null, undefined, 0, 1, true, "", "text", [], {}, [reply("x")], () => reply("x")],
      JSON.stringify(reply("x")),
      ...[undefined, null, 1, {}, ["x"], new String("x")].map((text) => ({ ...reply(""), text })),
      ...[undefined, null, "", 1, {}].map((finishReason) => ({ text: "x", finishReason })),
      ...[1, false, {}, []].map((refusal) => ({ ...reply("x"), refusal })),
      ...[1, "many", [], {}, { ...used(1, 2), totalTokens: "3" }, {
        ...used(1, 2),
        inputTokens: NaN,
      }]
        .map((usage) => ({ ...reply("x"), usage })),
    ].flatMap((value) => [() => value, () => Promise.resolve(value), () => thenable(value)]),
  ];
  for (const [i, get] of nonsense.entries()) {
    assertEquals(await readCache(storing({ get }), "k", quiet()), undefined, `nonsense ${i}`);
  }
});

Deno.test("cache: reads replies as JSON and databases return them", async () => {
  const good: [given: unknown, read: CachedReply][] = [
    [reply(""), reply("")],
    [{ ...reply("x"), refusal: null, usage: null }, reply("x")],
    [{ ...reply("x"), expires: 1, rates: {} }, reply("x")],
    [Object.assign(Object.create(null), reply("x")), reply("x")],
    [reply("x", { finishReason: "tired" }), reply("x", { finishReason: "tired" })],
    [reply("x", { refusal: "" }), reply("x", { refusal: "" })],
  ];
  for (const [given, read] of good) {
    for (const get of [() => given, () => Promise.resolve(given), () => thenable(given)]) {
      const found = await readCache(storing({ get }), "k", quiet());
      assertEquals(found, read);
      assertNotStrictEquals(found, given);
    }
  }
});

Deno.test("cache: waits for a store up to the time limit, for reads and writes", async () => {
  using time = fakeTime();
  const hanging = storing({ get: never, set: never });
  const { signal, listeners } = countedSignal();
  const works = [
    () => readCache(hanging, "k", signal),
    () => writeCache(hanging, "k", reply("x"), signal),
  ];
  for (const work of works) {
    const now = state(work());
    await time.tick(STORE_TIMEOUT - 1);
    assertEquals(now(), undefined);
    await time.tick(1);
    assertEquals(now(), { value: undefined });
    assertEquals(listeners.size, 0);
  }
});

Deno.test("cache: ignores a store that fails after its time limit", async () => {
  using time = fakeTime();
  const { promise, reject } = Promise.withResolvers<never>();
  const late = storing({ get: () => promise, set: () => promise });
  const works = [readCache(late, "k", quiet()), writeCache(late, "k", reply("x"), quiet())];
  await time.tick(STORE_TIMEOUT);
  assertEquals(await Promise.all(works), [undefined, undefined]);
  reject(new Error("the store is on fire")); // an unhandled rejection would fail the test
  await time.tick(10);
});

Deno.test("cache: uses an answer that arrives within the time limit", async () => {
  using time = fakeTime();
  const get = () =>
    new Promise((resolve) => setTimeout(() => resolve(reply("x")), STORE_TIMEOUT - 1));
  const work = readCache(storing({ get }), "k", quiet());
  await time.tick(STORE_TIMEOUT);
  assertEquals(await work, reply("x"));
});

Deno.test("cache: an abort ends a read at once with its reason", async () => {
  const { controller, signal, listeners } = countedSignal();
  const work = readCache(storing({ get: never }), "k", signal);
  assertEquals(listeners.size, 1);
  const reason = new Error("enough");
  controller.abort(reason);
  assertStrictEquals(await work.catch((thrown) => thrown), reason);
  assertEquals(listeners.size, 0);

  const options = storing({ get: () => reply("x") });
  assertStrictEquals(await readCache(options, "k", signal).catch((thrown) => thrown), reason);
  assertEquals(options.asked, []);
});

Deno.test("cache: rejects with the abort reason even if the store throws", async () => {
  const { controller, signal } = countedSignal();
  const get = () => {
    controller.abort("bye");
    throw new Error("aborted");
  };
  assertEquals(await readCache(storing({ get }), "k", signal).catch((thrown) => thrown), "bye");
});

Deno.test("cache: an abort ends the wait for a write without an error", async () => {
  const { controller, signal, listeners } = countedSignal();
  const work = writeCache(storing({ set: never }), "k", reply("x"), signal);
  controller.abort(new Error("enough"));
  assertEquals(await work, undefined);
  assertEquals(listeners.size, 0);
  // The answer was billed: it is stored even though the call has ended.
  const options = storing({ set: never });
  await writeCache(options, "k", reply("x"), signal);
  assertEquals(options.asked, [["set", "k", reply("x"), TTL]]);
});

Deno.test("cache: ignores a failed write, and waits for a slow one", async () => {
  const failing = [boom, () => Promise.reject(new Error("full")), () => ({ then: boom })];
  for (const set of failing) await writeCache(storing({ set }), "k", reply("x"), quiet());

  const { promise, resolve } = Promise.withResolvers<void>();
  const now = state(writeCache(storing({ set: () => promise }), "k", reply("x"), quiet()));
  await settled();
  assertEquals(now(), undefined);
  resolve();
  await settled();
  assertEquals(now(), { value: undefined });
});

Deno.test("cache: does not store a value that is not a reply", async () => {
  const options = storing({});
  for (const wrong of [{}, { text: 1, finishReason: "stop" }, { text: "x", finishReason: "" }]) {
    await writeCache(options, "k", wrong as CachedReply, quiet());
  }
  assertEquals(options.asked, []);
});

Deno.test("cache: a synchronous store costs no timer and no listener", async () => {
  const { signal } = countedSignal();
  let listened = 0;
  const add = signal.addEventListener;
  signal.addEventListener = function (...args: Parameters<typeof add>) {
    listened++;
    return add.apply(this, args);
  };
  using timers = countedTimers();
  const options = { ttl: TTL, store: memoryCache() };
  await writeCache(options, "k", reply("x"), signal);
  assertEquals(await readCache(options, "k", signal), reply("x"));
  assertEquals([timers.set, listened], [0, 0]);
  // An asynchronous store needs both.
  await readCache(storing({ get: () => Promise.resolve() }), "k", signal);
  assertEquals([timers.set, listened], [1, 1]);
});

Deno.test("cache: reads a usage that an earlier version stored", async () => {
  const { cacheWriteTokens: _, ...usage } = used(3, 4, 1);
  const { store } = storing({ get: () => ({ ...reply("hello"), usage }) });
  const found = await readCache({ ttl: TTL, store }, "key", quiet());
  assertEquals(found, reply("hello", { usage: used(3, 4, 1) }));
});

Deno.test("cache: stores no cost, service tier or model", async () => {
  const store = memoryCache();
  const whole = reply("hello", {
    cost: { total: 1 },
    serviceTier: "flex",
    servedModel: "other",
    usage: used(1, 1),
  });
  await writeCache({ ttl: TTL, store }, "key", whole, quiet());
  assertEquals(store.get("key"), reply("hello", { usage: used(1, 1) }));
});
