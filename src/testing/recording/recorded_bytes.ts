import { Buffer } from "node:buffer";
import type { RecordedBytes } from "./recording.ts";

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/** Returns the most readable form that decodes to the same bytes. */
export function encodeBytes(bytes: Uint8Array): RecordedBytes {
  let text: string;
  try {
    text = decoder.decode(bytes);
  } catch {
    return { base64: Buffer.from(bytes).toString("base64") };
  }
  // Only JSON that is written back in the same way, number by number.
  if (/^[[{]/.test(text)) {
    try {
      const json: unknown = JSON.parse(text);
      if (JSON.stringify(json) === text) return { json };
    } catch {
      // It is a text that begins like JSON.
    }
  }
  return { text };
}

/** Returns the recorded bytes. */
export function decodeBytes(recorded: RecordedBytes): Uint8Array<ArrayBuffer> {
  if ("json" in recorded) return encoder.encode(JSON.stringify(recorded.json));
  if ("text" in recorded) return encoder.encode(recorded.text);
  return new Uint8Array(Buffer.from(recorded.base64, "base64"));
}
