import { stringify } from "csv-stringify/sync";
import type { Result } from "../../../mod.ts";
import { isRecord } from "../../model/check_options.ts";
import { CliError } from "../exit_code.ts";
import type { InputRow } from "./row.ts";
import type { RowsFormat } from "./open_rows.ts";

/** How rows are written. */
export interface RowFormatOptions {
  /** JSONL or CSV. */
  readonly format: RowsFormat;
  /** The column for the answer. */
  readonly as: string;
  /** Members of the answer that get columns of their own, in its place. */
  readonly columns?: readonly string[];
  /** Is it also told what the call used? */
  readonly meta: boolean;
  /** What stands between two fields of CSV. */
  readonly delimiter?: string;
}

/** Makes the text of a row and its answer, with its end. */
export type FormatRow = (row: InputRow, result: Result) => string;

const META = ["_line", "_model", "_tokens", "_cost", "_ms", "_cached"];

/**
 * How to write a row with its answer: everything that the row had, and the answer.
 *
 * @param header The columns of the input, if it has some: CSV has the same in each row.
 */
export function createRowFormatter(
  options: RowFormatOptions,
  header: () => readonly string[] | undefined,
): {
  /** What stands before the first line that is written, whichever that is; nothing when it was asked before. */
  readonly head: () => string;
  /** The others. */
  readonly write: FormatRow;
} {
  const { format, as, columns, meta } = options;
  const answered = columns ?? [as];
  const membersOf = (row: InputRow, result: Result): Record<string, unknown> => {
    const input = isRecord(row.value) ? row.value : { input: row.value };
    const clash = answered.find((name) => Object.hasOwn(input, name));
    if (clash !== undefined) {
      throw new CliError(
        `Cannot write the answers as there is a column "${clash}" in the input: name another one by --as`,
      );
    }
    const { content } = result;
    const answer = columns === undefined
      ? { [as]: content }
      : Object.fromEntries(columns.map((name) => [name, isRecord(content) ? content[name] : null]));
    return { ...input, ...answer, ...(meta && metaColumns(row, result)) };
  };
  if (format === "jsonl") {
    return {
      head: () => "",
      write: (row, result) => JSON.stringify(membersOf(row, result)) + "\n",
    };
  }
  const delimiter = options.delimiter ?? (format === "tsv" ? "\t" : ",");
  const line = (fields: readonly unknown[]) => stringify([fields.map(formatField)], { delimiter });
  let names: readonly string[] | undefined;
  let told = false;
  const namesAfter = (inputs: readonly string[]): readonly string[] =>
    names ??= [...header() ?? inputs, ...answered, ...(meta ? META : [])];
  return {
    head() {
      if (told) return "";
      told = true;
      return line(namesAfter([]));
    },
    write(row, result) {
      const members = membersOf(row, result);
      const inputs = isRecord(row.value) ? Object.keys(row.value) : ["input"];
      return line(namesAfter(inputs).map((name) => members[name]));
    },
  };
}

function metaColumns({ line }: InputRow, result: Result): Record<string, unknown> {
  return {
    _line: line,
    _model: result.model,
    _tokens: result.usage.totalTokens,
    _cost: result.cost?.total,
    _ms: Math.round(result.durationMs),
    _cached: result.cached || result.replayed,
  };
}

/** A field: texts as they are, what is no plain value as JSON. */
function formatField(value: unknown): string {
  if (value === undefined || value === null) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
