/** Typed answers: a schema asks the model for JSON, and what comes back is read and checked. */
import { isRecord, refuse } from "../model/check_options.ts";
import type { Issue } from "../model/errors.ts";
import type { JsonSchema, OutputSchema } from "../model/message.ts";
import { createValidator } from "./create_validator.ts";
import type { FromJsonSchema, FromJsonSchemaOr } from "./infer_json_schema.ts";
import { dropNulls } from "./drop_nulls.ts";
import { extractJson, extractPartialJson } from "./extract_json.ts";
import {
  isStandardSchema,
  type Schema,
  type StandardSchema,
  toJsonSchema,
} from "./standard_schema.ts";
import { toStrictSchema } from "./strict_schema.ts";
import { isObjectSchema, wrapSchema } from "./wrap_schema.ts";

/** The type of what a schema lets through; text where there is no schema. */
export type InferOutput<S> = S extends StandardSchema<infer T> ? T
  : S extends JsonSchema ? FromJsonSchema<S>
  : string;

/**
 * The type of what a function receives that a schema checks its input for: what the schema returns,
 * or what the function declares where the schema tells the compiler nothing.
 *
 * @internal
 */
export type Received<S, Declared> = S extends StandardSchema ? InferOutput<S>
  : FromJsonSchemaOr<S, Declared>;

/** What reading an answer gave. */
export type Parsed =
  | { readonly ok: true; readonly content: unknown }
  | { readonly ok: false; readonly issues: readonly Issue[] };

/** A schema, ready to ask for and to check. */
export interface PreparedOutput {
  /** What is sent to the model. */
  readonly schema: OutputSchema;
  /** The schema of the content itself: not wrapped, not made strict. */
  readonly contentSchema: JsonSchema;
  /**
   * Reads and checks the answer's text. What stands around the JSON is passed over; what cannot be read gives issues.
   *
   * @throws What the schema throws.
   */
  parse(text: string): Promise<Parsed>;
  /**
   * What can already be told of an answer that is still coming, not checked; `undefined` while that is nothing. Takes time in
   * proportion to the text: `partialsOf` asks no more often than is worth it.
   */
  partial(text: string): unknown;
}

/**
 * Prepares a schema. An answer that is no object is wrapped into one, since models answer in objects, and the schema is made
 * strict where that changes nothing about what fits.
 *
 * @throws {TypeError} If it is no schema, or cannot tell its JSON Schema.
 */
export function prepareOutput(agent: string, schema: Schema): PreparedOutput {
  const doing = `define the agent "${agent}"`;
  const validate = createValidator(doing, "output", schema);
  const json = copyOf(doing, toJsonSchema(doing, "output", schema));
  const isWrapped = !isObjectSchema(json);
  const root = isWrapped ? wrapSchema(json) : json;
  const content = isWrapped ? (root.properties as JsonSchema).value : root;
  const strict = toStrictSchema(root, isStandardSchema(schema));

  function withoutNulls(value: unknown): unknown {
    if (strict?.hasNulls) dropNulls(value, content, root);
    return value;
  }
  return {
    schema: {
      name: agent.replaceAll(/[^A-Za-z0-9_-]/g, "_").slice(0, 64),
      schema: strict?.schema ?? root,
      strict: strict !== undefined,
    },
    contentSchema: json,
    async parse(text) {
      const { values, trouble } = extractJson(text);
      let first: Parsed | undefined;
      for (const value of values) {
        for (const meant of isWrapped ? unwrapped(value) : [value]) {
          const found = await validate(withoutNulls(meant));
          if (found.ok) return { ok: true, content: found.value };
          first ??= found;
        }
      }
      return first ?? { ok: false, issues: [{ message: trouble }] };
    },
    partial(text) {
      const begun = extractPartialJson(text);
      if (begun === undefined) return undefined;
      const value: unknown = JSON.parse(begun);
      if (!isWrapped || !isRecord(value)) return withoutNulls(value);
      if (Object.hasOwn(value, "value")) return withoutNulls(value.value);
      return Object.keys(value).length === 0 ? undefined : withoutNulls(value);
    },
  };
}

/** What an answer may mean that was asked for as the value of an object; some models leave the object out. */
function unwrapped(value: unknown): readonly unknown[] {
  return isRecord(value) && Object.hasOwn(value, "value") ? [value.value, value] : [value];
}

/** A copy that is nothing but JSON: what is sent later is what was given now. */
function copyOf(doing: string, schema: unknown): JsonSchema {
  const must = "a Standard Schema or a JSON Schema";
  if (schema === true) return {};
  if (!isRecord(schema)) refuse(doing, "output", must, schema);
  try {
    return JSON.parse(JSON.stringify(schema));
  } catch (cause) {
    throw new TypeError(`Cannot ${doing} as output must be ${must}: it cannot be written as JSON`, {
      cause,
    });
  }
}
