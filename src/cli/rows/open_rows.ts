import { CliError } from "../cli_error.ts";
import type { TableInfo } from "./csv_rows.ts";
import { checkEncoding } from "../files/text_encoding.ts";
import { readLineRows } from "./line_rows.ts";
import { inputName, openInput } from "./open_input.ts";
import type { BadRow, InputRow } from "./row.ts";

/** The formats of rows. */
export type RowsFormat = "jsonl" | "csv" | "tsv" | "text";

/** Options of {@linkcode openRows}. */
export interface RowSource {
  /** A file, or `"-"` for the standard input. */
  readonly path: string;
  /** The format of the rows. */
  readonly format: RowsFormat;
  /** The text between two fields of CSV. */
  readonly delimiter?: string;
  /** The encoding of the input. */
  readonly encoding?: string;
  /** The maximum size of a row, in bytes. */
  readonly maxRow: number;
}

/** Rows that are read as they are consumed. They can be iterated once. */
export interface RowReader extends AsyncIterable<InputRow | BadRow> {
  /** The names in the header of CSV, once it has been read. */
  readonly header: readonly string[] | undefined;
  /** The delimiter of CSV that was set or detected; `undefined` for that of the format. */
  readonly delimiter: string | undefined;
  /** What the user should know about the header of CSV, once it has been read. */
  readonly warnings: readonly string[];
}

/**
 * Opens an input for reading rows.
 *
 * @throws {CliError} If it cannot be opened.
 */
export async function openRows(source: RowSource): Promise<RowReader> {
  const { path, format, delimiter, encoding, maxRow } = source;
  if (encoding !== undefined) checkEncoding(encoding);
  const isTable = format === "csv" || format === "tsv";
  const csv = isTable ? await import("./csv_rows.ts") : undefined;
  const chunks = await openInput(path, { encoding });
  let info: TableInfo | undefined;
  const rows = format === "csv" || format === "tsv"
    ? csv!.readCsvRows(chunks, {
      delimiter,
      expected: format === "tsv" ? "\t" : ",",
      maxBytes: maxRow,
      onHeader: (read) => info = read,
    })
    : readLineRows(chunks, format, maxRow);
  return {
    [Symbol.asyncIterator]: () => rows,
    get header() {
      return info?.header;
    },
    get delimiter() {
      return delimiter ?? info?.detectedDelimiter;
    },
    get warnings() {
      return info === undefined ? [] : tableWarnings(path, info);
    },
  };
}

/** Returns the text between two fields; `undefined` if the format is no table. */
export function tableDelimiter(
  { format, delimiter }: Pick<RowSource, "format" | "delimiter">,
): string | undefined {
  if (format !== "csv" && format !== "tsv") return undefined;
  return delimiter ?? (format === "tsv" ? "\t" : ",");
}

function tableWarnings(path: string, { detectedDelimiter, warnings }: TableInfo): string[] {
  if (detectedDelimiter === undefined) return [...warnings];
  const name = detectedDelimiter === "\t" ? "tabs" : `"${detectedDelimiter}"`;
  return [
    `${inputName(path)} has ${name} between its columns: --delimiter sets another text`,
    ...warnings,
  ];
}

const FORMATS: readonly RowsFormat[] = ["jsonl", "csv", "tsv", "text"];
const FORMAT_BY_EXTENSION: Readonly<Record<string, RowsFormat>> = {
  jsonl: "jsonl",
  ndjson: "jsonl",
  csv: "csv",
  tsv: "tsv",
  txt: "text",
};

/**
 * Returns the format that was named, or that of the file extension, or JSONL. The extension of a
 * compressed file is the one before `.gz`.
 *
 * @throws {CliError} If there is no such format.
 */
export function resolveFormat(path: string, named: string | undefined): RowsFormat {
  if (named !== undefined) {
    if ((FORMATS as readonly string[]).includes(named)) return named as RowsFormat;
    throw new CliError(`Cannot use the format "${named}": it must be ${FORMATS.join(", ")}`);
  }
  const extension = path.toLowerCase().replace(/\.gz$/, "").split(".").at(-1)!;
  return FORMAT_BY_EXTENSION[extension] ?? "jsonl";
}
