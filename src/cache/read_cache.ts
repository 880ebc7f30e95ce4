/**
 * Reading from and writing to a store. It may be somebody else's code, and a server on another continent: whatever it does, the
 * worst that comes of it is that the model is asked.
 */
import { ChildAbort } from "../async/abort.ts";
import { isRecord } from "../model/check_options.ts";
import { defaultStore } from "./memory_cache.ts";
import type { CacheOptions } from "./cache_options.ts";
import type { CachedReply } from "./cache_store.ts";

/** How long a store may take, in milliseconds. It is there to save time, and a model answers within seconds. */
export const STORE_PATIENCE = 2_000;

/**
 * The reply that is kept under this key. A store that throws, that takes too long or gives nonsense has none.
 *
 * @throws The signal's reason, as soon as it aborts.
 */
export async function lookUp(
  { store = defaultStore() }: CacheOptions,
  key: string,
  signal: AbortSignal,
): Promise<CachedReply | undefined> {
  signal.throwIfAborted();
  try {
    return replyIn(await inTime(store.get(key), signal));
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}

/**
 * Keeps the reply, and waits until the store has it, but not beyond its patience or the signal's abort: the answer is there
 * already. It never rejects.
 */
export async function keep(
  { ttl, store = defaultStore() }: CacheOptions,
  key: string,
  reply: CachedReply,
  signal: AbortSignal,
): Promise<void> {
  try {
    const kept = replyIn(reply);
    if (kept !== undefined) await inTime(store.set(key, kept, ttl), signal);
  } catch {
    // Then it is asked again.
  }
}

/** What a store gave, when it is there. A store in memory gives it at once, without a timer and a listener. */
function inTime(given: unknown, signal: AbortSignal): unknown {
  return isRecord(given) && typeof given.then === "function"
    ? race(given as unknown as PromiseLike<unknown>, signal)
    : given;
}

async function race(given: PromiseLike<unknown>, signal: AbortSignal): Promise<unknown> {
  using child = new ChildAbort(signal);
  child.abortAfter(STORE_PATIENCE, "the store did not answer");
  return await child.race(given);
}

/** What each part of a reply must be. A part that replies get later must get its line here, and the compiler says so. */
const PARTS: { readonly [Part in keyof Required<CachedReply>]: (value: unknown) => boolean } = {
  text: (value) => typeof value === "string",
  finishReason: (value) => typeof value === "string" && value !== "",
  refusal: (value) => value === undefined || typeof value === "string",
  usage: (value) => value === undefined || isUsage(value),
  toolCalls: (value) => value === undefined || (Array.isArray(value) && value.every(isToolCall)),
  providerData: () => true,
};

/** A copy of the reply that this is, or `undefined` if it is none. */
function replyIn(value: unknown): CachedReply | undefined {
  if (!isRecord(value)) return undefined;
  const reply: Record<string, unknown> = {};
  for (const [part, fits] of Object.entries(PARTS)) {
    // Databases say null for what is absent.
    const said = value[part] ?? undefined;
    if (!fits(said)) return undefined;
    if (said !== undefined) reply[part] = structuredClone(said);
  }
  return reply as unknown as CachedReply;
}

function isToolCall(value: unknown): boolean {
  return isRecord(value) && [value.id, value.name, value.args].every((v) => typeof v === "string");
}

const COUNTS = [
  "inputTokens",
  "cachedInputTokens",
  "outputTokens",
  "reasoningTokens",
  "totalTokens",
] as const;

function isUsage(value: unknown): boolean {
  return isRecord(value) && COUNTS.every((count) => Number.isFinite(value[count]));
}
