/**
 * Tests of the contract of {@linkcode CacheStore}. A store runs them with a function that opens an
 * empty store.
 */
import { assertEquals } from "@std/assert";
import type { CachedReply, CacheStore } from "../../src/cache/cache_store.ts";

/** A store under test. */
export interface CacheStoreDriver extends AsyncDisposable {
  readonly store: CacheStore;
  /** Resolves when this many milliseconds have passed for the store, in real or virtual time. */
  pass(ms: number): Promise<unknown>;
}

const TTL = 1_000;
const LONG = 3_600_000;

/** Returns a key in the form of the cache's own. */
function key(n: number): string {
  return n.toString(16).padStart(64, "0");
}

function reply(text: string, more: Partial<CachedReply> = {}): CachedReply {
  return Object.freeze({ text, finishReason: "stop", ...more });
}

/** Converts a stored value to plain JSON: a store may drop members that are `undefined`. */
async function found(store: CacheStore, n: number): Promise<unknown> {
  const got = await store.get(key(n));
  return got === undefined ? undefined : JSON.parse(JSON.stringify(got));
}

/** Registers the tests. */
export function cacheStoreContract(
  name: string,
  open: () => CacheStoreDriver | Promise<CacheStoreDriver>,
): void {
  const test = (what: string, body: (driver: CacheStoreDriver) => Promise<void>) =>
    Deno.test(`cache store ${name}: ${what}`, async () => {
      await using driver = await open();
      await body(driver);
    });

  test("get returns undefined for an unknown key", async ({ store }) => {
    assertEquals(await store.get(key(1)), undefined);
    await store.set(key(1), reply("one"), LONG);
    assertEquals(await store.get(key(2)), undefined);
  });

  const replies: [what: string, CachedReply][] = [
    ["a text", reply("hello")],
    ["an empty text", reply("")],
    ["any text", reply(' Grüße,\n🐟 你好 👩‍👩‍👧‍👦 e\u0301 \u2028\t"\\ \u{10ffff} {"a":1} ')],
    ["a megabyte", reply("ä".repeat(500_000))],
    ["a reason of the provider's own", reply("x", { finishReason: "tired" })],
    [
      "everything",
      reply("no", {
        finishReason: "content_filter",
        refusal: "I will not",
        usage: {
          inputTokens: 11,
          cachedInputTokens: 0,
          cacheWriteTokens: 0,
          outputTokens: 7,
          reasoningTokens: 2,
          totalTokens: 18,
        },
      }),
    ],
  ];
  for (const [what, kept] of replies) {
    test(`returns the value unchanged, twice: ${what}`, async ({ store }) => {
      await store.set(key(1), kept, LONG);
      assertEquals([await found(store, 1), await found(store, 1)], [kept, kept]);
    });
  }

  test("set replaces the whole value", async ({ store }) => {
    await store.set(key(1), reply("old", { refusal: "no" }), LONG);
    await store.set(key(1), reply("new"), LONG);
    assertEquals(await found(store, 1), reply("new"));
  });

  test("each value has its own time to live", async ({ store, pass }) => {
    await store.set(key(1), reply("short"), TTL);
    await store.set(key(2), reply("long"), LONG);
    assertEquals([await found(store, 1), await found(store, 2)], [reply("short"), reply("long")]);
    await pass(TTL + 500);
    assertEquals([await found(store, 1), await found(store, 2)], [undefined, reply("long")]);
  });

  test("set restarts the time to live; get does not", async ({ store, pass }) => {
    await store.set(key(1), reply("again"), TTL);
    await store.set(key(2), reply("asked"), TTL);
    await pass(600);
    await store.set(key(1), reply("again"), TTL);
    assertEquals(await found(store, 2), reply("asked"));
    await pass(600);
    assertEquals([await found(store, 1), await found(store, 2)], [reply("again"), undefined]);
    await pass(900);
    assertEquals(await found(store, 1), undefined);
  });

  test("set with a shorter time to live shortens it", async ({ store, pass }) => {
    await store.set(key(1), reply("x"), LONG);
    await store.set(key(1), reply("x"), TTL);
    await pass(TTL + 500);
    assertEquals(await found(store, 1), undefined);
  });

  test("a time to live may be a fraction", async ({ store, pass }) => {
    await store.set(key(1), reply("x"), TTL + 0.5);
    assertEquals(await found(store, 1), reply("x"));
    await pass(TTL + 500);
    assertEquals(await found(store, 1), undefined);
  });

  test("stores 200 values at once, each under its own key", async ({ store }) => {
    const all = Array.from({ length: 200 }, (_, n) => n);
    await Promise.all(all.map((n) => store.set(key(n), reply(`number ${n}`), LONG)));
    assertEquals(
      await Promise.all(all.map((n) => found(store, n))),
      all.map((n) => reply(`number ${n}`)),
    );
  });
}
