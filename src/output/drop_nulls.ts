/** Removes the nulls by which a strict schema makes a model mark absent properties. */
import type { JsonSchema } from "../model/message.ts";
import { allowsNull, propertyOf, requiredOf } from "./json_schema.ts";
import { branchesOf, mayBeMeant } from "./schema_branches.ts";

/**
 * Deletes each property that is null where the schema lets it be absent, but not null. In a union,
 * the branches that the value may be meant for decide: if one of them allows the null, it stays.
 */
export function dropNulls(value: unknown, schema: unknown, root: JsonSchema): void {
  walk(value, [schema], root);
}

function walk(value: unknown, schemas: readonly unknown[], root: JsonSchema): void {
  if (typeof value !== "object" || value === null) return;
  const branches = schemas.flatMap((schema) => branchesOf(schema, root));
  const meant = branches.length > 1
    ? branches.filter((branch) => mayBeMeant(value, branch, root))
    : branches;
  if (meant.length === 0) return;
  if (Array.isArray(value)) {
    const items = meant.map((schema) => schema.items);
    for (const item of value) walk(item, items, root);
    return;
  }
  const record = value as Record<string, unknown>;
  for (const name of Object.keys(record)) {
    const properties = meant.map((schema) => propertyOf(schema, name));
    if (record[name] !== null) walk(record[name], properties, root);
    else if (
      meant.every((schema, i) =>
        properties[i] !== undefined && !requiredOf(schema).has(name) &&
        !allowsNull(properties[i], root)
      )
    ) delete record[name];
  }
}
