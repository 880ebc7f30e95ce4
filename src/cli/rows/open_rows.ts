import { CliError } from "../exit_code.ts";
import { openInput } from "./open_input.ts";
import type { BadRow, InputRow } from "./row.ts";
import { readCsvRows } from "./csv_rows.ts";
import { readLineRows } from "./line_rows.ts";

/** What rows are read and written as. */
export type RowsFormat = "jsonl" | "csv" | "tsv" | "text";

/** Where rows come from. */
export interface RowSource {
  /** A file, or `"-"` for the standard input. */
  readonly path: string;
  /** What it is. */
  readonly format: RowsFormat;
  /** What stands between two fields of CSV. */
  readonly delimiter?: string;
  /** The most bytes of a row. */
  readonly maxRow: number;
}

/** Rows that are read as they are taken, so that there may be any number of them. */
export interface OpenRows extends AsyncIterable<InputRow | BadRow> {
  /** Which part of the input was read by now, from 0 to 1; `undefined` if nobody knows how long it is. */
  readonly share: number | undefined;
  /** The names in the header of CSV, as soon as it was read. */
  readonly header: readonly string[] | undefined;
}

/**
 * Opens rows, to be read once.
 *
 * @throws {CliError} If the input cannot be opened.
 */
export async function openRows({ path, format, delimiter, maxRow }: RowSource): Promise<OpenRows> {
  const input = await openInput(path);
  let header: readonly string[] | undefined;
  const rows = format === "csv" || format === "tsv"
    ? readCsvRows(input.chunks, {
      delimiter: delimiter ?? (format === "tsv" ? "\t" : ","),
      maxBytes: maxRow,
      onHeader: (names) => header = names,
    })
    : readLineRows(input.chunks, format, maxRow);
  return {
    [Symbol.asyncIterator]: () => rows,
    get share() {
      return input.fractionRead;
    },
    get header() {
      return header;
    },
  };
}

const FORMATS: readonly RowsFormat[] = ["jsonl", "csv", "tsv", "text"];
const BY_ENDING: Readonly<Record<string, RowsFormat>> = {
  jsonl: "jsonl",
  ndjson: "jsonl",
  csv: "csv",
  tsv: "tsv",
  txt: "text",
};

/**
 * The format that was named, or that of the file's ending; JSONL otherwise.
 *
 * @throws {CliError} If there is no such format.
 */
export function resolveFormat(path: string, named: string | undefined): RowsFormat {
  if (named !== undefined) {
    if ((FORMATS as readonly string[]).includes(named)) return named as RowsFormat;
    throw new CliError(`Cannot use the format "${named}": there are ${FORMATS.join(", ")}`);
  }
  return BY_ENDING[path.split(".").at(-1)!.toLowerCase()] ?? "jsonl";
}
