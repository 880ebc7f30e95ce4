import type { Callable } from "../../call/options/callable.ts";
import { isRecord } from "../../model/check_options.ts";
import { findClash } from "../checks/answer_columns.ts";
import type { RunSettings } from "../run/run_settings.ts";
import { type InputRow, rowKeyProblem } from "./row.ts";
import { createNullCheck } from "./row_params.ts";

/** Returns why a row cannot be sent; `undefined` if it can. */
export type RowCheck = (row: InputRow) => string | undefined;

/**
 * Returns a check of each row before it is sent. Nothing is paid for an answer that cannot be
 * written, or for a request that no one wanted.
 */
export function createRowCheck(
  agent: Callable,
  settings: Pick<RunSettings, "map" | "as" | "columns" | "meta" | "key">,
): RowCheck {
  const { map, key } = settings;
  const findNull = createNullCheck(agent, map);
  return (row) => {
    const { value } = row;
    const keyProblem = rowKeyProblem(row, key);
    if (keyProblem !== undefined) return keyProblem;
    const empty = findNull(value);
    if (empty !== undefined) return isRecord(value) ? `its "${empty}" is null` : "it is null";
    const clash = isRecord(value)
      ? findClash(settings, (name) => Object.hasOwn(value, name))
      : undefined;
    if (clash === undefined) return undefined;
    const { column, purpose, advice } = clash;
    return `it has a column "${column}", which is ${purpose}: ${advice}. shoal resume runs it then`;
  };
}
