/**
 * Checks that a value is a JSON Schema. A schema is checked where it is defined: in a call, its
 * mistakes would look like those of the model or of the caller.
 */
import { isRecord } from "../model/check_options.ts";
import { MAX_DEPTH } from "./lenient_json.ts";
import { ANNOTATIONS, KEYWORDS, TYPES } from "./schema_keywords.ts";

/** A draft of JSON Schema. */
export type Draft = "4" | "7" | "2019-09" | "2020-12";

/** The drafts by `$schema`, without scheme and final `#`. Draft 06 is draft 07 without `if`. */
const DRAFTS: ReadonlyMap<string, Draft> = new Map([
  ["json-schema.org/draft-04/schema", "4"],
  ["json-schema.org/draft-06/schema", "7"],
  ["json-schema.org/draft-07/schema", "7"],
  ["json-schema.org/draft/2019-09/schema", "2019-09"],
  ["json-schema.org/draft/2020-12/schema", "2020-12"],
]);

/** A mistake in a schema. The message names its place. */
export class SchemaError extends Error {
  override readonly name = "SchemaError";
}

/**
 * Returns the draft that a schema names in `$schema`.
 *
 * @throws {SchemaError} If the draft is not supported.
 */
export function draftOf({ $schema }: Readonly<Record<string, unknown>>): Draft {
  if ($schema === undefined) return "2020-12";
  const draft = DRAFTS.get(String($schema).replace(/^https?:\/\//, "").replace(/#$/, ""));
  if (draft !== undefined) return draft;
  throw new SchemaError(
    "its $schema is not one of the drafts 04, 06, 07, 2019-09 and 2020-12 " +
      "(https://json-schema.org/draft/2020-12/schema): remove it, or name one of these",
  );
}

/**
 * Checks a schema and the schemas inside it, and calls `visit` with each, the inner ones first.
 *
 * @throws {SchemaError} If a keyword has a value of the wrong form.
 */
export function visitSchemas(
  root: unknown,
  draft: Draft,
  visit: (schema: Record<string, unknown>, path: string) => void,
): void {
  function schema(value: unknown, path: string, depth: number): void {
    if (typeof value === "boolean") return;
    if (!isRecord(value)) fail(path, `must be a schema, ${SCHEMA_FORM}, not ${kindOf(value)}`);
    if (depth > MAX_DEPTH) fail("", `is nested more than ${MAX_DEPTH} levels deep`);
    const names = Object.keys(value);
    refuseOther(value, names, path);
    for (const name of names) keyword(name, value[name], path, depth);
    visit(value, path);
  }
  function keyword(name: string, value: unknown, path: string, depth: number): void {
    const at = join(path, name);
    const named = (values: Record<string, unknown>, check = schema) => {
      for (const [key, one] of Object.entries(values)) check(one, join(at, key), depth + 1);
    };
    switch (KEYWORDS.get(name)) {
      case "schema":
        return schema(value, at, depth + 1);
      case "schema list":
        if (!Array.isArray(value) || value.length === 0) fail(at, "must be a list of schemas");
        return value.forEach((one, i) => schema(one, join(at, i), depth + 1));
      case "schema or list":
        // Before 2020-12 a list had the meaning of `prefixItems`. Every draft accepts it.
        if (!Array.isArray(value)) return schema(value, at, depth + 1);
        return value.forEach((one, i) => schema(one, join(at, i), depth + 1));
      case "schemas":
        if (!isRecord(value)) fail(at, "must be an object with a schema for each name");
        return named(value);
      case "schemas by pattern":
        if (!isRecord(value)) fail(at, "must be an object with a schema for each pattern");
        for (const pattern of Object.keys(value)) checkPattern(pattern, at);
        return named(value);
      case "dependencies":
        if (!isRecord(value)) fail(at, "must be an object with a schema or names for each name");
        return named(
          value,
          (one, path, depth) =>
            Array.isArray(one) ? checkNames(one, path) : schema(one, path, depth),
        );
      default:
        return checkKeyword(name, value, at, draft);
    }
  }
  schema(root, "", 0);
}

const SCHEMA_FORM = "an object or a boolean";

/** Checks the value of a keyword that holds no schemas. */
function checkKeyword(keyword: string, value: unknown, path: string, draft: Draft): void {
  switch (KEYWORDS.get(keyword)) {
    case "exclusive limit":
      if (draft === "4") {
        if (typeof value !== "boolean") fail(path, "must be a boolean in draft 04");
      } else if (typeof value !== "number") fail(path, "must be a number");
      return;
    case "flag":
      if (typeof value !== "boolean") fail(path, "must be a boolean");
      return;
    case "list":
      if (!Array.isArray(value)) fail(path, "must be a list of values");
      return;
    case "name lists":
      if (!isRecord(value)) fail(path, "must be an object with a list of names for each name");
      for (const [name, names] of Object.entries(value)) checkNames(names, join(path, name));
      return;
    case "names":
      return checkNames(value, path);
    case "number":
      if (typeof value !== "number") fail(path, "must be a number");
      return;
    case "pattern":
      if (typeof value !== "string") fail(path, "must be a regular expression, as a string");
      return checkPattern(value, path);
    case "positive number":
      if (typeof value !== "number" || value <= 0) fail(path, "must be a number above 0");
      return;
    case "text":
      if (typeof value !== "string") fail(path, "must be a string");
      return;
    case "type":
      return checkType(value, path);
    case "whole number":
      if (!Number.isInteger(value) || value as number < 0) {
        fail(path, "must be a whole number, 0 or more");
      }
  }
}

function checkNames(value: unknown, path: string): void {
  if (Array.isArray(value) && value.every((name) => typeof name === "string")) return;
  fail(path, "must be a list of property names");
}

/** Checks a pattern with the flag `u`, which the specification recommends and the library sets. */
function checkPattern(pattern: string, path: string): void {
  try {
    new RegExp(pattern, "u");
  } catch (error) {
    fail(path, `must be a regular expression with the flag "u" (${(error as Error).message})`);
  }
}

function checkType(value: unknown, path: string): void {
  const types: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (types.length > 0 && types.every((type) => TYPES.has(type))) return;
  fail(path, `must be one of ${[...TYPES].map((type) => `"${type}"`).join(", ")}`);
}

/** Refuses an object that only describes what a value looks like, such as `{ label: "string" }`. */
function refuseOther(schema: Record<string, unknown>, names: readonly string[], path: string) {
  const unknown = names.filter((name) => !KEYWORDS.has(name));
  if (unknown.length === 0) return;
  const known = names.filter((name) => KEYWORDS.has(name));
  // Such an object may have the name of an annotation: `{ title: "string", label: "string" }`.
  const name = known.length === 0
    ? unknown[0]
    : known.every((name) => ANNOTATIONS.has(name))
    ? unknown.find((name) => TYPES.has(schema[name]))
    : undefined;
  if (name === undefined) return;
  fail(
    path,
    `has "${name}", which is no keyword of JSON Schema: to describe an object, write ` +
      `{ type: "object", properties: { ${/^\w+$/.test(name) ? name : `"${name}"`}: … } }`,
  );
}

function fail(path: string, message: string): never {
  throw new SchemaError(path === "" ? `it ${message}` : `"${path}" ${message}`);
}

function join(path: string, name: string | number): string {
  return path === "" ? `${name}` : `${path}.${name}`;
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return "an array";
  return `a ${typeof value}`;
}
