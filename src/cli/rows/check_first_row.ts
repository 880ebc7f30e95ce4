import type { Callable } from "../../call/options/callable.ts";
import { definitionOf } from "../../agent/definition.ts";
import { isRecord } from "../../model/check_options.ts";
import { CliError } from "../cli_error.ts";
import type { RunSettings } from "../run/run_settings.ts";
import { answerColumns, checkColumnClash } from "./format_row.ts";
import type { InputRow } from "./row.ts";
import { hasNoParams, missingColumn } from "./row_params.ts";

/** Options of {@linkcode createFirstRowCheck}. */
export interface FirstRowOptions {
  /** The agent that is called. */
  readonly agent: Callable;
  /** The settings of the run. */
  readonly settings: Pick<RunSettings, "map" | "as" | "columns">;
  /** Whether all rows have the same columns. */
  readonly isTable: boolean;
  /** Called with a warning about a problem that other rows may not have. */
  readonly log: (text: string) => void;
}

/**
 * Returns a function that checks the first row that it is called with, before anything is sent:
 * usually, all rows have the same problems. It throws a {@linkcode CliError} if no row can be used.
 */
export function createFirstRowCheck(
  { agent, settings, isTable, log }: FirstRowOptions,
): (row: InputRow) => void {
  let isFirst = true;
  return ({ line, value }) => {
    if (!isFirst) return;
    isFirst = false;
    if (Array.isArray(value)) {
      log(`line ${line} is an array and counts as one row: jq -c '.[]' makes a row of each member`);
    }
    const columns = isRecord(value) ? Object.keys(value) : ["input"];
    checkColumnClash(answerColumns(settings), (name) => columns.includes(name));
    if (hasNoParams(agent)) {
      log(
        `"${agent.name}" has no parameter, so all rows send the same request: ` +
          "write {column} in the prompt where the text of a column belongs",
      );
    }
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
 * Checks that the answers of the agent have members, if `--columns` asks for some.
 *
 * @throws {CliError} If the answer is text.
 */
export function checkAnswerColumns(agent: Callable, columns: readonly string[] | undefined): void {
  const model = definitionOf(agent)?.model;
  if (columns === undefined || model === undefined || model.output !== undefined) return;
  throw new CliError(
    `Cannot use --columns as the answer of "${agent.name}" is text: ` +
      "the agent must have an output schema",
  );
}
