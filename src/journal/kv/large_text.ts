/** Texts of any length in Deno KV, whose values end at 64 KiB. */
import type { KvDatabase, KvKey } from "./kv_database.ts";

/** A text as it is kept: its bytes, or how many parts it has under keys of their own. */
export type StoredText = Uint8Array | { readonly parts: number };

/** What is longer than this, in bytes, is kept in parts, so that a whole group fits into one write of 800 KiB. */
const LONGEST = 4_000;
/** How long a part is, in bytes. */
const PART = 60_000;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Prepares a text; its parts are written at once, and mean nothing until somebody refers to them. */
export async function storeText(kv: KvDatabase, key: KvKey, text: string): Promise<StoredText> {
  const bytes = encoder.encode(text);
  if (bytes.length <= LONGEST) return bytes;
  const parts = Math.ceil(bytes.length / PART);
  for (let i = 0; i < parts; i++) {
    await kv.atomic().set([...key, i], bytes.subarray(i * PART, (i + 1) * PART)).commit();
  }
  return { parts };
}

/** The text that was kept. */
export async function loadText(kv: KvDatabase, key: KvKey, kept: StoredText): Promise<string> {
  if (kept instanceof Uint8Array) return decoder.decode(kept);
  const stream = new TextDecoder();
  let text = "";
  for (let i = 0; i < kept.parts; i++) {
    const { value } = await kv.get([...key, i]);
    text += stream.decode(value as Uint8Array, { stream: true });
  }
  return text + stream.decode();
}
