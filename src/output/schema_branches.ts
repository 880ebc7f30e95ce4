/** The schemas of a union, and which of them a value may be meant for. */
import { isRecord } from "../model/check_options.ts";
import type { JsonSchema } from "../model/message.ts";
import { fitsType, propertyOf, resolveRef, typeOf } from "./json_schema.ts";

/** Returns the schemas of a union, over references; a schema that is no union is its own branch. */
export function branchesOf(schema: unknown, root: JsonSchema, hops = 0): JsonSchema[] {
  if (!isRecord(schema) || hops > 32) return [];
  if (schema.$ref !== undefined) return branchesOf(resolveRef(root, schema.$ref), root, hops + 1);
  const { allOf } = schema;
  const branches = schema.anyOf ?? schema.oneOf ??
    // Some libraries wrap a reference that has a description.
    (Array.isArray(allOf) && allOf.length === 1 && schema.properties === undefined
      ? allOf
      : undefined);
  if (!Array.isArray(branches)) return [schema];
  return branches.flatMap((branch) => branchesOf(branch, root, hops + 1));
}

/** Whether a value may be meant for a schema: its type, its names and its fixed values fit. */
export function mayBeMeant(value: object, schema: JsonSchema, root: JsonSchema): boolean {
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

/** Returns the types that some schemas accept. `undefined` if one of them accepts any type. */
export function typesOf(branches: readonly JsonSchema[]): ReadonlySet<string> | undefined {
  const types = new Set<string>();
  for (const { type, ...schema } of branches) {
    const choices = type === undefined ? choicesOf(schema)?.map(typeOf) : [type].flat();
    if (choices === undefined) return undefined;
    for (const one of choices) types.add(String(one));
  }
  return types.size === 0 ? undefined : types;
}

/** Returns the fixed values of a schema. `undefined` if it has none. */
export function choicesOf(schema: JsonSchema): readonly unknown[] | undefined {
  if (Array.isArray(schema.enum)) return schema.enum;
  return schema.const === undefined ? undefined : [schema.const];
}
