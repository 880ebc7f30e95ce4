import { assertEquals, assertNotStrictEquals, assertStrictEquals } from "@std/assert";
import { keep, lookUp, STORE_PATIENCE } from "../../src/cache/read_cache.ts";
import { memoryCache, sharedStore } from "../../src/cache/memory_cache.ts";
import type { CachedReply, CacheStore } from "../../src/cache/cache_store.ts";
import { countedSignal, fakeTime, never, reply, settled, used } from "../helpers.ts";
import { countedTimers } from "./helpers.ts";

const quiet = () => new AbortController().signal;
const TTL = 60_000;

/** A store that behaves as told, and writes down what it is asked. */
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

/** What this promise has come to; undefined if it goes on. */
function state(promise: Promise<unknown>): () => unknown {
  let state: unknown;
  promise.then((value) => state = { value }, (thrown) => state = { thrown });
  return () => state;
}

const boom = () => {
  throw new Error("the store is on fire");
};
const thenable = (result: unknown) => ({ then: (tell: (value: unknown) => void) => tell(result) });

Deno.test("cache: what is kept is found, in a store that is at hand or far away", async () => {
  const whole = reply("hello", { refusal: "no", usage: used(3, 4, 1) });
  const memory = memoryCache();
  const far: CacheStore = {
    get: (key) => settled().then(() => memory.get(key)),
    set: (key, reply, ttl) => settled().then(() => memory.set(key, reply, ttl)),
  };
  for (const [key, store] of [["a", memory], ["b", far]] as const) {
    const options = { ttl: TTL, store };
    assertEquals(await lookUp(options, key, quiet()), undefined);
    await keep(options, key, whole, quiet());
    assertEquals(await lookUp(options, key, quiet()), whole);
    assertEquals(await lookUp(options, key + "!", quiet()), undefined);
  }
});

Deno.test("cache: the store is told the key, the reply and how long it lives, and is itself", async () => {
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
  await lookUp({ ttl: TTL, store }, "key", quiet());
  await keep({ ttl: TTL, store }, "key", reply("x"), quiet());
  assertEquals(store.asked, [["key"], ["key", reply("x"), TTL]]);
});

Deno.test("cache: where no store is named, the process has one, and the time to live counts there", async () => {
  using time = fakeTime();
  try {
    await keep({ ttl: TTL }, "tests/cache/cache", reply("x"), quiet());
    assertEquals(await lookUp({ ttl: TTL }, "tests/cache/cache", quiet()), reply("x"));
    assertEquals(sharedStore().get("tests/cache/cache"), reply("x"));
    await time.tick(TTL + 1);
    assertEquals(await lookUp({ ttl: TTL }, "tests/cache/cache", quiet()), undefined);
  } finally {
    sharedStore().clear();
  }
});

Deno.test("cache: only what belongs to the answer is kept, as plain JSON", async () => {
  const options = storing({});
  const rates = { requests: { limit: 1, remaining: 0 } };
  const more = { rates, usage: undefined, secret: "x", then: 1 } as Partial<CachedReply>;
  await keep(options, "k", reply("hello", more), quiet());
  const kept = options.asked[0]![2];
  assertEquals(kept, reply("hello"));
  assertEquals(Object.keys(kept as object), ["text", "finishReason"]);
});

Deno.test("cache: nobody who changes a reply changes what is kept", async () => {
  const options = { ttl: TTL, store: memoryCache() };
  const original = reply("hello", { usage: used(1, 2) }) as { text: string; usage: object };
  await keep(options, "k", original as CachedReply, quiet());
  for (let i = 0; i < 2; i++) {
    Object.assign(original.usage, { inputTokens: 99 });
    original.text = "changed";
    const found = await lookUp(options, "k", quiet());
    assertEquals(found, reply("hello", { usage: used(1, 2) }));
    Object.assign(found!.usage!, { inputTokens: 99 });
    Object.assign(found!, { text: "changed" });
  }
});

Deno.test("cache: a store that throws, rejects or gives nonsense has nothing", async () => {
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
    assertEquals(await lookUp(storing({ get }), "k", quiet()), undefined, `nonsense ${i}`);
  }
});

Deno.test("cache: what a store gives is read as it comes from JSON and databases", async () => {
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
      const found = await lookUp(storing({ get }), "k", quiet());
      assertEquals(found, read);
      assertNotStrictEquals(found, given);
    }
  }
});

