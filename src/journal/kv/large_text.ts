/** Stores strings of any length in Deno KV, which limits values to 64 KiB. */
import type { KvDatabase, KvKey } from "./kv_database.ts";

/** A string as it is stored: its bytes, or the number of parts under keys of their own. */
export type StoredText = Uint8Array | { readonly parts: number };

/**
 * The maximum size of a string that is stored inline, in bytes, so that a group fits into a write
 * of 800 KiB.
 */
const MAX_INLINE_BYTES = 4_000;
/** The size of a part, in bytes. */
const PART_BYTES = 60_000;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/**
 * Converts a string to its stored form. Its parts are written at once, and are unused until
 * referenced.
 */
export async function storeText(kv: KvDatabase, key: KvKey, text: string): Promise<StoredText> {
  const bytes = encoder.encode(text);
  if (bytes.length <= MAX_INLINE_BYTES) return bytes;
  const parts = Math.ceil(bytes.length / PART_BYTES);
  for (let i = 0; i < parts; i++) {
    await kv.atomic().set([...key, i], bytes.subarray(i * PART_BYTES, (i + 1) * PART_BYTES))
      .commit();
  }
  return { parts };
}

/** Loads a string. */
export async function loadText(kv: KvDatabase, key: KvKey, stored: StoredText): Promise<string> {
  if (stored instanceof Uint8Array) return decoder.decode(stored);
  const stream = new TextDecoder();
  let text = "";
  for (let i = 0; i < stored.parts; i++) {
    const { value } = await kv.get([...key, i]);
    text += stream.decode(value as Uint8Array, { stream: true });
  }
  return text + stream.decode();
}
