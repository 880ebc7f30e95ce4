import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { isBadRow } from "../../../src/cli/rows/row.ts";
import { readLineRows } from "../../../src/cli/rows/line_rows.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);

/** Yields the bytes in pieces of this size. */
async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  await Promise.resolve();
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function read(bytes: Uint8Array, size: number, most: number, format: "jsonl" | "text") {
  const rows: unknown[] = [];
  for await (const row of readLineRows(pieces(bytes, size), format, most)) {
    rows.push([row.line, isBadRow(row) ? `bad: ${row.problem}`.split(" as ")[0] : row.value]);
  }
  return rows;
}

/** Reads the rows in the simplest way: all at once, and line by line. */
function plain(bytes: Uint8Array, most: number): unknown[] {
  const rows: unknown[] = [];
  const letters = [...bytes].map((byte) => String.fromCharCode(byte)).join("");
  for (const [i, line] of letters.split("\n").entries()) {
    const own = Uint8Array.from(line, (letter) => letter.charCodeAt(0));
    if (own.length > most) {
      rows.push([i + 1, `bad: it is longer than ${most} bytes: --max-row allows more`]);
      continue;
    }
    try {
      const text = new TextDecoder("utf-8", { fatal: true }).decode(own);
      if (text.trim() !== "") rows.push([i + 1, text.replace(/\r$/, "")]);
    } catch {
      rows.push([i + 1, "bad: it is not UTF-8"]);
    }
  }
  return rows;
}

Deno.test("each line is a row, whatever its bytes and wherever the chunks are cut", async () => {
  const part = fc.constantFrom(
    "\n",
    "\n\n",
    "a",
    "line",
    "\r\n",
    "ü€",
    "\ufeff",
    "  ",
    "\xff",
    "\xe2",
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(part, { maxLength: 40 }),
      fc.integer({ min: 1, max: 50 }),
      fc.integer({ min: 1, max: 30 }),
      async (parts, size, most) => {
        // Invalid bytes stand for themselves, other characters for their UTF-8.
        const bytes = parts.flatMap((part) =>
          /^[\xff\xe2]$/.test(part) ? [part.charCodeAt(0)] : [...bytesOf(part)]
        );
        const whole = Uint8Array.from(bytes);
        assertEquals(await read(whole, size, most, "text"), plain(whole, most));
      },
    ),
    { numRuns: 500 },
  );
});

Deno.test("accepts byte order marks, CRLF, empty lines, and no last line break", async () => {
  const text = '\ufeff{"a":1}\r\n\r\n  \n{"a":2}\n\ufeff{"a":3}\r\nnull\n"x"\n[1]\n{"a":4}';
  const expected = [[1, { a: 1 }], [4, { a: 2 }], [5, { a: 3 }], [6, null], [7, "x"], [8, [1]], [
    9,
    {
      a: 4,
    },
  ]];
  for (const size of [1, 7, 1_000]) {
    assertEquals(await read(bytesOf(text), size, 100, "jsonl"), expected);
    assertEquals(await read(bytesOf(text + "\n\n\n"), size, 100, "jsonl"), expected);
  }
});
