/** Finds the encoding of a text, and converts it to UTF-8. */
import { Buffer } from "node:buffer";
import { CliError } from "../cli_error.ts";
import { EXIT } from "../exit_code.ts";

/**
 * Returns the encoding of text that begins with these bytes: UTF-16 with or without a byte order
 * mark, or UTF-8.
 */
export function detectEncoding(bytes: Uint8Array): "utf-8" | "utf-16le" | "utf-16be" {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return "utf-16le";
  if (first === 0xfe && second === 0xff) return "utf-16be";
  // UTF-8 text has no zero byte. In UTF-16, every other byte of the ASCII characters is one, and
  // each table and each JSON has many of those.
  const sample = bytes.subarray(0, 1_024);
  const zeros = [0, 0];
  for (let i = 0; i < sample.length; i++) if (sample[i] === 0) zeros[i % 2]!++;
  const [even, odd] = zeros as [number, number];
  const isPlausible = (most: number, least: number) =>
    most >= 2 && most >= sample.length / 8 && least <= most / 16;
  if (isPlausible(odd, even)) return "utf-16le";
  return isPlausible(even, odd) ? "utf-16be" : "utf-8";
}

/**
 * Returns the line of the first byte that shows that the text is in a single-byte encoding;
 * `undefined` if it may be UTF-8 with a few invalid bytes.
 */
export function findSingleByteText(bytes: Uint8Array): number | undefined {
  let firstInvalid: number | undefined;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]!;
    if (byte < 0x80) continue;
    const length = sequenceLength(bytes, at);
    if (length === "cut") break;
    // A valid character shows that the text is UTF-8, and that other bytes are damage.
    if (length !== undefined) return undefined;
    if (!isWindows1252Text(byte)) return undefined;
    firstInvalid ??= at;
  }
  return firstInvalid === undefined ? undefined : lineOf(bytes, firstInvalid);
}

/** Returns the length of the UTF-8 character at this place; `undefined` if there is none. */
function sequenceLength(bytes: Uint8Array, at: number): number | "cut" | undefined {
  const byte = bytes[at]!;
  const length = byte >= 0xf0 && byte < 0xf5 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc2 ? 2 : 0;
  if (length === 0 || byte >= 0xf5) return undefined;
  for (let i = 1; i < length; i++) {
    const next = bytes[at + i];
    if (next === undefined) return "cut";
    if ((next & 0xc0) !== 0x80) return undefined;
  }
  return length;
}

/** Whether Windows-1252 has a character for this byte that texts have. */
function isWindows1252Text(byte: number): boolean {
  return ![0x81, 0x8d, 0x8f, 0x90, 0x9d, 0xfe, 0xff].includes(byte);
}

function lineOf(bytes: Uint8Array, at: number): number {
  const before = Buffer.from(bytes.buffer, bytes.byteOffset, at).toString("latin1");
  return before.split(/\r\n|\n|\r/).length;
}

/** Yields the chunks as UTF-8, without a byte order mark. */
export async function* toUtf8(
  chunks: AsyncIterable<Uint8Array>,
  encoding: string,
): AsyncGenerator<Uint8Array> {
  // Bytes that are not UTF-8 stay as they are: they spoil only their own row.
  if (isUtf8(encoding)) yield* withoutMark(chunks);
  else yield* transcode(chunks, encoding);
}

function isUtf8(encoding: string): boolean {
  return new TextDecoder(encoding).encoding === "utf-8";
}

const MARK = [0xef, 0xbb, 0xbf];

/** The first chunk has at least three bytes, or is the only one. */
async function* withoutMark(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let isFirst = true;
  for await (const chunk of chunks) {
    const hasMark = isFirst && MARK.every((byte, i) => chunk[i] === byte);
    yield hasMark ? chunk.subarray(MARK.length) : chunk;
    isFirst = false;
  }
}

async function* transcode(
  chunks: AsyncIterable<Uint8Array>,
  encoding: string,
): AsyncGenerator<Uint8Array> {
  const decoder = new TextDecoder(encoding, { fatal: true });
  const encoder = new TextEncoder();
  const decode = (chunk?: Uint8Array) => {
    try {
      return encoder.encode(decoder.decode(chunk, { stream: chunk !== undefined }));
    } catch (cause) {
      throw new CliError(
        `Cannot continue to read as the input is not ${encoding}: --encoding names another one`,
        { exitCode: EXIT.broken, cause },
      );
    }
  };
  for await (const chunk of chunks) yield decode(chunk);
  yield decode();
}

/**
 * Checks that this runtime can read an encoding.
 *
 * @throws {CliError} If it cannot.
 */
export function checkEncoding(encoding: string): void {
  try {
    new TextDecoder(encoding, { fatal: true });
  } catch (cause) {
    throw new CliError(
      `Cannot use the --encoding "${encoding}": it must be a name such as utf-8, utf-16le, ` +
        "windows-1252 or shift_jis",
      { cause },
    );
  }
}
