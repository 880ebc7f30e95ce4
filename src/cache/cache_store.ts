import type { ModelReply } from "../model/message.ts";

/** An answer as a cache keeps it: plain JSON. Where the server's rate limits stood at that time is not kept. */
export type CachedReply = Omit<ModelReply, "rates">;

/**
 * Where answers are kept: the port between the cache and a memory, a database, a server.
 *
 * A store may be slow, fail or hang without harm to the calls: then the model is asked. Keys are 64 hexadecimal digits and
 * tell nothing of the prompt; replies are plain JSON, and hold what the model said.
 *
 * @example A store of one's own
 * ```ts
 * import type { CachedReply, CacheStore } from "@shoal/agents";
 *
 * const kept = new Map<string, { reply: CachedReply; until: number }>();
 * const store: CacheStore = {
 *   get(key) {
 *     const found = kept.get(key);
 *     return found !== undefined && Date.now() < found.until ? found.reply : undefined;
 *   },
 *   set(key, reply, ttlMs) {
 *     kept.set(key, { reply, until: Date.now() + ttlMs });
 *   },
 * };
 * ```
 */
export interface CacheStore {
  /** The reply that was kept under this key; `undefined` if there is none or its time is over. */
  get(key: string): CachedReply | undefined | Promise<CachedReply | undefined>;
  /** Keeps a reply for so many milliseconds, in the place of the one before. It may be thrown away sooner. */
  set(key: string, reply: CachedReply, ttlMs: number): void | Promise<void>;
}