Deno.test("cache: a store that hangs is waited for so long, for reading and for writing", async () => {
  using time = fakeTime();
  const hanging = storing({ get: never, set: never });
  const { signal, listeners } = countedSignal();
  const works = [
    () => lookUp(hanging, "k", signal),
    () => keep(hanging, "k", reply("x"), signal),
  ];
  for (const work of works) {
    const now = state(work());
    await time.tick(STORE_PATIENCE - 1);
    assertEquals(now(), undefined);
    await time.tick(1);
    assertEquals(now(), { value: undefined });
    assertEquals(listeners.size, 0);
  }
});

Deno.test("cache: a store that fails after its time was over harms nobody", async () => {
  using time = fakeTime();
  const { promise, reject } = Promise.withResolvers<never>();
  const late = storing({ get: () => promise, set: () => promise });
  const works = [lookUp(late, "k", quiet()), keep(late, "k", reply("x"), quiet())];
  await time.tick(STORE_PATIENCE);
  assertEquals(await Promise.all(works), [undefined, undefined]);
  reject(new Error("the store is on fire")); // an unhandled rejection would fail the test
  await time.tick(10);
});

Deno.test("cache: an answer that comes late but in time counts", async () => {
  using time = fakeTime();
  const get = () =>
    new Promise((resolve) => setTimeout(() => resolve(reply("x")), STORE_PATIENCE - 1));
  const work = lookUp(storing({ get }), "k", quiet());
  await time.tick(STORE_PATIENCE);
  assertEquals(await work, reply("x"));
});

Deno.test("cache: an abort while a store reads ends the reading at once, with the reason", async () => {
  const { controller, signal, listeners } = countedSignal();
  const work = lookUp(storing({ get: never }), "k", signal);
  assertEquals(listeners.size, 1);
  const reason = new Error("enough");
  controller.abort(reason);
  assertStrictEquals(await work.catch((thrown) => thrown), reason);
  assertEquals(listeners.size, 0);

  const options = storing({ get: () => reply("x") });
  assertStrictEquals(await lookUp(options, "k", signal).catch((thrown) => thrown), reason);
  assertEquals(options.asked, []);
});

Deno.test("cache: a store that throws because of the abort does not hide its reason", async () => {
  const { controller, signal } = countedSignal();
  const get = () => {
    controller.abort("bye");
    throw new Error("aborted");
  };
  assertEquals(await lookUp(storing({ get }), "k", signal).catch((thrown) => thrown), "bye");
});

Deno.test("cache: an abort while a store writes ends the waiting, and nothing is thrown", async () => {
  const { controller, signal, listeners } = countedSignal();
  const work = keep(storing({ set: never }), "k", reply("x"), signal);
  controller.abort(new Error("enough"));
  assertEquals(await work, undefined);
  assertEquals(listeners.size, 0);
  // The answer was paid for: it is kept also by a call that is over.
  const options = storing({ set: never });
  await keep(options, "k", reply("x"), signal);
  assertEquals(options.asked, [["set", "k", reply("x"), TTL]]);
});

Deno.test("cache: a write that fails is not the call's business; one that takes time is waited for", async () => {
  const failing = [boom, () => Promise.reject(new Error("full")), () => ({ then: boom })];
  for (const set of failing) await keep(storing({ set }), "k", reply("x"), quiet());

  const { promise, resolve } = Promise.withResolvers<void>();
  const now = state(keep(storing({ set: () => promise }), "k", reply("x"), quiet()));
  await settled();
  assertEquals(now(), undefined);
  resolve();
  await settled();
  assertEquals(now(), { value: undefined });
});

Deno.test("cache: what is no reply is not kept", async () => {
  const options = storing({});
  for (const wrong of [{}, { text: 1, finishReason: "stop" }, { text: "x", finishReason: "" }]) {
    await keep(options, "k", wrong as CachedReply, quiet());
  }
  assertEquals(options.asked, []);
});

Deno.test("cache: a store at hand costs no timer and no listener", async () => {
  const { signal } = countedSignal();
  let listened = 0;
  const add = signal.addEventListener;
  signal.addEventListener = function (...args: Parameters<typeof add>) {
    listened++;
    return add.apply(this, args);
  };
  using timers = countedTimers();
  const options = { ttl: TTL, store: memoryCache() };
  await keep(options, "k", reply("x"), signal);
  assertEquals(await lookUp(options, "k", signal), reply("x"));
  assertEquals([timers.set, listened], [0, 0]);
  // A store far away needs both.
  await lookUp(storing({ get: () => Promise.resolve() }), "k", signal);
  assertEquals([timers.set, listened], [1, 1]);
});
