import type { Callable } from "../../call/options/callable.ts";
import { isRecord } from "../../model/check_options.ts";
import { closestName, listNames } from "../../model/names/closest_name.ts";
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
  readonly settings: Pick<RunSettings, "map" | "as" | "columns" | "meta" | "limit" | "key">;
  /** Whether all rows have the same columns. */
  readonly isTable: boolean;
  /** Called with a warning about a problem that other rows may not have. */
  readonly log: (text: string) => void;
}

/** Finds mistakes that usually are in all rows, before anything is sent or created. */
export interface FirstRowCheck {
  /**
   * Whether this row shows that rows can be sent. If not, the next one decides.
   *
   * @throws {CliError} If no row can be sent.
   */
  accepts(row: InputRow): boolean;
  /**
   * Ends the check if no row was accepted.
   *
   * @throws {CliError} If there was a row.
   */
  end(): void;
}

/** Returns a check of the first rows. */
export function createFirstRowCheck(
  { agent, settings, isTable, log }: FirstRowOptions,
): FirstRowCheck {
  /** Why the first row cannot be sent; `undefined` before it. */
  let first: FirstRowProblem | undefined;
  const isSameForAll = hasNoParams(agent);
  let hasAccepted = false;
  const checkFirst = (row: InputRow): boolean => {
    const columns = columnsOf(row);
    checkInputClash(settings, (name) => columns.includes(name));
    first = listProblem(row) ?? columnProblem(row, { agent, settings });
    if (first !== undefined && isTable) throw first.error;
    return first === undefined;
  };
  return {
    accepts(row) {
      if (hasAccepted) throw sameRequestError(agent);
      if (first === undefined) hasAccepted = checkFirst(row);
      else if (first.isGoneWith(row)) {
        log(first.warning);
        hasAccepted = true;
      }
      if (!hasAccepted || !isSameForAll) return hasAccepted;
      // With a limit, the user knows how often the request is sent. Without, the next row decides.
      if (settings.limit === undefined) return false;
      if (settings.limit > 1) log(sameRequest(agent));
      return true;
    },
    end() {
      if (first !== undefined && !hasAccepted) throw first.error;
    },
  };
}

/** Why the first row cannot be sent. */
interface FirstRowProblem {
  /** The error if no row can be sent. */
  readonly error: CliError;
  /** The warning if others can. */
  readonly warning: string;
  /** Whether this row shows that the first one is an exception. */
  isGoneWith(row: InputRow): boolean;
}

/** A list of objects that is the only row is a JSON file, and not JSONL. */
function listProblem({ line, value }: InputRow): FirstRowProblem | undefined {
  if (!Array.isArray(value)) return undefined;
  const warning = `line ${line} is an array and counts as one row: ` +
    "jq -c '.[]' makes a row of each member";
  return {
    error: new CliError(
      `Cannot run the rows as line ${line} is an array, and there is no other row: ` +
        "jq -c '.[]' FILE makes a row of each member",
    ),
    warning,
    isGoneWith: () => true,
  };
}

/** Looks for the columns that the run needs. */
function columnProblem(
  row: InputRow,
  { agent, settings: { key, map } }: Pick<FirstRowOptions, "agent" | "settings">,
): FirstRowProblem | undefined {
  if (!isRecord(row.value)) {
    if (key === undefined) return undefined;
    throw new CliError(
      `Cannot use the --key "${key}" as line ${row.line} is not an object and has no columns`,
    );
  }
  const findMissing = (columns: readonly string[]) =>
    key !== undefined && !columns.includes(key) ? key : missingColumn(agent, map, columns);
  const columns = columnsOf(row);
  const missing = findMissing(columns);
  if (missing === undefined) return undefined;
  const what = missing === key ? `"${missing}", which is the --key` : `"${missing}"`;
  const hint = `the columns are ${listNames(columns) || "none"}; ` +
    (missing === key ? "--key names one of them" : "--map param=column uses another one") +
    similarColumn(missing, columns) + delimiterHint(columns);
  return {
    error: new CliError(`Cannot find the column ${what}: ${hint}`),
    warning: `line ${row.line} has no ${what}: ${hint}`,
    isGoneWith: (row) => isRecord(row.value) && findMissing(columnsOf(row)) === undefined,
  };
}

function columnsOf({ value }: InputRow): readonly string[] {
  return isRecord(value) ? Object.keys(value) : ["input"];
}

function similarColumn(missing: string, columns: readonly string[]): string {
  const closest = closestName(missing, columns.filter((name) => isSimilar(name, missing)));
  return closest === undefined ? "" : `. Did you mean "${closest}"?`;
}

/** Whether most letters of two names are the same, in any order and case. */
function isSimilar(a: string, b: string): boolean {
  // Longer ones have too few letters in common, and would take time.
  if (a.length > 2 * b.length || b.length > 2 * a.length) return false;
  const letters = [...b.toLowerCase()];
  const common = [...a.toLowerCase()].filter((letter) => {
    const at = letters.indexOf(letter);
    if (at >= 0) letters.splice(at, 1);
    return at >= 0;
  });
  return common.length >= 0.6 * Math.max(a.length, b.length);
}

/** A name with a delimiter in it may be the whole header. */
function delimiterHint(columns: readonly string[]): string {
  const found = columns.length === 1 && /[,;|\t]/.exec(columns[0]!)?.[0];
  return found ? `. If a column ends at each "${found}": --delimiter "${found}"` : "";
}

function sameRequest({ name }: Callable): string {
  return `"${name}" has no parameter, so all rows send the same request`;
}

function sameRequestError(agent: Callable): CliError {
  return new CliError(
    `Cannot run more than one row as ${sameRequest(agent)}: write {column} in the prompt where ` +
      "the text of a column belongs, or set --limit to the number of times that it is sent",
  );
}
