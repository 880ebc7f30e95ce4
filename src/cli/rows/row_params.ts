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

/**
 * Returns a function that returns the column of a row that is null although its parameter must have
 * a value: a prompt would say "null".
 */
export function createNullCheck(
  agent: Callable,
  map: Readonly<Record<string, string>>,
): (value: unknown) => string | undefined {
  const schema = paramsSchema(agent);
  const properties = isRecord(schema?.properties) ? Object.entries(schema.properties) : [];
  const columns = properties.filter(([, schema]) => !acceptsNull(schema))
    .map(([name]) => map[name] ?? name);
  return (value) => {
    if (isRecord(value)) return columns.find((column) => value[column] === null);
    return value === null ? columns[0] : undefined;
  };
}

/** Whether null fits a JSON Schema, as far as that is known. */
function acceptsNull(schema: unknown): boolean {
  if (!isRecord(schema)) return schema !== false;
  const { type, anyOf, oneOf } = schema;
  if (schema.const !== undefined) return schema.const === null;
  if (Array.isArray(schema.enum)) return schema.enum.includes(null);
  if (type !== undefined) return Array.isArray(type) ? type.includes("null") : type === "null";
  for (const options of [anyOf, oneOf]) {
    if (Array.isArray(options)) return options.some(acceptsNull);
  }
  return true;
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
