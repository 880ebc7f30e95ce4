import { CliError } from "../cli_error.ts";
import { readLineRows } from "./line_rows.ts";
import { openInput } from "./open_input.ts";
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
  /** The maximum size of a row, in bytes. */
  readonly maxRow: number;
}

/** Rows that are read as they are consumed. They can be iterated once. */
export interface RowReader extends AsyncIterable<InputRow | BadRow> {
  /** The names in the header of CSV, once it has been read. */
  readonly header: readonly string[] | undefined;
}

/**
 * Opens an input for reading rows.
 *
 * @throws {CliError} If it cannot be opened.
 */
export async function openRows(source: RowSource): Promise<RowReader> {
  const { path, format, delimiter, maxRow } = source;
  const isTable = format === "csv" || format === "tsv";
  const csv = isTable ? await import("./csv_rows.ts") : undefined;
  const chunks = await openInput(path);
  let header: readonly string[] | undefined;
  const rows = format === "csv" || format === "tsv"
    ? csv!.readCsvRows(chunks, {
      delimiter: delimiter ?? (format === "tsv" ? "\t" : ","),
      maxBytes: maxRow,
      onHeader: (names) => header = names,
    })
    : readLineRows(chunks, format, maxRow);
  return {
    [Symbol.asyncIterator]: () => rows,
    get header() {
      return header;
    },
  };
}

/** Returns the text between two fields; `undefined` if the format is no table. */
export function tableDelimiter({ format, delimiter }: RowSource): string | undefined {
  if (format !== "csv" && format !== "tsv") return undefined;
  return delimiter ?? (format === "tsv" ? "\t" : ",");
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
 * Returns the format that was named, or that of the file extension, or JSONL.
 *
 * @throws {CliError} If there is no such format.
 */
export function resolveFormat(path: string, named: string | undefined): RowsFormat {
  if (named !== undefined) {
    if ((FORMATS as readonly string[]).includes(named)) return named as RowsFormat;
    throw new CliError(`Cannot use the format "${named}": it must be ${FORMATS.join(", ")}`);
  }
  return FORMAT_BY_EXTENSION[path.split(".").at(-1)!.toLowerCase()] ?? "jsonl";
}
