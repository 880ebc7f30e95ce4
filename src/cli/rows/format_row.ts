import type { Result } from "../../../mod.ts";
import { isRecord } from "../../model/check_options.ts";
import { copyDigits, copyDigitsOf, digitsOf } from "../../model/digits.ts";
import { stringifyExact } from "../../model/exact_json.ts";
import { type AnswerColumns, answerColumns, META_COLUMNS } from "../checks/answer_columns.ts";
import type { RowsFormat } from "./open_rows.ts";
import type { InputRow } from "./row.ts";

/** Options of {@linkcode createRowFormatter}. */
export interface RowFormatOptions extends AnswerColumns {
  /** The format of the output. */
  readonly format: RowsFormat;
  /** Whether columns for the line, model, usage, cost and duration are added. */
  readonly meta: boolean;
  /** The text between two fields of CSV. */
  readonly delimiter?: string;
}

/** Formats a row with its answer as a line, with a line break at the end. */
export type FormatRow = (row: InputRow, result: Result) => string;

/** Formats rows. */
export interface RowFormatter {
  /** Returns the header line the first time that it is called, and `""` after that. */
  readonly header: () => string;
  /** Formats one row. */
  readonly formatRow: FormatRow;
}

/**
 * Returns a formatter of rows: all columns of the input, followed by those of the answer.
 *
 * @param inputHeader Returns the columns of the input if all rows have the same, as in CSV.
 */
export async function createRowFormatter(
  options: RowFormatOptions,
  inputHeader: () => readonly string[] | undefined,
): Promise<RowFormatter> {
  const { format, as, columns, meta } = options;
  const answered = answerColumns(options);
  const toMembers = (row: InputRow, result: Result): Record<string, unknown> => {
    const input = isRecord(row.value) ? row.value : { input: row.value };
    const { content } = result;
    const answer = columns === undefined ? { [as]: content } : Object.fromEntries(
      columns.map(({ member, column }) => [column, isRecord(content) ? content[member] : null]),
    );
    const members = { ...input, ...answer, ...(meta && metaColumns(row, result)) };
    copyDigits(input, members);
    if (columns !== undefined && isRecord(content)) {
      for (const { member, column } of columns) copyDigitsOf(content, member, members, column);
    }
    return members;
  };
  if (format === "jsonl") {
    return {
      header: () => "",
      formatRow: (row, result) => stringifyExact(toMembers(row, result)) + "\n",
    };
  }
  const { stringify } = await import("csv-stringify/sync");
  const delimiter = options.delimiter ?? (format === "tsv" ? "\t" : ",");
  const formatLine = (fields: readonly unknown[]) =>
    stringify([fields.map(formatField)], { delimiter });
  let names: readonly string[] | undefined;
  let isHeaderWritten = false;
  const columnNames = (inputColumns: readonly string[]): readonly string[] =>
    names ??= [...inputHeader() ?? inputColumns, ...answered, ...(meta ? META_COLUMNS : [])];
  return {
    header() {
      if (isHeaderWritten) return "";
      isHeaderWritten = true;
      return formatLine(columnNames([]));
    },
    formatRow(row, result) {
      const members = toMembers(row, result);
      const inputColumns = isRecord(row.value) ? Object.keys(row.value) : ["input"];
      const names = columnNames(inputColumns);
      return formatLine(names.map((name) => digitsOf(members, name) ?? members[name]));
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

/** Formats a field: objects and arrays as JSON, anything else as text. */
function formatField(value: unknown): string {
  if (value === undefined || value === null) return "";
  return typeof value === "object" ? stringifyExact(value) : String(value);
}
