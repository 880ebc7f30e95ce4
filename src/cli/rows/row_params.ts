import type { Callable } from "../../call/options/callable.ts";
import { isRecord } from "../../model/check_options.ts";
import { copyDigits, copyDigitsOf } from "../../model/digits.ts";
import { CliError } from "../cli_error.ts";

/** Returns the parameters of a call for the value of a row. */
export type RowMapper = (value: unknown) => unknown;

/**
 * Returns a function that maps rows to parameters. Each parameter takes the column of its name, or
 * the one that `map` names. If the agent's parameters are known, other columns are left out: a
 * change in them must not change the request. A row that is not an object is the only parameter.
 *
 * @throws {CliError} If `map` names a parameter that the agent does not have.
 */
export function createRowMapper(
  agent: Callable,
  map: Readonly<Record<string, string>>,
): RowMapper {
  const names = paramNames(agent);
  for (const name of Object.keys(map)) {
    if (names !== undefined && !names.includes(name)) {
      const known = names.join(", ") || "none";
      throw new CliError(
        `Cannot map "${name}" with --map as "${agent.name}" has no such parameter: ` +
          `its parameters are ${known}`,
      );
    }
  }
  return (value) => {
    if (!isRecord(value)) {
      const only = names?.length === 1 ? names[0]! : Object.keys(map)[0] ?? "input";
      return { [only]: value };
    }
    if (names === undefined) {
      const mapped = Object.entries(map).map(([name, column]) => [name, value[column]]);
      const all = { ...value, ...Object.fromEntries(mapped) };
      copyDigits(value, all);
      for (const [name, column] of Object.entries(map)) copyDigitsOf(value, column, all, name);
      return all;
    }
    const params: Record<string, unknown> = {};
    for (const name of names) {
      const column = map[name] ?? name;
      const member = value[column];
      if (member === undefined) continue;
      params[name] = member;
      copyDigitsOf(value, column, params, name);
    }
    return params;
  };
}

/** Returns a column that is required by the agent or named by `map`, and is missing. */
export function missingColumn(
  agent: Callable,
  map: Readonly<Record<string, string>>,
  columns: readonly string[],
): string | undefined {
  const schema = paramsSchema(agent);
  const required = Array.isArray(schema?.required) ? schema.required : [];
  return [...required.map((name) => map[name] ?? name), ...Object.values(map)]
    .find((column) => !columns.includes(column));
}

/** Whether the agent is known to have no parameters, so that all rows send the same request. */
export function hasNoParams(agent: Callable): boolean {
  return paramNames(agent)?.length === 0;
}

/** Returns the names of an agent's parameters; `undefined` if they are unknown. */
function paramNames(agent: Callable): readonly string[] | undefined {
  const schema = paramsSchema(agent);
  if (schema === undefined || schema.additionalProperties === true) return undefined;
  return isRecord(schema.properties) ? Object.keys(schema.properties) : undefined;
}

/** Returns the JSON Schema of an agent's parameters, if it has one. */
function paramsSchema(agent: Callable): Record<string, unknown> | undefined {
  try {
    const schema: unknown = agent.paramsSchema?.();
    return isRecord(schema) ? schema : undefined;
  } catch {
    // The schema library cannot express it as JSON Schema.
    return undefined;
  }
}
