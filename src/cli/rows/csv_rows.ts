import { Buffer } from "node:buffer";
import { pipeline, Readable } from "node:stream";
import { parse } from "csv-parse";
import { CliError } from "../cli_error.ts";
import { EXIT } from "../exit_code.ts";
import type { BadRow, InputRow } from "./row.ts";

/** Options of {@linkcode readCsvRows}. */
export interface CsvOptions {
  /** The text between two fields. */
  readonly delimiter: string;
  /** The maximum size of a row, in bytes. */
  readonly maxBytes: number;
  /** Called with the names in the header. */
  readonly onHeader?: (names: readonly string[]) => void;
}

/**
 * Yields the rows of CSV as objects, by the names in its header. All values are strings.
 *
 * The bytes are parsed as Latin-1, in which every byte is valid, and each field is decoded as UTF-8
 * afterwards: an invalid byte spoils only its own row.
 *
 * @throws {CliError} If the header has a duplicate name, or a row is too long: then its end, and
 * with it the next row, cannot be found.
 */
export async function* readCsvRows(
  chunks: AsyncIterable<Uint8Array>,
  { delimiter, maxBytes, onHeader }: CsvOptions,
): AsyncGenerator<InputRow | BadRow> {
  const source = chunks[Symbol.asyncIterator]();
  const first = await source.next();
  const badRows: BadRow[] = [];
  /** The last line that was parsed. Its row may not have been yielded yet. */
  let parsedLine = 0;
  let fatal: CliError | undefined;
  const parser = parse({
    // The parser itself would look for the first line break only, and concatenated files mix them.
    record_delimiter: usesCarriageReturns(first.value) ? "\r" : ["\r\n", "\n"],
    delimiter: Buffer.from(delimiter).toString("latin1"),
    encoding: "latin1",
    info: true,
    relax_column_count: true,
    skip_empty_lines: true,
    // A quote within a field is a character: hand-written CSV means it so, and no row is lost.
    relax_quotes: true,
    skip_records_with_error: true,
    max_record_size: maxBytes,
    on_record(record, { lines }) {
      parsedLine = lines;
      return fatal === undefined ? record : null;
    },
    on_skip(error) {
      const { code = "" } = (error ?? {}) as { code?: string };
      // The parser cannot find the end of such a row.
      if (code === "CSV_MAX_RECORD_SIZE") {
        fatal ??= rowTooLong(parsedLine + 1, maxBytes);
        return;
      }
      badRows.push({ line: parsedLine + 1, problem: PROBLEMS[code] ?? "it is not CSV" });
    },
  });
  // If either side ends, the other one is destroyed, and the file is closed.
  pipeline(
    Readable.from(withoutBom(first, source, () => fatal !== undefined), { objectMode: false }),
    parser,
    () => {},
  );
  let header: readonly string[] | undefined;
  let lastLine = 0;
  for await (const { record, info } of parser as AsyncIterable<ParsedRecord>) {
    while (badRows.length > 0) yield badRows.shift()!;
    const line = Math.min(info.lines, lastLine + 1);
    lastLine = info.lines;
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
      const problem = `it has ${texts.length} fields, and the header has ${header.length}`;
      yield { line, problem };
    } else {
      yield { line, value: Object.fromEntries(header.map((name, i) => [name, texts[i]])) };
    }
  }
  yield* badRows;
  if (fatal !== undefined) throw fatal;
}

interface ParsedRecord {
  readonly record: readonly string[];
  readonly info: { readonly lines: number };
}

function rowTooLong(line: number, maxBytes: number): CliError {
  return new CliError(
    `Cannot continue to read as the row in line ${line} is longer than ${maxBytes} bytes: ` +
      "close a quote that is open there, or allow longer rows with --max-row",
    { exitCode: EXIT.broken },
  );
}

const PROBLEMS: Readonly<Record<string, string>> = {
  CSV_QUOTE_NOT_CLOSED: "a quote is not closed",
};

function checkHeader(names: readonly string[]): void {
  const duplicate = names.find((name, i) => names.indexOf(name) !== i);
  if (duplicate !== undefined) {
    throw new CliError(`Cannot read the CSV as its header has the name "${duplicate}" twice`);
  }
}

const decoder = new TextDecoder("utf-8", { fatal: true });

/** Returns the text of a field; `undefined` if it is not UTF-8. */
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

/** Whether the lines end with carriage returns alone, as those of old Macs do. */
function usesCarriageReturns(bytes: Uint8Array | undefined): boolean {
  const at = bytes?.indexOf(CR) ?? -1;
  return at >= 0 && at < bytes!.length - 1 && !bytes!.includes(LF);
}

const LF = 10;
const CR = 13;

/** Yields the bytes without a byte order mark, until `isDone` returns true. */
async function* withoutBom(
  first: IteratorResult<Uint8Array>,
  rest: AsyncIterator<Uint8Array>,
  isDone: () => boolean,
): AsyncGenerator<Uint8Array> {
  if (!first.done) {
    const { value } = first;
    yield BOM.every((byte, i) => value[i] === byte) ? value.subarray(3) : value;
  }
  for await (const chunk of { [Symbol.asyncIterator]: () => rest }) {
    if (isDone()) return;
    yield chunk;
  }
}
