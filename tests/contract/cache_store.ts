/**
 * What every {@linkcode CacheStore} must do, as tests. A store runs them with a function that opens
 * an empty one.
 */
import { assertEquals } from "@std/assert";
import type { CachedReply, CacheStore } from "../../src/cache/cache_store.ts";

/** A store under test. */
export interface CacheStoreDriver extends AsyncDisposable {
  readonly store: CacheStore;
  /** Resolves when this time has passed for the store, in real or fake time. */
  pass(ms: number): Promise<unknown>;
}

const TTL = 1_000;
const LONG = 3_600_000;

/** A key as the cache makes them. */
function key(n: number): string {
  return n.toString(16).padStart(64, "0");
}

function reply(text: string, more: Partial<CachedReply> = {}): CachedReply {
  return Object.freeze({ text, finishReason: "stop", ...more });
}

/**
 * What is kept, as plain JSON: a store need not tell a member that is undefined from one that is
 * absent.
 */
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

  test("what was never kept is not there", async ({ store }) => {
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
          outputTokens: 7,
          reasoningTokens: 2,
          totalTokens: 18,
        },
      }),
    ],
  ];
  for (const [what, kept] of replies) {
    test(`comes back as it was kept, twice: ${what}`, async ({ store }) => {
      await store.set(key(1), kept, LONG);
      assertEquals([await found(store, 1), await found(store, 1)], [kept, kept]);
    });
  }

  test("the latest is the one that counts, whole", async ({ store }) => {
    await store.set(key(1), reply("old", { refusal: "no" }), LONG);
    await store.set(key(1), reply("new"), LONG);
    assertEquals(await found(store, 1), reply("new"));
  });

  test("each reply has a time to live of its own", async ({ store, pass }) => {
    await store.set(key(1), reply("short"), TTL);
    await store.set(key(2), reply("long"), LONG);
    assertEquals([await found(store, 1), await found(store, 2)], [reply("short"), reply("long")]);
    await pass(TTL + 500);
    assertEquals([await found(store, 1), await found(store, 2)], [undefined, reply("long")]);
  });

  test("kept again it lives as long again; asked for it does not", async ({ store, pass }) => {
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

  test("kept again for less time it lives less long", async ({ store, pass }) => {
    await store.set(key(1), reply("x"), LONG);
    await store.set(key(1), reply("x"), TTL);
    await pass(TTL + 500);
    assertEquals(await found(store, 1), undefined);
  });

  test("a time to live need not be whole", async ({ store, pass }) => {
    await store.set(key(1), reply("x"), TTL + 0.5);
    assertEquals(await found(store, 1), reply("x"));
    await pass(TTL + 500);
    assertEquals(await found(store, 1), undefined);
  });

  test("200 at once, each under its own key", async ({ store }) => {
    const all = Array.from({ length: 200 }, (_, n) => n);
    await Promise.all(all.map((n) => store.set(key(n), reply(`number ${n}`), LONG)));
    assertEquals(
      await Promise.all(all.map((n) => found(store, n))),
      all.map((n) => reply(`number ${n}`)),
    );
  });
}
