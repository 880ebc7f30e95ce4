import { linesOf } from "./lines.ts";
import type { BadRow, Row } from "./row.ts";

/** Rows of JSON, one on each line; or of plain text. Empty lines are none. */
export async function* lineRows(
  chunks: AsyncIterable<Uint8Array>,
  format: "jsonl" | "text",
  most: number,
): AsyncGenerator<Row | BadRow> {
  const utf8 = new TextDecoder("utf-8", { fatal: true });
  for await (const { line, bytes } of linesOf(chunks, most)) {
    if (bytes === undefined) {
      yield { line, problem: `it is longer than ${most} bytes: --max-row allows more` };
      continue;
    }
    let text: string;
    try {
      text = utf8.decode(bytes);
    } catch {
      yield { line, problem: "it is not UTF-8" };
      continue;
    }
    if (text.trim() === "") continue;
    if (format === "text") {
      yield { line, value: text.replace(/\r$/, "") };
      continue;
    }
    try {
      yield { line, value: JSON.parse(text) };
    } catch {
      // What the parser says has a piece of the row in it.
      yield { line, problem: "it is not JSON" };
    }
  }
}
