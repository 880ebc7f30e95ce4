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

/** A row that cannot be read or sent. It is counted, and the run continues. */
export interface BadRow {
  /** The line that it starts on, from 1. */
  readonly line: number;
  /** Why it cannot be read or sent. */
  readonly problem: string;
  /** Whether all its cells are empty: spreadsheets write such rows below a table. */
  readonly isEmpty?: boolean;
}

/** Whether the row cannot be read or sent. */
export function isBadRow(row: InputRow | BadRow): row is BadRow {
  return "problem" in row;
}

/** Returns why a row has no key; `undefined` if it has one, or needs none. */
export function rowKeyProblem({ value }: InputRow, column: string | undefined): string | undefined {
  if (column === undefined) return undefined;
  const key = isRecord(value) ? value[column] : undefined;
  const isMissing = key === undefined || key === null || key === "";
  return isMissing ? `it has no "${column}", which is the --key` : undefined;
}

/**
 * Returns the `key` of a row for the journal, if a column holds it.
 *
 * @throws {CliError} If the row has no value in that column.
 */
export function rowKey(row: InputRow, column: string | undefined): { readonly key?: string } {
  if (column === undefined) return {};
  const problem = rowKeyProblem(row, column);
  if (problem !== undefined) throw new CliError(`Cannot run line ${row.line} as ${problem}`);
  const value = row.value as Record<string, unknown>;
  return { key: digitsOf(value, column) ?? String(value[column]) };
}
