import { Buffer } from "node:buffer";
import { pipeline, Readable } from "node:stream";
import { parse } from "csv-parse";
import { CliError, EXIT } from "../exit_code.ts";
import type { BadRow, InputRow } from "./row.ts";

/** How CSV is read. */
export interface CsvOptions {
  /** What stands between two fields. */
  readonly delimiter: string;
  /** The most bytes of a row. */
  readonly maxBytes: number;
  /** Told the names in the header. */
  readonly onHeader?: (names: readonly string[]) => void;
}

/**
 * Rows of CSV, as objects by the names in its header. Values are texts.
 *
 * It is parsed as Latin-1, which every byte is, and each field read as UTF-8 afterwards: so a broken letter spoils its own row only.
 *
 * @throws {CliError} If the header has a name twice, or a row is longer than allowed: nobody knows where it ends.
 */
export async function* readCsvRows(
  chunks: AsyncIterable<Uint8Array>,
  { delimiter, maxBytes: most, onHeader }: CsvOptions,
): AsyncGenerator<InputRow | BadRow> {
  const bad: BadRow[] = [];
  /** Up to which line rows were parsed; they may not have been handed on yet. */
  let parsed = 0;
  let fatal: CliError | undefined;
  const parser = parse({
    delimiter: Buffer.from(delimiter).toString("latin1"),
    encoding: "latin1",
    info: true,
    relax_column_count: true,
    skip_empty_lines: true,
    // A quote in the middle is a letter: whoever writes CSV by hand means that, and no row is lost.
    relax_quotes: true,
    skip_records_with_error: true,
    max_record_size: most,
    on_record(record, { lines }) {
      parsed = lines;
      return fatal === undefined ? record : null;
    },
    on_skip(error) {
      const { code = "" } = (error ?? {}) as { code?: string };
      // The parser cannot find the end of such a row.
      if (code === "CSV_MAX_RECORD_SIZE") return void (fatal ??= rowTooLong(parsed + 1, most));
      bad.push({ line: parsed + 1, problem: PROBLEMS[code] ?? "it is not CSV" });
    },
  });
  // Whichever ends first ends the other, and with it the file.
  pipeline(
    Readable.from(withoutBom(chunks, () => fatal !== undefined), { objectMode: false }),
    parser,
    () => {},
  );
  let header: readonly string[] | undefined;
  let before = 0;
  for await (const { record, info } of parser as AsyncIterable<ParsedRecord>) {
    while (bad.length > 0) yield bad.shift()!;
    const line = Math.min(info.lines, before + 1);
    before = info.lines;
    const fields = record.map(decodeField);
    if (fields.includes(undefined)) {
      if (header === undefined) throw new CliError("Cannot read the header as it is not UTF-8");
      yield { line, problem: "it is not UTF-8" };
      continue;
    }
    const texts = fields as string[];
    if (header === undefined) {
      header = texts;
      checkHeader(header);
      onHeader?.(header);
    } else if (texts.length !== header.length) {
      const problem = `it has ${texts.length} fields, and the header ${header.length}`;
      yield { line, problem };
    } else {
      yield { line, value: Object.fromEntries(header.map((name, i) => [name, texts[i]])) };
    }
  }
  yield* bad;
  if (fatal !== undefined) throw fatal;
}

interface ParsedRecord {
  readonly record: readonly string[];
  readonly info: { readonly lines: number };
}

function rowTooLong(line: number, most: number): CliError {
  return new CliError(
    `Cannot read on as the row in line ${line} is longer than ${most} bytes: ` +
      "is a quote opened there and never closed? --max-row allows more",
    EXIT.broken,
  );
}

const PROBLEMS: Readonly<Record<string, string>> = {
  CSV_QUOTE_NOT_CLOSED: "a quote is opened and never closed",
};

function checkHeader(names: readonly string[]): void {
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) {
    throw new CliError(`Cannot read the CSV as its header has the name "${twice}" twice`);
  }
}

const decoder = new TextDecoder("utf-8", { fatal: true });

/** The text of a field; `undefined` if it is none. */
function decodeField(field: string): string | undefined {
  // deno-lint-ignore no-control-regex
  if (/^[\x00-\x7f]*$/.test(field)) return field;
  try {
    return decoder.decode(Buffer.from(field, "latin1"));
  } catch {
    return undefined;
  }
}

const BOM = [0xef, 0xbb, 0xbf];

/** The bytes without a byte order mark, until they are not wanted any more. */
async function* withoutBom(
  chunks: AsyncIterable<Uint8Array>,
  isOver: () => boolean,
): AsyncGenerator<Uint8Array> {
  let first = true;
  for await (const chunk of chunks) {
    if (isOver()) return;
    yield first && BOM.every((byte, i) => chunk[i] === byte) ? chunk.subarray(3) : chunk;
    first = false;
  }
}
