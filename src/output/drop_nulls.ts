/** A strict schema has a model say null for what is absent: here it is taken out again. */
import { isRecord } from "../model/check_options.ts";
import type { JsonSchema } from "../model/message.ts";
import { allowsNull, fitsType, propertyOf, requiredOf, resolveRef } from "./json_schema.ts";

/**
 * Deletes each property that is null where the schema says that it may be absent, but not that it may be null. In a union that
 * goes by the choices that the value may be meant as; if one of them has the null, it stays.
 */
export function dropNulls(value: unknown, schema: unknown, root: JsonSchema): void {
  walk(value, [schema], root);
}

function walk(value: unknown, schemas: readonly unknown[], root: JsonSchema): void {
  if (typeof value !== "object" || value === null) return;
  const among = schemas.flatMap((schema) => choices(schema, root));
  const meant = among.length > 1 ? among.filter((one) => mayBe(value, one, root)) : among;
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

/** The schemas of which one applies. */
function choices(schema: unknown, root: JsonSchema, hops = 0): JsonSchema[] {
  if (!isRecord(schema) || hops > 32) return [];
  if (schema.$ref !== undefined) return choices(resolveRef(root, schema.$ref), root, hops + 1);
  const among = schema.anyOf ?? schema.oneOf;
  if (!Array.isArray(among)) return [schema];
  return among.flatMap((one) => choices(one, root, hops + 1));
}

/** Does the shape speak for this schema: its type, the names in it, and the values that can be only one? */
function mayBe(value: object, schema: JsonSchema, root: JsonSchema): boolean {
  if (!fitsType(schema, value)) return false;
  return Array.isArray(value) || Object.entries(value).every(([name, inner]) => {
    const property = propertyOf(schema, name);
    if (property === undefined) return false;
    const found = isRecord(property) && property.$ref !== undefined
      ? resolveRef(root, property.$ref)
      : property;
    if (!isRecord(found) || inner === null) return true;
    if (found.const !== undefined) return found.const === inner;
    return !Array.isArray(found.enum) || found.enum.includes(inner);
  });
}
