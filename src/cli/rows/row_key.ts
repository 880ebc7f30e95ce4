import { isRecord } from "../../model/check_options.ts";
import { CliError } from "../exit_code.ts";
import type { InputRow } from "./row.ts";

/**
 * What a row is found again by, where a column tells it: its identity in the journal.
 *
 * @throws {CliError} If the row does not have it.
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
  return { key: String(key) };
}
