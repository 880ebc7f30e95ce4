/**
 * Converts a value to the form that a schema requires, where a model wrote another form of the same
 * value. The schema must check the outcome.
 */
import { isRecord } from "../model/check_options.ts";
import { copyDigits, copyDigitsOf, rememberDigits } from "../model/digits.ts";
import { lostDigits, parseExact } from "../model/exact_json.ts";
import type { JsonSchema } from "../model/message.ts";
import { allowsNull, propertyOf, requiredOf } from "./json_schema.ts";
import { readLenientJson } from "./lenient_json.ts";
import { numberIn, readScalar } from "./read_scalar.ts";
import { branchesOf, mayBeMeant, typesOf } from "./schema_branches.ts";

/** How often JSON in a string may contain JSON in a string. */
const MAX_STRINGS = 3;

/**
 * Returns the value in the form that the schema requires, or the same value if nothing changes.
 * Text becomes a number, a boolean, null, a choice of an enum, an object or a list where the schema
 * accepts no text. The only item of a list becomes the value where the schema accepts no list, and
 * an object becomes a list where the schema accepts no object. Names in another case are corrected.
 */
export function coerce(value: unknown, { schema, root, dropsNulls }: CoerceOptions): unknown {
  return coerceTo(value, [schema], { root, dropsNulls: dropsNulls === true, strings: 0 });
}

/** Options of {@linkcode coerce}. */
export interface CoerceOptions {
  /** The JSON Schema of the value. */
  readonly schema: unknown;
  /** What the references of the schema are relative to. */
  readonly root: JsonSchema;
  /**
   * Whether null is removed where a property may be absent, but not null.
   *
   * @default {false}
   */
  readonly dropsNulls?: boolean;
}

/** Returns the value of a text that is JSON as a whole, as models write it. */
export function parseWholeJson(text: string): { readonly value: unknown } | undefined {
  const trimmed = text.trim();
  try {
    return { value: parseExact(trimmed) };
  } catch {
    const { state, end, json } = readLenientJson(trimmed, 0);
    return state === "whole" && end === trimmed.length ? { value: parseExact(json) } : undefined;
  }
}

interface Place {
  readonly root: JsonSchema;
  readonly dropsNulls: boolean;
  /** How many strings with JSON are around the value. */
  readonly strings: number;
}

function coerceTo(value: unknown, schemas: readonly unknown[], place: Place): unknown {
  if (!schemas.every(isRecord)) return value;
  const branches = schemas.flatMap((schema) => branchesOf(schema, place.root));
  const types = typesOf(branches);
  if (types === undefined) return value;
  if (typeof value === "string") return coerceText(value, { schemas, branches, types }, place);
  if (Array.isArray(value)) {
    if (types.has("array")) return coerceItems(value, branches, place);
    return value.length === 1 ? coerceTo(value[0], schemas, place) : value;
  }
  if (!isRecord(value)) return value;
  if (types.has("object")) return coerceMembers(value, branches, place);
  return types.has("array") ? coerceItems([value], branches, place) : value;
}

