/**
 * Checks values against JSON Schemas.
 *
 * `@cfworker/json-schema` interprets the schema: it needs no `eval`, which Cloudflare Workers and
 * content security policies forbid. Of the 534 invalid instances in the official suite of 2020-12
 * it accepts 13, all with `$dynamicRef`, which is rejected here. Its messages contain the values
 * that it checks, so only the keywords and paths of its errors are used.
 */
import { dereference, format as formats, type Schema, validate } from "@cfworker/json-schema";
import { isRecord } from "../model/check_options.ts";
import type { Issue } from "../model/errors.ts";
import type { JsonSchema } from "../model/message.ts";
import { type Draft, draftOf, SchemaError, visitSchemas } from "./check_json_schema.ts";
import { describeErrors, type SchemaLookup } from "./describe_errors.ts";

/** Returns the issues of a value; none if it fits. It never throws. */
export type JsonSchemaValidator = (value: unknown) => readonly Issue[];

/** The base of relative references. Nothing is fetched. */
const BASE = new URL("https://schema.invalid/");
/** A larger value gets the issues that are found first: to find all of them could take long. */
const MAX_PARTS = 10_000;
/** The maximum length of a list for `uniqueItems`, which compares each pair of its items. */
const MAX_UNIQUE = { values: 10_000, objects: 1_000 };
/** Formats that the library checks and the specification does not have. */
const OTHER_FORMATS: ReadonlySet<string> = new Set(["url", "json-pointer-uri-fragment"]);

/**
 * Compiles a JSON Schema into a validator. The draft is that of `$schema`, by default 2020-12. The
 * formats of the specification are checked, except those of international names; others are
 * annotations.
 *
 * @throws {SchemaError} If it is no JSON Schema, or has a keyword that is not supported.
 */
export function compileJsonSchema(schema: JsonSchema): JsonSchemaValidator {
  if (!isPlain(schema)) throw new SchemaError("it is not a plain object");
  const copy = copyJson(schema);
  const draft = draftOf(copy);
  const parts: SchemaPart[] = [];
  visitSchemas(copy, draft, (schema, path) => parts.push({ schema, path }));
  for (const part of parts) prepare(part, draft);
  const lookup = lookupOf(copy);
  const known = new Set<unknown>(parts.map(({ schema }) => schema));
  for (const part of parts) {
    const target = targetOf(part, lookup);
    if (!isRecord(target) || known.has(target)) continue;
    // It is below an unknown keyword, such as the `components` of OpenAPI. The loop goes on to it.
    visitSchemas(target, draft, (schema, path) => {
      const inner = { schema, path: `${part.schema.$ref}${path && `.${path}`}` };
      known.add(schema);
      prepare(inner, draft);
      parts.push(inner);
    });
  }
  refuseLoops(parts, draft, lookup);
  const hasUniqueItems = parts.some(({ schema }) => schema.uniqueItems === true);

  function run(value: unknown, shortCircuit: boolean) {
    return validate(value, copy as Schema, draft, lookup as Lookup, shortCircuit);
  }
  function issuesOf(value: unknown): readonly Issue[] {
    if (hasUniqueItems && measure(value).isTooLong) return [{ message: TOO_LONG, path: [] }];
    const { valid, errors } = run(value, true);
    if (valid) return [];
    const all = measure(value).parts <= MAX_PARTS ? run(value, false).errors : errors;
    return describeErrors(all, { value, schema: copy, lookup });
  }
  return (value) => {
    if (value === undefined) return [{ message: "is required", path: [] }];
    try {
      return issuesOf(value);
    } catch (error) {
      if (error instanceof RangeError) return [{ message: TOO_DEEP, path: [] }];
      if (error instanceof URIError) return [{ message: NO_UNICODE, path: [] }];
    }
    try {
      // The library throws on values that are not JSON.
      return issuesOf(toJsonValue(value));
    } catch {
      return [{ message: "has a value that JSON cannot hold", path: [] }];
    }
  };
}

type Lookup = Record<string, Schema | boolean>;

/** One of the schemas in a schema, and where it stands. */
interface SchemaPart {
  readonly schema: Record<string, unknown>;
  readonly path: string;
}

/** Removes annotations that the library would read as schemas, and rejects what it ignores. */
function prepare({ schema, path }: SchemaPart, draft: Draft): void {
  if (schema.$dynamicRef !== undefined) {
    throw new SchemaError(`${placeOf(path)} has a $dynamicRef, which is not supported: use $ref`);
  }
  delete schema.example;
  if (schema.$ref !== undefined && ignoresSiblings(draft)) {
    delete schema.$id;
    delete schema.id;
  }
  if (!isFormat(schema.format)) delete schema.format;
}

const TOO_DEEP = "is nested too deeply, or has too many mistakes, to be checked";
const NO_UNICODE = "has a property name that is no valid Unicode";
const TOO_LONG = "has a list that is too long for uniqueItems: at most " +
  `${MAX_UNIQUE.values} values, or ${MAX_UNIQUE.objects} objects`;

