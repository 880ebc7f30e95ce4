/** Converts errors of the JSON Schema library to issues that a model or a person can act on. */
import type { OutputUnit } from "@cfworker/json-schema";
import { isRecord } from "../model/check_options.ts";
import type { Issue } from "../model/errors.ts";
import { typeOf } from "./json_schema.ts";

/** The schemas inside a schema by their URI. */
export type SchemaLookup = Readonly<Record<string, unknown>>;

/** The value and the schema of a check. */
export interface Checking {
  /** The value. */
  readonly value: unknown;
  /** The schema. */
  readonly schema: Record<string, unknown>;
  /** The targets of references. */
  readonly lookup: SchemaLookup;
}

type Path = readonly PropertyKey[];

/** The maximum number of issues. */
const MAX_ISSUES = 100;
/** The maximum length of a list of choices, in characters. */
const MAX_SHOWN = 200;
/** Keywords whose errors are followed by those of the schemas inside them. */
const WRAPPERS: ReadonlySet<string> = new Set([
  "$recursiveRef",
  "$ref",
  "allOf",
  "dependentSchemas",
  "if",
  "items",
  "patternProperties",
  "prefixItems",
  "properties",
  "unevaluatedItems",
]);

/**
 * Returns the issues of the errors, each once. Their messages name the type of a value and what the
 * schema requires, never the value itself: it may be private.
 */
export function describeErrors(errors: readonly OutputUnit[], checking: Checking): Issue[] {
  const issues = new Map<string, Issue>();
  for (const issue of issuesOf(errors, checking)) {
    issues.set(JSON.stringify([issue.path, issue.message]), issue);
    if (issues.size === MAX_ISSUES) break;
  }
  if (issues.size === 0) issues.set("", { message: "does not fit the schema", path: [] });
  return [...issues.values()];
}

function* issuesOf(errors: readonly OutputUnit[], checking: Checking): Generator<Issue> {
  for (let i = 0; i < errors.length; i++) {
    const error = errors[i]!;
    const { keyword, keywordLocation, instanceLocation } = error;
    if (WRAPPERS.has(keyword)) continue;
    if (keyword === "anyOf" || keyword === "oneOf") {
      const inner = takeWhile(errors, i + 1, ({ keywordLocation: at, keyword }) =>
        // The location of a `false` schema is that of the value.
        at.startsWith(`${keywordLocation}/`) || keyword === "false");
      yield* unionIssues(error, inner, checking);
      i += inner.length;
      continue;
    }
    if (keyword === "propertyNames") {
      const inner = takeWhile(
        errors,
        i + 1,
        ({ keywordLocation: at, keyword }) =>
          at.startsWith(`${keywordLocation}/`) || keyword === "false",
      );
      yield {
        message: "is not an allowed property name",
        path: pathOf(inner[0] ?? error, checking),
      };
      i += inner.length;
      continue;
    }
    if (keyword === "additionalProperties" || keyword === "unevaluatedProperties") {
      const next = errors[i + 1];
      if (next?.keyword !== "false") continue;
      yield { message: "is not a known property", path: pathOf(next, checking) };
      i++;
      continue;
    }
    const path = pathOf({ instanceLocation }, checking);
    yield* describe(keyword, parentOf(keywordLocation, checking), path, checking);
  }
}

/** Describes the error of a keyword that contains no schemas. */
function describe(
  keyword: string,
  schema: Record<string, unknown>,
  path: Path,
  { value: root }: Checking,
): Issue[] {
  const limit = schema[keyword];
  const is = (message: string): Issue[] => [{ message, path }];
  switch (keyword) {
    case "type":
      return is(`must be ${typesIn([limit].flat())}, not ${nameOf(typeOf(valueAt(root, path)))}`);
    case "const":
      return is(`must be ${shown([limit])}`);
    case "enum":
      return is(`must be ${(limit as unknown[]).length === 1 ? "" : "one of "}${shown(limit)}`);
    case "required":
      return missing(limit, path, root, "is required");
    case "dependentRequired":
    case "dependencies":
      return Object.entries(limit ?? {}).filter(([name]) => has(valueAt(root, path), name))
        .flatMap(([name, names]) => missing(names, path, root, `is required beside "${name}"`));
    case "minimum":
      return is(`must be ${schema.exclusiveMinimum === true ? "above" : "at least"} ${limit}`);
    case "maximum":
      return is(`must be ${schema.exclusiveMaximum === true ? "below" : "at most"} ${limit}`);
    case "exclusiveMinimum":
      return is(`must be above ${limit}`);
    case "exclusiveMaximum":
      return is(`must be below ${limit}`);
    case "multipleOf":
      return is(`must be a multiple of ${limit}`);
    case "minLength":
      return is(`must have at least ${counted(limit, "character")}`);
    case "maxLength":
      return is(`must have at most ${counted(limit, "character")}`);
    case "pattern":
      return is(`must match the pattern ${limit}`);
    case "format":
      return is(`must have the format "${limit}"`);
    case "minItems":
      return is(`must have at least ${counted(limit, "item")}`);
    case "maxItems":
      return is(`must have at most ${counted(limit, "item")}`);
    case "uniqueItems":
      return is("must not have the same item twice");
    case "contains":
      return is("must have an item of the kind in contains");
    case "minContains":
      return is(`must have at least ${counted(limit, "item")} of the kind in contains`);
    case "maxContains":
      return is(`must have at most ${counted(limit, "item")} of the kind in contains`);
    case "minProperties":
      return is(`must have at least ${counted(limit, "property")}`);
    case "maxProperties":
      return is(`must have at most ${counted(limit, "property")}`);
    case "not":
      return is("must not fit the schema in not");
    case "false":
      return is("is not allowed");
    default:
      return is(`does not fit ${keyword}`);
  }
}

