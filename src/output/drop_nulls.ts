/** Removes the nulls by which a strict schema makes a model mark absent properties. */
import { isRecord } from "../model/check_options.ts";
import type { JsonSchema } from "../model/message.ts";
import { allowsNull, fitsType, propertyOf, requiredOf, resolveRef } from "./json_schema.ts";

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

/** Returns the schemas of a union, over references; a schema that is no union is its own branch. */
function branchesOf(schema: unknown, root: JsonSchema, hops = 0): JsonSchema[] {
  if (!isRecord(schema) || hops > 32) return [];
  if (schema.$ref !== undefined) return branchesOf(resolveRef(root, schema.$ref), root, hops + 1);
  const branches = schema.anyOf ?? schema.oneOf;
  if (!Array.isArray(branches)) return [schema];
  return branches.flatMap((branch) => branchesOf(branch, root, hops + 1));
}

/** Whether a value may be meant for a schema: its type, its names and its fixed values fit. */
function mayBeMeant(value: object, schema: JsonSchema, root: JsonSchema): boolean {
  if (!fitsType(schema, value)) return false;
  return Array.isArray(value) || Object.entries(value).every(([name, inner]) => {
    const property = propertyOf(schema, name);
    if (property === undefined) return false;
    const target = isRecord(property) && property.$ref !== undefined
      ? resolveRef(root, property.$ref)
      : property;
    if (!isRecord(target) || inner === null) return true;
    if (target.const !== undefined) return target.const === inner;
    return !Array.isArray(target.enum) || target.enum.includes(inner);
  });
}
