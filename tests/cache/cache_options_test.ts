import { assertThrows } from "@std/assert";
import { cache } from "../../src/cache/cache_options.ts";
import { memoryCache } from "../../src/cache/memory_cache.ts";

const check = (value: unknown) => cache("configure", "cache", value);

Deno.test("cache: accepts valid options", () => {
  class Store {
    get() {}
    set() {}
  }
  const good = [
    { ttl: 1 },
    { ttl: 0.5 },
    { ttl: 1e12 },
    { ttl: 1, store: undefined },
    { ttl: 1, store: memoryCache() },
    { ttl: 1, store: new Store() },
    { ttl: 1, store: { get() {}, set() {}, more: 1 } },
  ];
  for (const options of good) check(options);
});

Deno.test("cache: requires ttl", () => {
  for (const value of [{}, { ttl: undefined }, { store: memoryCache() }, true, 1000, null, []]) {
    assertThrows(() => check(value), TypeError, "cache must be an object with at least `ttl`");
  }
});

Deno.test("cache: ttl is a positive number of milliseconds", () => {
  assertThrows(
    () => check({ ttl: 0 }),
    RangeError,
    "Cannot configure: cache as ttl must be a positive number of milliseconds: current value is 0",
  );
  for (const ttl of [-1, NaN, Infinity, -0]) assertThrows(() => check({ ttl }), RangeError);
  for (const ttl of ["1m", null, true, {}]) assertThrows(() => check({ ttl }), TypeError);
});

Deno.test("cache: a store has get and set", () => {
  const wrong: [store: unknown, message: string][] = [
    [null, "store must be a store with `get` and `set`: current value is null"],
    ["redis://", "store must be a store with `get` and `set`"],
    [[], "store must be a store with `get` and `set`"],
    [{}, "store.get must be a function: current value is undefined"],
    [{ set() {} }, "store.get must be a function"],
    [{ get() {} }, "store.set must be a function"],
    [{ get() {}, set: 1 }, "store.set must be a function: current value is 1"],
  ];
  for (const [store, message] of wrong) {
    assertThrows(() => check({ ttl: 1, store }), TypeError, message);
  }
});

Deno.test("cache: rejects unknown names", () => {
  assertThrows(() => check({ ttl: 1, stor: {} }), TypeError, 'did you mean "store"?');
  assertThrows(() => check({ ttl: 1, max: 5 }), TypeError, 'there is no option "max"');
});
