/** Helpers that read JSON Schemas: their parts, their types and the targets of references. */
import { isRecord } from "../model/check_options.ts";
import type { JsonSchema } from "../model/message.ts";

/** Keywords whose value is a schema, or a list of them. */
const SCHEMAS: ReadonlySet<string> = new Set([
  "additionalItems",
  "additionalProperties",
  "allOf",
  "anyOf",
  "contains",
  "contentSchema",
  "else",
  "if",
  "items",
  "not",
  "oneOf",
  "prefixItems",
  "propertyNames",
  "then",
  "unevaluatedItems",
  "unevaluatedProperties",
]);
/** Keywords whose value is an object with a schema for each name. */
const NAMED: ReadonlySet<string> = new Set([
  "$defs",
  "definitions",
  "dependencies",
  "dependentSchemas",
  "patternProperties",
  "properties",
]);

/** Maps the schemas directly inside a schema. Values, such as those of an `enum`, are kept. */
export function mapSchemas(schema: JsonSchema, map: (child: unknown) => unknown): JsonSchema {
  return mapValues(schema, (value, keyword) => {
    if (SCHEMAS.has(keyword)) return Array.isArray(value) ? value.map(map) : map(value);
    return NAMED.has(keyword) && isRecord(value) ? mapValues(value, map) : value;
  });
}

/** Maps the values of an object. `__proto__` is a name like any other. */
export function mapValues(
  record: Readonly<Record<string, unknown>>,
  map: (value: unknown, name: string) => unknown,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(record).map(([name, value]) => [name, map(value, name)]),
  );
}

/**
 * Returns the schema that a reference leads to, over further references. `undefined` if it leads to
 * no object in the schema, or over more than 32 references.
 */
export function resolveRef(root: JsonSchema, ref: unknown): JsonSchema | undefined {
  for (let hops = 0; hops < 32; hops++) {
    if (typeof ref !== "string" || !/^#(?:\/|$)/.test(ref)) return undefined;
    let at: unknown = root;
    for (const part of ref.split("/").slice(1)) {
      const name = unescaped(part);
      at = typeof at === "object" && at !== null && Object.hasOwn(at, name)
        ? (at as Record<string, unknown>)[name]
        : undefined;
    }
    if (!isRecord(at)) return undefined;
    if (at.$ref === undefined) return at;
    ref = at.$ref;
  }
}

function unescaped(part: string): string {
  let name = part;
  try {
    name = decodeURIComponent(part);
  } catch {
    // A percent sign that escapes nothing stands for itself.
  }
  return name.replaceAll("~1", "/").replaceAll("~0", "~");
}

/** Returns the schema of a property. */
export function propertyOf(schema: JsonSchema, name: string): unknown {
  const { properties } = schema;
  return isRecord(properties) && Object.hasOwn(properties, name) ? properties[name] : undefined;
}

/** Returns the names of the required properties. */
export function requiredOf(schema: JsonSchema): ReadonlySet<string> {
  return new Set(Array.isArray(schema.required) ? schema.required : []);
}

/** Returns the name that JSON Schema has for the type of a value. */
export function typeOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}

/** Whether a value has one of the types that a schema names. No other keyword counts. */
export function fitsType({ type }: JsonSchema, value: unknown): boolean {
  if (type === undefined) return true;
  const types: readonly unknown[] = Array.isArray(type) ? type : [type];
  return types.includes(typeOf(value)) || (types.includes("integer") && Number.isInteger(value));
}

/** Whether null fits a schema. A reference that leads nowhere allows it. */
export function allowsNull(schema: unknown, root: JsonSchema, hops = 0): boolean {
  if (!isRecord(schema)) return schema !== false;
  if (hops > 32) return true;
  if (schema.$ref !== undefined) {
    const found = resolveRef(root, schema.$ref);
    return found === undefined || allowsNull(found, root, hops + 1);
  }
  const choices = schema.anyOf ?? schema.oneOf;
  if (Array.isArray(choices) && !choices.some((one) => allowsNull(one, root, hops + 1))) {
    return false;
  }
  if (Array.isArray(schema.enum) && !schema.enum.includes(null)) return false;
  if (schema.const !== undefined && schema.const !== null) return false;
  return fitsType(schema, null);
}
