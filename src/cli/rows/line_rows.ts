import { decodeLines } from "./line_texts.ts";
import { splitLines } from "./split_lines.ts";
import type { BadRow, InputRow } from "./row.ts";

/** Rows of JSON, one on each line; or of plain text. Empty lines are none. */
export async function* readLineRows(
  chunks: AsyncIterable<Uint8Array>,
  format: "jsonl" | "text",
  most: number,
): AsyncGenerator<InputRow | BadRow> {
  for await (const { line, bytes } of splitLines(chunks, most)) {
    if (bytes === undefined) {
      yield { line, problem: `it is longer than ${most} bytes: --max-row allows more` };
      continue;
    }
    for (const [i, text] of decodeLines(bytes).entries()) {
      const row = parseRow(text, line + i, format);
      if (row !== undefined) yield row;
    }
  }
}

const ARRAY = "it is not JSON: it begins an array, and each line must be a row (jq -c '.[]' FILE)";

/** The row of a line; `undefined` if it is empty. */
function parseRow(
  text: string | undefined,
  line: number,
  format: "jsonl" | "text",
): InputRow | BadRow | undefined {
  if (text === undefined) return { line, problem: "it is not UTF-8" };
  // A byte order mark stands where files were put together, too.
  const own = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  if (own.trim() === "") return undefined;
  if (format === "text") return { line, value: own.replace(/\r$/, "") };
  try {
    return { line, value: JSON.parse(own) };
  } catch {
    // What the parser says has a piece of the row in it.
    return { line, problem: own.trim() === "[" ? ARRAY : "it is not JSON" };
  }
}
