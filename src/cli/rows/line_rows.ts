/** Reads rows that are one line each: JSONL or plain text. */
import { Buffer } from "node:buffer";
import { parseExact } from "../../model/exact_json.ts";
import { CliError } from "../cli_error.ts";
import { type BadRow, type InputRow, isBadRow } from "./row.ts";
import { splitLines } from "./split_lines.ts";

/**
 * Yields a row for each line of JSON or plain text. Empty lines are skipped.
 *
 * @throws {CliError} If the input is one JSON text of several lines.
 */
export async function* readLineRows(
  chunks: AsyncIterable<Uint8Array>,
  format: "jsonl" | "text",
  maxBytes: number,
): AsyncGenerator<InputRow | BadRow> {
  let isFirst = true;
  for await (const { line, bytes } of splitLines(withLineFeeds(chunks), maxBytes)) {
    if (bytes === undefined) {
      yield { line, problem: `it is longer than ${maxBytes} bytes: --max-row allows more` };
      continue;
    }
    for (const [i, text] of decodeLines(bytes).entries()) {
      const row = parseRow(text, line + i, format);
      if (row === undefined) continue;
      if (isFirst && isBadRow(row) && text !== undefined) checkFirstLine(text, row.line);
      isFirst = false;
      yield row;
    }
  }
}

const LF = 10;
const CR = 13;

/** Replaces the line breaks of old Macs, which end lines with carriage returns alone. */
async function* withLineFeeds(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let replaces: boolean | undefined;
  for await (const chunk of chunks) {
    if (replaces === undefined) {
      const at = chunk.indexOf(CR);
      if (chunk.includes(LF)) replaces = false;
      else if (at >= 0 && at < chunk.length - 1) replaces = true;
    }
    yield replaces ? chunk.map((byte) => byte === CR ? LF : byte) : chunk;
  }
}

/**
 * Checks that the first line does not begin a JSON text of several lines: some of those lines would
 * be JSON by chance, and would be sent.
 *
 * @throws {CliError} If it does.
 */
function checkFirstLine(text: string, line: number): void {
  const begins = /^\s*([[{])/.exec(text)?.[1];
  if (begins === undefined || begins === "{" && text.trim() !== "{") return;
  const what = begins === "[" ? "an array" : "an object";
  const filter = begins === "[" ? "'.[]'" : ".";
  throw new CliError(
    `Cannot read the rows as line ${line} begins ${what} of several lines, and each line of ` +
      `JSONL is a row: jq -c ${filter} FILE | shoal run …`,
  );
}

/** Returns the row of a line; `undefined` if the line is empty. */
function parseRow(
  text: string | undefined,
  line: number,
  format: "jsonl" | "text",
): InputRow | BadRow | undefined {
  if (text === undefined) return { line, problem: "it is not UTF-8" };
  // Concatenated files have byte order marks in the middle, too.
  const content = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  if (content.trim() === "") return undefined;
  if (format === "text") return { line, value: content.replace(/\r$/, "") };
  try {
    return { line, value: parseExact(content) };
  } catch {
    // The parser's message contains a piece of the row, which stays out of the output.
    return { line, problem: "it is not JSON" };
  }
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Returns the text of each line; `undefined` for lines that are not UTF-8. */
function decodeLines(bytes: Uint8Array): readonly (string | undefined)[] {
  // The common case: all lines are valid, and are decoded at once.
  const all = decode(bytes);
  if (all !== undefined) return all.split("\n");
  // Latin-1 has a character for every byte, so the lines can be split and decoded one by one.
  const latin1 = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
  return latin1.split("\n").map((line) => decode(Buffer.from(line, "latin1")));
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}
