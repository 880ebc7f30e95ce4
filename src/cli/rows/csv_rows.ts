import { Buffer } from "node:buffer";
import { CliError } from "../cli_error.ts";
import { EXIT } from "../exit_code.ts";
import { detectDialect, hasFirstRows } from "./csv_dialect.ts";
import { readHeader } from "./csv_header.ts";
import { CsvParser, type CsvRecord } from "./csv_parser.ts";
import type { BadRow, InputRow } from "./row.ts";

/** What is known about a table once its header has been read. */
export interface TableInfo {
  /** The names of the columns. */
  readonly header: readonly string[];
  /** The delimiter, if it is not the one that was expected. */
  readonly detectedDelimiter?: string;
  /** What the user should know about the names of the columns. */
  readonly warnings: readonly string[];
}

/** Options of {@linkcode readCsvRows}. */
export interface CsvOptions {
  /** The text between two fields. It is detected if absent. */
  readonly delimiter?: string;
  /**
   * The delimiter that files of this format usually have.
   *
   * @default {","}
   */
  readonly expected?: string;
  /** The maximum size of a row, in bytes. */
  readonly maxBytes: number;
  /** Called once the header has been read. */
  readonly onHeader?: (info: TableInfo) => void;
}

/**
 * Yields the rows of CSV as objects, by the names in its header. All values are strings.
 *
 * @throws {CliError} If the header is not UTF-8, or the end of a row cannot be found.
 */
export async function* readCsvRows(
  chunks: AsyncIterable<Uint8Array>,
  options: CsvOptions,
): AsyncGenerator<InputRow | BadRow> {
  const { maxBytes } = options;
  const rows = new RowReading(options);
  let parser: CsvParser | undefined;
  let start = "";
  const begin = (): readonly CsvRecord[] => {
    const named = options.delimiter && Buffer.from(options.delimiter).toString("latin1");
    const { delimiter, lineBreak, skipped, isDetected } = detectDialect(start, {
      delimiter: named,
      expected: options.expected ?? ",",
    });
    rows.detectedDelimiter = isDetected ? decodeField(delimiter) : undefined;
    parser = new CsvParser({ delimiter, lineBreak, maxLength: maxBytes }, skipped > 0 ? 2 : 1);
    return parser.push(start.slice(skipped));
  };
  for await (const bytes of chunks) {
    const chunk = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
    if (parser !== undefined) yield* rows.read(parser.push(chunk));
    else {
      start += chunk;
      if (!hasFirstRows(start)) continue;
      yield* rows.read(begin());
    }
    const { endlessLine } = parser!;
    if (endlessLine !== undefined) throw endlessRow(endlessLine, maxBytes);
  }
  if (parser === undefined) yield* rows.read(begin());
  yield* rows.read(parser!.end());
}

/** Turns records into rows: the first one is the header. */
class RowReading {
  readonly #onHeader: CsvOptions["onHeader"];
  #header: readonly string[] | undefined;
  detectedDelimiter: string | undefined;

  constructor({ onHeader }: CsvOptions) {
    this.#onHeader = onHeader;
  }

  *read(records: readonly CsvRecord[]): Generator<InputRow | BadRow> {
    for (const { line, fields, problem } of records) {
      if (fields === undefined) yield { line, problem: problem! };
      // Such a row may have any number of fields: spreadsheets write them below the table.
      else if (fields.every(isBlank)) {
        yield { line, problem: "all its cells are empty", isEmpty: true };
      } else if (this.#header !== undefined) {
        yield toRow(line, this.#header, fields.map(decodeField));
      } else this.#readHeader(fields.map(decodeField));
    }
  }

  #readHeader(fields: readonly (string | undefined)[]): void {
    if (!isDecoded(fields)) throw new CliError("Cannot read the header as it is not UTF-8");
    const { names, warnings } = readHeader(fields);
    const { detectedDelimiter } = this;
    this.#header = names;
    this.#onHeader?.({
      header: names,
      warnings,
      ...(detectedDelimiter !== undefined && { detectedDelimiter }),
    });
  }
}

function toRow(
  line: number,
  header: readonly string[],
  fields: readonly (string | undefined)[],
): InputRow | BadRow {
  if (!isDecoded(fields)) return { line, problem: "it is not UTF-8" };
  const extra = fields.slice(header.length);
  if (fields.length < header.length || !extra.every(isBlank)) {
    const count = fields.length === 1 ? "1 field" : `${fields.length} fields`;
    return { line, problem: `it has ${count}, and the header has ${header.length}` };
  }
  return { line, value: Object.fromEntries(header.map((name, i) => [name, fields[i]])) };
}

function isBlank(field: string | undefined): boolean {
  return field === "" || field?.trim() === "";
}

function isDecoded(fields: readonly (string | undefined)[]): fields is readonly string[] {
  return !fields.includes(undefined);
}

function endlessRow(line: number, maxBytes: number): CliError {
  return new CliError(
    `Cannot continue to read as the row in line ${line} is longer than ${maxBytes} bytes: ` +
      "close a quote that is open there, or allow longer rows with --max-row",
    { exitCode: EXIT.broken },
  );
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
