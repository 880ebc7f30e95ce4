import { LRUCache } from "lru-cache";
import { checkOptions, positiveInteger, type Rules } from "../model/check_options.ts";
import type { CachedReply, CacheStore } from "./cache_store.ts";

/** How much a {@linkcode memoryCache} keeps. */
export interface MemoryCacheOptions {
  /**
   * How many answers at most. Room for so many entries is set aside at once.
   *
   * @default {10_000}
   */
  readonly max?: number;
  /**
   * How many characters all answers together may have, written as JSON. An answer that is longer by itself is not kept.
   *
   * @default Not limited
   */
  readonly maxSize?: number;
}

/** Answers in the memory of this process. */
export interface MemoryCache extends CacheStore {
  /** How many answers are in memory; those whose time is over count until they are asked for or pushed out. */
  readonly size: number;
  /** The reply that was kept under this key; `undefined` if there is none or its time is over. */
  get(key: string): CachedReply | undefined;
  /** Keeps a reply for so many milliseconds, in the place of the one before. */
  set(key: string, reply: CachedReply, ttlMs: number): void;
  /** Forgets everything. */
  clear(): void;
}

const RULES: Rules = { max: positiveInteger, maxSize: positiveInteger };

/**
 * Only what is younger than the time to live is given out, so the clock must not jump when that of the wall is set. The library takes
 * a start of 0 for "lives for ever", and a clock that a test holds may stand there: so ours begins at 1.
 */
const clock = { now: () => performance.now() + 1 };

/**
 * Keeps answers in the memory of this process. When it is full, those that were not asked for the longest are thrown away.
 *
 * @throws {TypeError} If an option is not known or has the wrong type.
 * @throws {RangeError} If a number is out of range.
 *
 * @example A memory of one's own, in the place of the one that the process shares
 * ```ts
 * import { configure, memoryCache } from "@shoal/agents";
 *
 * const store = memoryCache({ max: 1_000 });
 * configure({ cache: { ttl: 60_000, store } });
 * // ...
 * store.clear(); // everything is asked anew
 * ```
 */
export function memoryCache(options: MemoryCacheOptions = {}): MemoryCache {
  checkOptions("make a memory cache", options, RULES);
  const { max = 10_000, maxSize } = options;
  const replies = new LRUCache<string, CachedReply>({
    max,
    perf: clock,
    // Above 0 the library would remember what time it is, and set a timer to forget it.
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
let elsewhere: CacheStore | undefined;

/** The memory of those who name no store: one in the process. */
export function sharedStore(): MemoryCache {
  return shared ??= memoryCache();
}

/** Where those who name no store keep what they keep. */
export function defaultStore(): CacheStore {
  return elsewhere ?? sharedStore();
}

/** Has them keep it elsewhere: in a worker, with the one who started it. */
export function keepElsewhere(store: CacheStore): void {
  elsewhere = store;
}