function coerceText(
  text: string,
  { schemas, branches, types }: {
    readonly schemas: readonly unknown[];
    readonly branches: readonly JsonSchema[];
    readonly types: ReadonlySet<string>;
  },
  place: Place,
): unknown {
  const scalar = readScalar(text, branches);
  if (scalar !== undefined) return scalar;
  const wantsText = types.has("string") || !(types.has("object") || types.has("array"));
  if (wantsText || place.strings === MAX_STRINGS || !/^\s*[[{"]/.test(text)) return text;
  const parsed = parseWholeJson(text);
  if (parsed === undefined) return text;
  return coerceTo(parsed.value, schemas, { ...place, strings: place.strings + 1 });
}

function coerceItems(
  list: readonly unknown[],
  branches: readonly JsonSchema[],
  place: Place,
): unknown {
  const lists = branches.filter((branch) => typesOf([branch])?.has("array"));
  const others = lists.map(({ items }) => items);
  const isTuple = lists.some(({ prefixItems }) => prefixItems !== undefined);
  let coerced: unknown[] | undefined;
  for (const [i, item] of list.entries()) {
    const schemas = isTuple ? lists.map((schema) => itemSchema(schema, i)) : others;
    const after = coerceTo(item, schemas, place);
    if (after === item) continue;
    coerced ??= copyOf(list);
    coerced[i] = after;
    keepDigits(coerced, String(i), item);
  }
  return coerced ?? list;
}

function itemSchema({ prefixItems, items }: JsonSchema, i: number): unknown {
  return Array.isArray(prefixItems) && i < prefixItems.length ? prefixItems[i] : items;
}

function coerceMembers(
  record: Readonly<Record<string, unknown>>,
  branches: readonly JsonSchema[],
  place: Place,
): unknown {
  const objects = branches.filter((branch) => typesOf([branch])?.has("object"));
  const meant = objects.length > 1
    ? objects.filter((branch) => mayBeMeant(record, branch, place.root))
    : objects;
  const schemas = meant.length > 0 ? meant : objects;
  const correctName = nameCorrection(record, schemas);
  let isChanged = false;
  const members: [name: string, value: unknown, from: string][] = [];
  for (const from of Object.keys(record)) {
    const name = correctName(from);
    const properties = schemas.map((schema) => memberSchema(schema, name));
    const before = record[from];
    isChanged ||= name !== from;
    if (before === null && place.dropsNulls && mayOnlyBeAbsent(name, schemas, place.root)) {
      isChanged = true;
      continue;
    }
    const after = coerceTo(before, properties, place);
    isChanged ||= after !== before;
    members.push([name, after, from]);
  }
  if (!isChanged) return record;
  const coerced = Object.fromEntries(members);
  for (const [name, after, from] of members) {
    if (after === record[from]) copyDigitsOf(record, from, coerced, name);
    else keepDigits(coerced, name, record[from]);
  }
  return coerced;
}

function memberSchema(schema: JsonSchema, name: string): unknown {
  return propertyOf(schema, name) ?? schema.additionalProperties;
}

function mayOnlyBeAbsent(name: string, schemas: readonly JsonSchema[], root: JsonSchema): boolean {
  return schemas.every((schema) => {
    const property = propertyOf(schema, name);
    return property !== undefined && !requiredOf(schema).has(name) && !allowsNull(property, root);
  });
}

/** Returns a function that corrects the case of names, if one property is meant. */
function nameCorrection(
  record: Readonly<Record<string, unknown>>,
  schemas: readonly JsonSchema[],
): (name: string) => string {
  const isOpen = schemas.some(({ additionalProperties, patternProperties }) =>
    isRecord(additionalProperties) || patternProperties !== undefined
  );
  const known = new Set(
    schemas.flatMap(({ properties }) => isRecord(properties) ? Object.keys(properties) : []),
  );
  const wrong = Object.keys(record).filter((name) => !known.has(name));
  if (isOpen || wrong.length === 0) return (name) => name;
  const byLowerCase = Map.groupBy(
    [...known].filter((name) => !Object.hasOwn(record, name)),
    (name) => name.toLowerCase(),
  );
  const wrongByLowerCase = Map.groupBy(wrong, (name) => name.toLowerCase());
  return (name) => {
    if (known.has(name)) return name;
    const lower = name.toLowerCase();
    const meant = byLowerCase.get(lower) ?? [];
    return meant.length === 1 && wrongByLowerCase.get(lower)!.length === 1 ? meant[0]! : name;
  };
}

/** Remembers the digits of a number that was a text. */
function keepDigits(holder: object, name: string, before: unknown): void {
  const value = (holder as Record<string, unknown>)[name];
  if (typeof before !== "string" || (typeof value !== "number" && typeof value !== "bigint")) {
    return;
  }
  const digits = lostDigits(numberIn(before));
  if (digits !== undefined) rememberDigits(holder, name, digits);
}

function copyOf(list: readonly unknown[]): unknown[] {
  const copy = [...list];
  copyDigits(list, copy);
  return copy;
}
