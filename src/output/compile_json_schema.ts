/**
 * Checks values against JSON Schemas, whole. `@cfworker/json-schema` interprets the schema: it needs no `eval`, which Deno
 * Deploy, Cloudflare Workers and strict content security policies forbid. It fails 13 of 534 invalid instances of the official
 * 2020-12 suite, all for `$dynamicRef`, which is refused here. Its messages name the values that it checks, so that only its
 * keywords and paths are used.
 */
import { dereference, format as formats, type Schema, validate } from "@cfworker/json-schema";
import { isRecord } from "../model/check_options.ts";
import type { Issue } from "../model/errors.ts";
import type { JsonSchema } from "../model/message.ts";
import { type Draft, draftOf, SchemaError, visitSchemas } from "./check_json_schema.ts";
import { describeErrors, type SchemaLookup } from "./describe_errors.ts";

/** Returns what is wrong with a value; nothing if it fits. It never throws. */
export type JsonSchemaValidator = (value: unknown) => readonly Issue[];

/** Where references start that are relative; nothing is ever fetched. */
const BASE = new URL("https://schema.invalid/");
/** A value with more parts than these gets the first issue only: to list all could take long. */
const MAX_PARTS = 10_000;
/** `uniqueItems` compares each pair: longer lists would block the process for a second or more. */
const MAX_UNIQUE = { values: 10_000, objects: 1_000 };
/** Formats of the library that are not of the specification. */
const OTHER_FORMATS: ReadonlySet<string> = new Set(["url", "json-pointer-uri-fragment"]);

/**
 * Prepares a JSON Schema, once: the validator reads nothing of it again. The draft is that of `$schema`, 2020-12 by default.
 * The formats of the specification are checked, apart from those for international names; other formats are annotations.
 *
 * @throws {SchemaError} If it is no JSON Schema, or one that cannot be checked.
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
    // It stands under a keyword that is none, as OpenAPI's `components` do. The loop goes on to it.
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
      // The library takes nothing that is not JSON.
      return issuesOf(withoutUndefined(value));
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

/** Removes what the library would take for more than an annotation, and refuses what it ignores. */
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

/** Whether it is an object that a literal or JSON makes: no class, no instance, no list. */
function isPlain(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** A copy that is nothing but JSON: the library adds to it, and later changes of the schema change nothing. */
function copyJson(schema: JsonSchema): Record<string, unknown> {
  try {
    return JSON.parse(JSON.stringify(schema));
  } catch {
    throw new SchemaError("it cannot be written as JSON");
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

/** The schemas that a schema applies to the very value that it is applied to. */
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

/** Whether nothing counts beside a `$ref`. */
function ignoresSiblings(draft: Draft): boolean {
  return draft === "4" || draft === "7";
}

function placeOf(path: string): string {
  return path === "" ? "it" : `"${path}"`;
}

/** Counts the parts of a value, and finds lists that are too long for `uniqueItems`. */
function measure(value: unknown): { readonly parts: number; readonly isTooLong: boolean } {
  let parts = 0;
  let isTooLong = false;
  const due: unknown[] = [value];
  const seen = new Set<object>(); // parameters may stand within themselves
  while (due.length > 0) {
    const part = due.pop();
    parts++;
    if (typeof part !== "object" || part === null || seen.has(part)) continue;
    seen.add(part);
    if (Array.isArray(part) && part.length > MAX_UNIQUE.objects) {
      isTooLong ||= part.length > MAX_UNIQUE.values ||
        part.some((item) => typeof item === "object" && item !== null);
    }
    for (const item of Array.isArray(part) ? part : Object.values(part)) due.push(item);
  }
  return { parts, isTooLong };
}

/** A copy without the members that are `undefined`: they are absent, as in JSON. */
function withoutUndefined(value: unknown, above: readonly unknown[] = []): unknown {
  if (above.includes(value)) throw new TypeError("This stands within itself");
  const copy = (inner: unknown) => withoutUndefined(inner, [...above, value]);
  if (Array.isArray(value)) return value.map(copy);
  if (!isRecord(value) || !isPlain(value)) return value;
  const members = Object.entries(value).filter(([, inner]) => inner !== undefined);
  return Object.fromEntries(members.map(([name, inner]) => [name, copy(inner)]));
}
