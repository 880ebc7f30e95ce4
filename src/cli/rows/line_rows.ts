/** Reads rows that are one line each: JSONL or plain text. */
import { Buffer } from "node:buffer";
import { parseExact } from "../../model/exact_json.ts";
import type { BadRow, InputRow } from "./row.ts";
import { splitLines } from "./split_lines.ts";

/** Yields a row for each line of JSON or plain text. Empty lines are skipped. */
export async function* readLineRows(
  chunks: AsyncIterable<Uint8Array>,
  format: "jsonl" | "text",
  maxBytes: number,
): AsyncGenerator<InputRow | BadRow> {
  for await (const { line, bytes } of splitLines(chunks, maxBytes)) {
    if (bytes === undefined) {
      yield { line, problem: `it is longer than ${maxBytes} bytes: --max-row allows more` };
      continue;
    }
    for (const [i, text] of decodeLines(bytes).entries()) {
      const row = parseRow(text, line + i, format);
      if (row !== undefined) yield row;
    }
  }
}

const ARRAY_PROBLEM =
  "it is not JSON: an array starts here, and each line must be a row (jq -c '.[]' FILE)";

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
    return { line, problem: content.trim() === "[" ? ARRAY_PROBLEM : "it is not JSON" };
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
