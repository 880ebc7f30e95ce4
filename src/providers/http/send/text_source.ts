import type { ChunkSource } from "./http_sender.ts";

/** The maximum size of a chunk, in bytes. */
const CHUNK_SIZE = 262_144;

/**
 * Returns a body that has this text. Between its chunks, other work of the process runs: a text may
 * have millions of events.
 */
export function textSource(text: string): ChunkSource {
  const bytes = new TextEncoder().encode(text);
  let at = 0;
  return {
    async read() {
      if (at >= bytes.length) return undefined;
      if (at > 0) await new Promise((resolve) => setTimeout(resolve));
      return bytes.subarray(at, at += CHUNK_SIZE);
    },
    cancel() {
      at = bytes.length;
    },
  };
}
