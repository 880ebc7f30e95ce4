/** JSON Schemas, looked at from outside: what is in them, and where a reference leads. */
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
/** Keywords whose value has schemas by name. */
const NAMED: ReadonlySet<string> = new Set([
  "$defs",
  "definitions",
  "dependencies",
  "dependentSchemas",
  "patternProperties",
  "properties",
]);

/** The same schema with others in it; what only looks like a schema, as in an `enum`, stays. */
export function mapSchemas(schema: JsonSchema, map: (child: unknown) => unknown): JsonSchema {
  return mapValues(schema, (value, keyword) => {
    if (SCHEMAS.has(keyword)) return Array.isArray(value) ? value.map(map) : map(value);
    return NAMED.has(keyword) && isRecord(value) ? mapValues(value, map) : value;
  });
}

/** The same names with other values; `__proto__` is a name like any other. */
export function mapValues(
  record: Readonly<Record<string, unknown>>,
  map: (value: unknown, name: string) => unknown,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(record).map(([name, value]) => [name, map(value, name)]),
  );
}

/** What a reference leads to within the schema, over further references; `undefined` if that is nothing. */
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

/** The schema of one property. */
export function propertyOf(schema: JsonSchema, name: string): unknown {
  const { properties } = schema;
  return isRecord(properties) && Object.hasOwn(properties, name) ? properties[name] : undefined;
}

/** The names of the properties that must be there. */
export function requiredOf(schema: JsonSchema): ReadonlySet<string> {
  return new Set(Array.isArray(schema.required) ? schema.required : []);
}

/** The type of a JSON value in the words of a JSON Schema. */
export function typeOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}

/** Has the value a type that the schema names, and is it one of those that the schema lists? Nothing else is looked at. */
export function fitsType({ type }: JsonSchema, value: unknown): boolean {
  if (type === undefined) return true;
  const types: readonly unknown[] = Array.isArray(type) ? type : [type];
  return types.includes(typeOf(value)) || (types.includes("integer") && Number.isInteger(value));
}

/** Does the schema let null through? */
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
