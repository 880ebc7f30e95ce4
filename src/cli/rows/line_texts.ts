import { Buffer } from "node:buffer";

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The texts of lines; `undefined` for one that is not UTF-8. Mostly all of them are, and read at once. */
export function decodeLines(lines: Uint8Array): readonly (string | undefined)[] {
  const all = textOf(lines);
  if (all !== undefined) return all.split("\n");
  // Latin-1 has a letter for every byte.
  const letters = Buffer.from(lines.buffer, lines.byteOffset, lines.length).toString("latin1");
  return letters.split("\n").map((line) => textOf(Buffer.from(line, "latin1")));
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}
