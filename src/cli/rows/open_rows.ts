import { CliError } from "../exit_code.ts";
import { openInput } from "./open_input.ts";
import type { BadRow, Row } from "./row.ts";
import { csvRows } from "./csv_rows.ts";
import { lineRows } from "./line_rows.ts";

/** What rows are read and written as. */
export type Format = "jsonl" | "csv" | "tsv" | "text";

/** Where rows come from. */
export interface RowsFrom {
  /** A file, or `"-"` for the standard input. */
  readonly path: string;
  /** What it is. */
  readonly format: Format;
  /** What stands between two fields of CSV. */
  readonly delimiter?: string;
  /** The most bytes of a row. */
  readonly maxRow: number;
}

/** Rows that are read as they are taken, so that there may be any number of them. */
export interface Rows extends AsyncIterable<Row | BadRow> {
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
export async function openRows({ path, format, delimiter, maxRow }: RowsFrom): Promise<Rows> {
  const input = await openInput(path);
  let header: readonly string[] | undefined;
  const rows = format === "csv" || format === "tsv"
    ? csvRows(input.chunks, {
      delimiter: delimiter ?? (format === "tsv" ? "\t" : ","),
      most: maxRow,
      onHeader: (names) => header = names,
    })
    : lineRows(input.chunks, format, maxRow);
  return {
    [Symbol.asyncIterator]: () => rows,
    get share() {
      return input.share;
    },
    get header() {
      return header;
    },
  };
}

const FORMATS: readonly Format[] = ["jsonl", "csv", "tsv", "text"];
const BY_ENDING: Readonly<Record<string, Format>> = {
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
export function formatOf(path: string, named: string | undefined): Format {
  if (named !== undefined) {
    if ((FORMATS as readonly string[]).includes(named)) return named as Format;
    throw new CliError(`Cannot use the format "${named}": there are ${FORMATS.join(", ")}`);
  }
  return BY_ENDING[path.split(".").at(-1)!.toLowerCase()] ?? "jsonl";
}
