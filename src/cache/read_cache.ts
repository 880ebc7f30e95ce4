/**
 * Reads from and writes to a cache store. The store may be foreign code or a distant server:
 * whatever it does, the worst outcome is a call to the model.
 */
import { ChildAbort } from "../async/abort.ts";
import { isRecord } from "../model/check_options.ts";
import { defaultStore } from "./memory_cache.ts";
import type { CacheOptions } from "./cache_options.ts";
import type { CachedReply } from "./cache_store.ts";

/**
 * The time limit of a store, in milliseconds. A model answers within seconds, so a slower cache is
 * no use.
 */
export const STORE_TIMEOUT = 2_000;

/**
 * Returns the cached reply of this key. A store that throws, exceeds its time limit or returns an
 * invalid reply counts as a miss.
 *
 * @throws The signal's reason, as soon as it aborts.
 */
export async function readCache(
  { store = defaultStore() }: CacheOptions,
  key: string,
  signal: AbortSignal,
): Promise<CachedReply | undefined> {
  signal.throwIfAborted();
  try {
    return copyReply(await withTimeout(store.get(key), signal));
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}

/**
 * Stores the reply, and waits for the store up to its time limit or until the signal aborts. Never
 * rejects, since the answer has already arrived.
 */
export async function writeCache(
  { ttl, store = defaultStore() }: CacheOptions,
  key: string,
  reply: CachedReply,
  signal: AbortSignal,
): Promise<void> {
  try {
    const copy = copyReply(reply);
    if (copy !== undefined) await withTimeout(store.set(key, copy, ttl), signal);
  } catch {
    // The next call is a miss.
  }
}

/**
 * Waits for the store if it returned a promise. A store in memory needs no timer and no listener.
 */
function withTimeout(returned: unknown, signal: AbortSignal): unknown {
  return isRecord(returned) && typeof returned.then === "function"
    ? race(returned as unknown as PromiseLike<unknown>, signal)
    : returned;
}

async function race(work: PromiseLike<unknown>, signal: AbortSignal): Promise<unknown> {
  using child = new ChildAbort(signal);
  child.abortAfter(STORE_TIMEOUT, "the store did not answer");
  return await child.race(work);
}

/** A check for each field of a reply. The compiler rejects a field without one. */
const FIELDS: { readonly [Field in keyof Required<CachedReply>]: (value: unknown) => boolean } = {
  text: (value) => typeof value === "string",
  finishReason: (value) => typeof value === "string" && value !== "",
  reasoning: (value) => value === undefined || typeof value === "string",
  refusal: (value) => value === undefined || typeof value === "string",
  usage: (value) => value === undefined || isUsage(value),
  toolCalls: (value) => value === undefined || (Array.isArray(value) && value.every(isToolCall)),
  providerData: () => true,
};

/** Returns a copy of the value if it is a reply, otherwise `undefined`. */
function copyReply(value: unknown): CachedReply | undefined {
  if (!isRecord(value)) return undefined;
  const reply: Record<string, unknown> = {};
  for (const [name, isValid] of Object.entries(FIELDS)) {
    // Databases return null for absent fields.
    const field = name === "usage" ? completeUsage(value.usage) : value[name] ?? undefined;
    if (!isValid(field)) return undefined;
    if (field !== undefined) reply[name] = structuredClone(field);
  }
  return reply as unknown as CachedReply;
}

function isToolCall(value: unknown): boolean {
  return isRecord(value) && [value.id, value.name, value.args].every((v) => typeof v === "string");
}

const COUNTS = [
  "inputTokens",
  "cachedInputTokens",
  "cacheWriteTokens",
  "outputTokens",
  "reasoningTokens",
  "totalTokens",
] as const;

/** Completes a usage that an earlier version stored: it has no count of writes to a cache. */
function completeUsage(usage: unknown): unknown {
  if (!isRecord(usage)) return usage ?? undefined;
  return { ...usage, cacheWriteTokens: usage.cacheWriteTokens ?? 0 };
}

function isUsage(value: unknown): boolean {
  return isRecord(value) && COUNTS.every((count) => Number.isFinite(value[count]));
}
