import type { Callable } from "../../call/options/callable.ts";
import { definitionOf } from "../../agent/definition.ts";
import { isRecord } from "../../model/check_options.ts";
import { CliError } from "../exit_code.ts";
import { hasNoParams, missingColumn } from "./row_params.ts";
import type { InputRow } from "./row.ts";
import type { RunSettings } from "../run/run_settings.ts";

/** What {@linkcode createFirstRowCheck} goes by. */
export interface FirstRowOptions {
  /** Who is called. */
  readonly agent: Callable;
  /** What the run was told. */
  readonly settings: Pick<RunSettings, "map" | "as" | "columns">;
  /** Has each row the same columns? */
  readonly isTable: boolean;
  /** Told what looks wrong where the next row may have it right. */
  readonly log: (text: string) => void;
}

/**
 * Looks at the first row before anything is sent: what is wrong with it is mostly wrong with all. The others are not looked at.
 *
 * The function that it gives throws a {@linkcode CliError} if no row can be worked on.
 */
export function createFirstRowCheck(
  { agent, settings, isTable, log: note }: FirstRowOptions,
): (row: InputRow) => void {
  const { map } = settings;
  const answered = settings.columns ?? [settings.as];
  let isFirst = true;
  return ({ line, value }) => {
    if (!isFirst) return;
    isFirst = false;
    if (Array.isArray(value)) {
      note(`line ${line} is an array and taken for one row: jq -c '.[]' makes rows of its members`);
    }
    const columns = isRecord(value) ? Object.keys(value) : ["input"];
    const clash = answered.find((name) => columns.includes(name));
    if (clash !== undefined) {
      throw new CliError(
        `Cannot write the answers as there is a column "${clash}" in the input: name another one by --as`,
      );
    }
    if (hasNoParams(agent)) {
      note(
        `"${agent.name}" has no parameter, so each row asks the same: write {column} where a column is to stand`,
      );
    }
    if (!isRecord(value)) return;
    const missing = missingColumn(agent, map, columns);
    if (missing === undefined) return;
    const there = columns.join(", ") || "none";
    const hint = `there are ${there}; --map param=column names another one`;
    if (isTable) throw new CliError(`Cannot find the column "${missing}": ${hint}`);
    note(`line ${line} has no "${missing}": ${hint}`);
  };
}

/**
 * Refuses columns for members of an answer that is a text.
 *
 * @throws {CliError} If it is.
 */
export function checkAnswerColumns(agent: Callable, columns: readonly string[] | undefined): void {
  const model = definitionOf(agent)?.model;
  if (columns === undefined || model === undefined || model.output !== undefined) return;
  throw new CliError(
    `Cannot use --columns as "${agent.name}" answers with a text: it has no schema of its answers`,
  );
}
