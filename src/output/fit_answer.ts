/**
 * Reads an answer that does not fit its schema as it is, if there is exactly one way to read it.
 * What this module does not read costs a repair; what it reads wrongly would be a wrong answer. So
 * if a second reading fits, too, neither is used.
 */
import { isRecord } from "../model/check_options.ts";
import { stringifyExact } from "../model/exact_json.ts";
import type { JsonSchema } from "../model/message.ts";
import { coerce, type CoerceOptions, parseWholeJson } from "./coerce.ts";
import { propertyOf, requiredOf } from "./json_schema.ts";
import { readScalar } from "./read_scalar.ts";
import { branchesOf, typesOf } from "./schema_branches.ts";
import type { Validated, Validator } from "./validator.ts";

/** How an answer is checked. */
export interface AnswerSchema extends CoerceOptions {
  /** Checks a value. */
  readonly validate: Validator;
}

/** How many layers around a value are removed. */
const MAX_LAYERS = 3;
/** Names that models give to an object around their answer. */
const LAYERS: ReadonlySet<string> = new Set([
  "answer",
  "arguments",
  "content",
  "data",
  "input",
  "json",
  "output",
  "parameters",
  "response",
  "result",
  "value",
]);
/** Names of members that are not answers. */
const NO_LAYERS: ReadonlySet<string> = new Set(["__proto__", "error", "errors", "refusal"]);
/** Keywords that schemas have, and values usually do not. */
const SCHEMA_KEYWORDS = ["type", "$ref", "anyOf", "oneOf", "allOf", "enum", "const"];

/**
 * Returns the only reading of the values that fits the schema. `undefined` if there is none, or
 * more than one. The values themselves do not fit.
 *
 * It reads JSON in a string, the only item of a list, the only member of an object, the
 * `properties` of an object with the form of its schema, an object as a list of one, a bare value
 * as the only required property of an object, and what {@linkcode coerce} does.
 *
 * @throws What the schema throws.
 */
export async function fitAnswer(
  values: Iterable<unknown>,
  answer: AnswerSchema,
): Promise<Validated | undefined> {
  const { validate } = answer;
  let fitting: Validated | undefined;
  let text: string | undefined;
  /** Returns `false` if there is a second reading. */
  function add(value: unknown, result: Validated): boolean {
    const written = stringifyExact(value);
    if (fitting !== undefined && written !== text) return false;
    fitting ??= result;
    text = written;
    return true;
  }
  for (const value of values) {
    for (const { value: form, layers } of formsOf(value, answer)) {
      let read = form;
      let result = layers === 0 ? undefined : await validate(form);
      if (result?.ok !== true) {
        read = coerce(form, answer);
        if (read !== form) result = await validate(read);
      }
      if (result?.ok === true && !add(read, result)) return undefined;
    }
  }
  return fitting;
}

/**
 * Reads a text without JSON: a bare choice of an enum, a boolean, a number or null, where the
 * schema, or the only required property of its object, accepts only such values.
 *
 * @returns The value that is meant, in a list; an empty list if there is none.
 */
export function readBareAnswer(text: string, schema: unknown, root: JsonSchema): unknown[] {
  const branches = branchesOf(schema, root);
  const scalar = readScalar(text, branches);
  if (scalar !== undefined) return [scalar];
  const only = onlyRequired(branches);
  if (only === undefined) return [];
  const member = readScalar(text, branchesOf(only.schema, root));
  return member === undefined ? [] : [{ [only.name]: member }];
}

interface Form {
  readonly value: unknown;
  /** How many layers were removed or added. */
  readonly layers: number;
  /** Whether an object was removed. Its name must not get another meaning. */
  readonly isMember?: boolean;
  /** Whether no value inside it can be the answer. */
  readonly isLast?: boolean;
}

/** Yields the possible readings of a value: first itself, then what is inside it. */
function* formsOf(whole: unknown, { schema, root }: AnswerSchema): Generator<Form> {
  const branches = branchesOf(schema, root);
  const types = typesOf(branches);
  const only = onlyRequired(branches);
  const isTyped = only !== undefined && typesOf(branchesOf(only.schema, root)) !== undefined;
  const open: Form[] = [{ value: whole, layers: 0 }];
  for (let form = open.shift(); form !== undefined; form = open.shift()) {
    const { value, isMember, isLast } = form;
    const layers = form.layers + 1;
    yield form;
    if (isTyped && !isMember) yield { value: { [only.name]: value }, layers };
    if (isRecord(value) && types?.has("array") && !types.has("object")) {
      yield { value: [value], layers };
    }
    if (layers > MAX_LAYERS || isLast) continue;
    if (isRecord(value)) open.push(...memberForms(value, branches).map((f) => ({ ...f, layers })));
    else open.push(...contentsOf(value).map((inner) => ({ value: inner, layers, isMember })));
  }
}

/** Returns the value in a string with JSON, and the only item of a list. */
function contentsOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value.length === 1 ? value : [];
  if (typeof value !== "string" || !/^\s*[[{"]/.test(value)) return [];
  const parsed = parseWholeJson(value);
  return parsed === undefined ? [] : [parsed.value];
}

/** Returns the member of an object that is only a layer around it. */
function memberForms(
  record: Readonly<Record<string, unknown>>,
  branches: readonly JsonSchema[],
): readonly Omit<Form, "layers">[] {
  const { type, properties } = record;
  const names = Object.keys(record);
  if (isRecord(properties) && (type === "object" || names.length === 1)) {
    return looksLikeSchemas(properties) ? [] : [{ value: properties, isMember: true }];
  }
  const [name] = names;
  if (names.length !== 1 || NO_LAYERS.has(name!)) return [];
  const value = record[name!];
  if (LAYERS.has(name!.toLowerCase())) return [{ value, isMember: true }];
  // A scalar below another name may mean something else.
  const isPart = typeof value === "object" ||
    (typeof value === "string" && readScalar(value, branches) !== undefined &&
      typesOf(branches)!.has("string"));
  return isPart ? [{ value, isMember: true, isLast: true }] : [];
}

/** Whether the model repeated the schema instead of an answer. */
function looksLikeSchemas(properties: Readonly<Record<string, unknown>>): boolean {
  return Object.values(properties).some((property) =>
    isRecord(property) &&
    (Object.keys(property).length === 0 ||
      SCHEMA_KEYWORDS.some((keyword) => Object.hasOwn(property, keyword)))
  );
}

/** Returns the required property of an object, if there is one. */
function onlyRequired(
  branches: readonly JsonSchema[],
): { readonly name: string; readonly schema: unknown } | undefined {
  const [branch] = branches;
  if (branch === undefined || branches.length > 1 || branch.type !== "object") return undefined;
  const names = [...requiredOf(branch)];
  const schema = names.length === 1 ? propertyOf(branch, names[0]!) : undefined;
  return schema === undefined ? undefined : { name: names[0]!, schema };
}
