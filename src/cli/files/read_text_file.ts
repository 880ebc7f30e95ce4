import { readFile } from "node:fs/promises";
import { CliError, errorMessage } from "../cli_error.ts";
import { detectEncoding } from "./text_encoding.ts";

/**
 * Reads a text that a user has written with any editor, on any system: without a byte order mark,
 * with `\n` as line breaks, and without the last one. The text is UTF-8 or UTF-16.
 *
 * @throws {CliError} If it cannot be read, or is not text.
 */
export async function readTextFile(path: string): Promise<string> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    throw new CliError(`Cannot read ${path}: ${errorMessage(cause)}`, { cause });
  }
  return decodeText(bytes, path).replaceAll("\r\n", "\n").replace(/\n$/, "");
}

function decodeText(bytes: Uint8Array, path: string): string {
  try {
    return new TextDecoder(detectEncoding(bytes), { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new CliError(
      `Cannot read ${path} as it is not UTF-8 text. If its encoding is Windows-1252 (Latin-1), ` +
        `convert it: iconv -f WINDOWS-1252 -t UTF-8 ${path}`,
      { cause },
    );
  }
}
