import type { Callable } from "../../call/options/callable.ts";
import { isRecord } from "../../model/check_options.ts";
import { CliError } from "../exit_code.ts";

/** Makes the parameters of a call of a row. */
export type RowMapper = (value: unknown) => unknown;

/**
 * How rows become parameters: each takes the column of its name, or the one that `map` says. Of an agent whose parameters are known
 * only those are taken, so that a change in another column is no other question. A row that is no object is the only parameter itself.
 *
 * @throws {CliError} If a parameter is mapped that the agent does not have.
 */
export function createRowMapper(agent: Callable, map: Readonly<Record<string, string>>): RowMapper {
  const names = paramNames(agent);
  for (const name of Object.keys(map)) {
    if (names !== undefined && !names.includes(name)) {
      throw new CliError(
        `Cannot map "${name}" as "${agent.name}" has no such parameter: it has ${
          names.join(", ") || "none"
        }`,
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
      return { ...value, ...Object.fromEntries(mapped) };
    }
    const params: Record<string, unknown> = {};
    for (const name of names) {
      const member = value[map[name] ?? name];
      if (member !== undefined) params[name] = member;
    }
    return params;
  };
}

/** A column that the agent needs, or that `map` names, and that is not there. */
export function missingColumn(
  agent: Callable,
  map: Readonly<Record<string, string>>,
  columns: readonly string[],
): string | undefined {
  let schema: unknown;
  try {
    schema = agent.paramsSchema?.();
  } catch {
    // Its schema has no JSON Schema.
  }
  const required = isRecord(schema) && Array.isArray(schema.required) ? schema.required : [];
  return [...required.map((name) => map[name] ?? name), ...Object.values(map)]
    .find((column) => !columns.includes(column));
}

/** Is it known to have no parameter, so that rows make no difference? */
export function hasNoParams(agent: Callable): boolean {
  return paramNames(agent)?.length === 0;
}

/** The names of an agent's parameters; `undefined` if they are not known. */
function paramNames(agent: Callable): readonly string[] | undefined {
  let schema: unknown;
  try {
    schema = agent.paramsSchema?.();
  } catch {
    // Its schema has no JSON Schema.
  }
  const properties = isRecord(schema) && schema.additionalProperties !== true
    ? schema.properties
    : undefined;
  return isRecord(properties) ? Object.keys(properties) : undefined;
}