function isFormat(format: unknown): boolean {
  return typeof format === "string" && Object.hasOwn(formats, format) && !OTHER_FORMATS.has(format);
}

/** Whether it is a plain object: no array and no instance of a class. */
function isPlain(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** Copies a schema as JSON: the library adds properties, and the original may change later. */
function copyJson(schema: JsonSchema): Record<string, unknown> {
  try {
    return JSON.parse(JSON.stringify(schema));
  } catch (error) {
    // Some runtimes have a small stack.
    const isDeep = error instanceof RangeError;
    throw new SchemaError(isDeep ? "it is nested too deeply" : "it cannot be written as JSON");
  }
}

function lookupOf(schema: Record<string, unknown>): SchemaLookup {
  try {
    return dereference(schema, Object.create(null), BASE) as SchemaLookup;
  } catch (error) {
    throw new SchemaError(`its $id or a $ref is wrong: ${(error as Error).message}`);
  }
}

/** Returns the schema that a reference leads to; `undefined` if there is no reference. */
function targetOf({ schema, path }: SchemaPart, lookup: SchemaLookup): unknown {
  const { $ref, __absolute_ref__ } = schema;
  if ($ref === undefined) return undefined;
  const target = lookup[__absolute_ref__ as string];
  if (target !== undefined) return target;
  const isLocal = ($ref as string).startsWith("#");
  throw new SchemaError(
    `${placeOf(path)} has the $ref ${JSON.stringify($ref)}, which leads to no part of the schema` +
      (isLocal ? "" : ": nothing is fetched, so copy it into $defs"),
  );
}

/** Refuses a schema that applies to its own value without end, as `{ $ref: "#" }` does. */
function refuseLoops(parts: readonly SchemaPart[], draft: Draft, lookup: SchemaLookup): void {
  const done = new Set<unknown>();
  const above = new Set<unknown>();
  function visit(schema: unknown, path: string): void {
    if (!isRecord(schema) || done.has(schema)) return;
    if (above.has(schema)) {
      throw new SchemaError(`${placeOf(path)} refers to itself without end`);
    }
    above.add(schema);
    for (const next of appliedTo(schema, draft, lookup)) visit(next, path);
    above.delete(schema);
    done.add(schema);
  }
  for (const { schema, path } of parts) visit(schema, path);
}

/** Returns the schemas that a schema applies to the same value as itself. */
function appliedTo(
  schema: Record<string, unknown>,
  draft: Draft,
  lookup: SchemaLookup,
): readonly unknown[] {
  const { $ref, not, if: condition, then, else: otherwise } = schema;
  const target = $ref === undefined ? [] : [lookup[schema.__absolute_ref__ as string]];
  if ($ref !== undefined && ignoresSiblings(draft)) return target;
  const lists = [schema.allOf, schema.anyOf, schema.oneOf].flatMap((list) => list ?? []);
  const named = [schema.dependentSchemas, schema.dependencies]
    .flatMap((record) => Object.values(record ?? {}));
  return [...target, ...lists, ...named, not, condition, then, otherwise];
}

/** Whether keywords beside a `$ref` are ignored. */
function ignoresSiblings(draft: Draft): boolean {
  return draft === "4" || draft === "7";
}

function placeOf(path: string): string {
  return path === "" ? "it" : `"${path}"`;
}

/** Counts the parts of a value, and finds whether a list is too long for `uniqueItems`. */
function measure(value: unknown): { readonly parts: number; readonly isTooLong: boolean } {
  let parts = 0;
  let isTooLong = false;
  const pending: unknown[] = [value];
  const seen = new Set<object>(); // parameters may contain themselves
  while (pending.length > 0) {
    const part = pending.pop();
    parts++;
    if (typeof part !== "object" || part === null || seen.has(part)) continue;
    seen.add(part);
    if (Array.isArray(part) && part.length > MAX_UNIQUE.objects) {
      isTooLong ||= part.length > MAX_UNIQUE.values ||
        part.some((item) => typeof item === "object" && item !== null);
    }
    for (const item of Array.isArray(part) ? part : Object.values(part)) pending.push(item);
  }
  return { parts, isTooLong };
}

/**
 * Copies a value without members that are `undefined`, which count as absent, as in JSON. Bigints
 * become numbers: they are integers, which JSON Schema does not limit.
 */
function toJsonValue(value: unknown, above: readonly unknown[] = []): unknown {
  if (typeof value === "bigint") return Number(value);
  if (above.includes(value)) throw new TypeError("The value contains itself");
  const copy = (inner: unknown) => toJsonValue(inner, [...above, value]);
  if (Array.isArray(value)) return value.map(copy);
  if (!isRecord(value) || !isPlain(value)) return value;
  const members = Object.entries(value).filter(([, inner]) => inner !== undefined);
  return Object.fromEntries(members.map(([name, inner]) => [name, copy(inner)]));
}
