import type { ModelReply } from "../model/message.ts";
import type { Billing } from "../model/usage.ts";

/** A cached reply: plain JSON, without what belongs to the request that was sent. */
export type CachedReply = Omit<
  ModelReply,
  "rates" | "response" | "rejections" | Exclude<keyof Billing, "usage">
>;

/**
 * A store of cached replies, in memory, in a database or on a server.
 *
 * A store may be slow, fail or hang: the model is then called instead. Keys are 64 hexadecimal
 * digits that do not reveal the prompt. Replies are plain JSON and contain the model's answer.
 *
 * @example A custom store
 * ```ts
 * import type { CachedReply, CacheStore } from "@shoal/agents";
 *
 * const kept = new Map<string, { reply: CachedReply; until: number }>();
 * const store: CacheStore = {
 *   get(key) {
 *     const entry = kept.get(key);
 *     return entry !== undefined && Date.now() < entry.until ? entry.reply : undefined;
 *   },
 *   set(key, reply, ttlMs) {
 *     kept.set(key, { reply, until: Date.now() + ttlMs });
 *   },
 * };
 * ```
 */
export interface CacheStore {
  /** Returns the reply of this key, or `undefined` if there is none or it has expired. */
  get(key: string): CachedReply | undefined | Promise<CachedReply | undefined>;
  /**
   * Stores a reply for `ttlMs` milliseconds, in place of the previous one. May evict it earlier.
   */
  set(key: string, reply: CachedReply, ttlMs: number): void | Promise<void>;
}
