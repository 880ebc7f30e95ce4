import { LRUCache } from "lru-cache";
import { checkOptions, positiveInteger, type RulesFor } from "../model/check_options.ts";
import type { CachedReply, CacheStore } from "./cache_store.ts";

/** Options of {@linkcode memoryCache}. */
export interface MemoryCacheOptions {
  /**
   * The maximum number of replies: a positive integer. Memory for that many entries is allocated at
   * once.
   *
   * @default {10_000}
   */
  readonly max?: number;
  /**
   * The maximum size of all replies together, in characters of JSON: a positive integer. A longer
   * reply is not stored.
   *
   * @default No limit
   */
  readonly maxSize?: number;
}

/** A cache in the memory of this process. */
export interface MemoryCache extends CacheStore {
  /** The number of replies in memory. Expired replies count until they are read or evicted. */
  readonly size: number;
  /** Returns the reply of this key, or `undefined` if there is none or it has expired. */
  get(key: string): CachedReply | undefined;
  /** Stores a reply for `ttlMs` milliseconds, in place of the previous one. */
  set(key: string, reply: CachedReply, ttlMs: number): void;
  /** Removes all replies. */
  clear(): void;
}

const RULES: RulesFor<MemoryCacheOptions> = { max: positiveInteger, maxSize: positiveInteger };

/**
 * A monotonic clock, so that setting the system time does not change when replies expire. The
 * library takes a start time of 0 for "never expires", and fake clocks of tests start at 0: so this
 * clock starts at 1.
 */
const clock = { now: () => performance.now() + 1 };

/**
 * Creates a cache in the memory of this process. When it is full, it evicts the least recently used
 * replies.
 *
 * @throws {TypeError} If an option is not known or has the wrong type.
 * @throws {RangeError} If a number is out of range.
 *
 * @example A cache of its own in place of the one that the process shares
 * ```ts
 * import { configure, memoryCache } from "@shoal/agents";
 *
 * const store = memoryCache({ max: 1_000 });
 * configure({ cache: { ttl: 60_000, store } });
 * // ...
 * store.clear(); // the next calls go to the model again
 * ```
 */
export function memoryCache(options: MemoryCacheOptions = {}): MemoryCache {
  checkOptions("make a memory cache", options, RULES);
  const { max = 10_000, maxSize } = options;
  const replies = new LRUCache<string, CachedReply>({
    max,
    perf: clock,
    // Above 0, the library would cache the time and set a timer to reset it.
    ttlResolution: 0,
    ...(maxSize !== undefined && {
      maxSize,
      sizeCalculation: (reply: CachedReply) => JSON.stringify(reply).length,
    }),
  });
  return {
    get size() {
      return replies.size;
    },
    get: (key) => replies.get(key),
    set(key, reply, ttl) {
      replies.set(key, reply, { ttl });
    },
    clear: () => replies.clear(),
  };
}

let shared: MemoryCache | undefined;
let replacement: CacheStore | undefined;

/** Returns the memory cache that the process shares. */
export function sharedStore(): MemoryCache {
  return shared ??= memoryCache();
}

/** Returns the store for calls that name none. */
export function defaultStore(): CacheStore {
  return replacement ?? sharedStore();
}

/** Replaces the store for calls that name none: a worker uses the store of its main thread. */
export function replaceDefaultStore(store: CacheStore): void {
  replacement = store;
}
