import type { ChunkSource } from "./http_sender.ts";

/** Returns a body that has this text. */
export function textSource(text: string): ChunkSource {
  let rest: Uint8Array | undefined = new TextEncoder().encode(text);
  return {
    read() {
      const bytes = rest;
      rest = undefined;
      return Promise.resolve(bytes);
    },
    cancel() {},
  };
}
