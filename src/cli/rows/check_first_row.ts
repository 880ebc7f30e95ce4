import type { Callable } from "../../call/options/callable.ts";
import { isRecord } from "../../model/check_options.ts";
import { checkInputClash } from "../checks/answer_columns.ts";
import { CliError } from "../cli_error.ts";
import type { RunSettings } from "../run/run_settings.ts";
import type { InputRow } from "./row.ts";
import { hasNoParams, missingColumn } from "./row_params.ts";

/** Options of {@linkcode createFirstRowCheck}. */
export interface FirstRowOptions {
  /** The agent that is called. */
  readonly agent: Callable;
  /** The settings of the run. */
  readonly settings: Pick<RunSettings, "map" | "as" | "columns" | "meta" | "limit">;
  /** Whether all rows have the same columns. */
  readonly isTable: boolean;
  /** Called with a warning about a problem that other rows may not have. */
  readonly log: (text: string) => void;
}

/**
 * Returns a function that checks the first rows that it is called with, before anything is sent:
 * usually, all rows have the same problems. It throws a {@linkcode CliError} if no row can be used.
 */
export function createFirstRowCheck(
  { agent, settings, isTable, log }: FirstRowOptions,
): (row: InputRow) => void {
  let first: number | undefined;
  let isChecked = false;
  return ({ line, value }) => {
    if (first !== undefined) {
      // A pilot reads the rows before the run does.
      if (isChecked || line === first) return;
      isChecked = true;
      if (hasNoParams(agent)) checkSameRequest(agent, settings, log);
      return;
    }
    first = line;
    if (Array.isArray(value)) {
      log(`line ${line} is an array and counts as one row: jq -c '.[]' makes a row of each member`);
    }
    const columns = isRecord(value) ? Object.keys(value) : ["input"];
    checkInputClash(settings, (name) => columns.includes(name));
    if (!isRecord(value)) return;
    const missing = missingColumn(agent, settings.map, columns);
    if (missing === undefined) return;
    const hint = `the columns are ${columns.join(", ") || "none"}; ` +
      "--map param=column uses another one";
    if (isTable) throw new CliError(`Cannot find the column "${missing}": ${hint}`);
    log(`line ${line} has no "${missing}": ${hint}`);
  };
}

/**
 * Checks that a user who sends the same request for all rows means it, and set a `--limit`.
 *
 * @throws {CliError} If there is none.
 */
function checkSameRequest(
  { name }: Callable,
  { limit }: FirstRowOptions["settings"],
  log: FirstRowOptions["log"],
): void {
  const same = `"${name}" has no parameter, so all rows send the same request`;
  if (limit !== undefined) return log(same);
  throw new CliError(
    `Cannot run more than one row as ${same}: write {column} in the prompt where the text of ` +
      "a column belongs, or set --limit to the number of times that it is sent",
  );
}