/** Describes a value that fits no schema of a union, by the branch that was meant if known. */
function unionIssues(
  error: OutputUnit,
  inner: readonly OutputUnit[],
  checking: Checking,
): readonly Issue[] {
  const { keyword, keywordLocation, instanceLocation } = error;
  const path = pathOf(error, checking);
  const schemas = parentOf(keywordLocation, checking)[keyword] as readonly unknown[];
  const branches = schemas.map(() => [] as OutputUnit[]);
  let branch = 0;
  for (const one of inner) {
    const at = one.keywordLocation.slice(keywordLocation.length + 1);
    if (one.keyword !== "false") branch = Number.parseInt(at);
    branches[branch]?.push(one);
  }
  if (branches.some((errors) => errors.length === 0)) {
    return [{ message: `must fit exactly one of the schemas in ${keyword}`, path }];
  }
  const isHere = (one: OutputUnit) => one.instanceLocation === instanceLocation;
  const others = branches.filter((errors) =>
    !errors.some((one) => isHere(one) && ["type", "const", "enum", "false"].includes(one.keyword))
  );
  const meant = others.length > 1 ? others.filter((errors) => !errors.some(isChoice)) : others;
  if (meant.length === 1) return [...issuesOf(meant[0]!, checking)];
  if (others.length === 0) {
    const here = branches.flatMap((errors) => errors.filter(isHere));
    const types = here.filter(({ keyword }) => keyword === "type");
    if (types.length === branches.length) {
      const names = types.flatMap((one) => parentOf(one.keywordLocation, checking).type);
      return describe("type", { type: [...new Set(names)] }, path, checking);
    }
    const messages = new Set([...issuesOf(here, checking)].map(({ message }) => message));
    if (messages.size < 5) return [{ message: [...messages].join(", or "), path }];
  }
  return [{ message: `must fit one of the ${schemas.length} schemas in ${keyword}`, path }];
}

/** Whether it may be the error of the property by which the branches of a union differ. */
function isChoice({ keyword }: OutputUnit): boolean {
  return keyword === "const" || keyword === "enum";
}

function takeWhile(
  errors: readonly OutputUnit[],
  start: number,
  test: (error: OutputUnit) => boolean,
): OutputUnit[] {
  let end = start;
  while (end < errors.length && test(errors[end]!)) end++;
  return errors.slice(start, end);
}

function missing(names: unknown, path: Path, root: unknown, message: string): Issue[] {
  if (!Array.isArray(names)) return [];
  const value = valueAt(root, path);
  return names.filter((name) => !has(value, name))
    .map((name: string) => ({ message, path: [...path, name] }));
}

/** Returns the schema that contains the keyword of an error, followed from the root. */
function parentOf(location: string, { schema, lookup }: Checking): Record<string, unknown> {
  let at: unknown = schema;
  for (const part of partsOf(location).slice(0, -1)) {
    if (!isRecord(at) && !Array.isArray(at)) return {};
    at = part === "$ref" && isRecord(at)
      ? lookup[at.__absolute_ref__ as string]
      : (at as Record<string, unknown>)[part];
  }
  return isRecord(at) ? at : {};
}

/** Returns the path of a value. The keys of items are numbers. */
function pathOf({ instanceLocation }: Pick<OutputUnit, "instanceLocation">, { value }: Checking) {
  const path: PropertyKey[] = [];
  for (const part of partsOf(instanceLocation)) {
    const key = Array.isArray(value) ? Number(part) : part;
    path.push(key);
    value = valueAt(value, [key]);
  }
  return path;
}

function valueAt(value: unknown, path: Path): unknown {
  for (const key of path) {
    if (!has(value, key)) return undefined;
    value = (value as Record<PropertyKey, unknown>)[key];
  }
  return value;
}

function has(value: unknown, key: PropertyKey): boolean {
  return typeof value === "object" && value !== null && Object.hasOwn(value, key);
}

/** Splits a JSON pointer in a URI fragment. */
function partsOf(location: string): string[] {
  return location.split("/").slice(1).map((part) =>
    decodeURIComponent(part).replaceAll("~1", "/").replaceAll("~0", "~")
  );
}

function typesIn(types: readonly unknown[]): string {
  return types.map(nameOf).join(" or ");
}

function nameOf(type: unknown): string {
  if (type === "null" || type === "undefined") return String(type);
  return /^[aeiou]/.test(String(type)) ? `an ${type}` : `a ${type}`;
}

function shown(values: unknown): string {
  const all = (values as unknown[]).map((value) => JSON.stringify(value)).join(", ");
  if (all === "") return "no values";
  return all.length > MAX_SHOWN ? `${all.slice(0, MAX_SHOWN)}…` : all;
}

function counted(count: unknown, noun: string): string {
  if (count === 1) return `1 ${noun}`;
  return `${count} ${noun.endsWith("y") ? `${noun.slice(0, -1)}ies` : `${noun}s`}`;
}
