import { isRecord } from "../../model/check_options.ts";
import { digitsOf } from "../../model/digits.ts";
import { CliError } from "../cli_error.ts";

/** A row of the input. */
export interface InputRow {
  /** The line that it starts on, from 1. */
  readonly line: number;
  /** The parsed value. Its numbers keep their digits: see `parseExact`. */
  readonly value: unknown;
}

/** A row that could not be read. It is reported, and the run continues. */
export interface BadRow {
  /** The line that it starts on, from 1. */
  readonly line: number;
  /** Why it could not be read. */
  readonly problem: string;
}

/** Whether the row could not be read. */
export function isBadRow(row: InputRow | BadRow): row is BadRow {
  return "problem" in row;
}

/**
 * Returns the `key` of a row for the journal, if a column holds it.
 *
 * @throws {CliError} If the row has no value in that column.
 */
export function rowKey(
  { line, value }: InputRow,
  column: string | undefined,
): { readonly key?: string } {
  if (column === undefined) return {};
  const key = isRecord(value) ? value[column] : undefined;
  if (key === undefined || key === null || key === "") {
    throw new CliError(`Cannot run line ${line} as it has no "${column}", which is the --key`);
  }
  return { key: digitsOf(value as object, column) ?? String(key) };
}
