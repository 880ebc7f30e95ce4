/** Typed answers: a schema asks the model for JSON, and what comes back is read and checked. */
import { isRecord, refuse } from "../model/check_options.ts";
import type { Issue } from "../model/errors.ts";
import type { JsonSchema, OutputSchema } from "../model/message.ts";
import { dropNulls } from "./drop_nulls.ts";
import { answersIn, beginningIn } from "./extract_json.ts";
import {
  checked,
  isStandard,
  jsonSchemaOf,
  type Schema,
  type StandardSchema,
} from "./standard_schema.ts";
import { strictSchema } from "./strict_schema.ts";
import { inObject, isObjectSchema } from "./wrap_schema.ts";

/** The type of what a schema lets through; text where there is no schema. */
export type InferOutput<S> = S extends StandardSchema<infer T> ? T
  : S extends JsonSchema ? unknown
  : string;

/**
 * The type of what a function receives that a schema checks its input for: what the schema returns,
 * or what the function declares where the schema tells the compiler nothing.
 *
 * @internal
 */
export type Received<S, Declared> = S extends StandardSchema ? InferOutput<S> : Declared;

/** What reading an answer gave. */
export type Parsed =
  | { readonly ok: true; readonly content: unknown }
  | { readonly ok: false; readonly issues: readonly Issue[] };

/** A schema, ready to ask for and to check. */
export interface Output {
  /** What is sent to the model. */
  readonly schema: OutputSchema;
  /** The schema of the content itself: not wrapped, not made strict. */
  readonly json: JsonSchema;
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
export function outputOf(agent: string, schema: Schema): Output {
  const doing = `define the agent "${agent}"`;
  const json = copyOf(doing, jsonSchemaOf(doing, "output", schema));
  const isWrapped = !isObjectSchema(json);
  const root = isWrapped ? inObject(json) : json;
  const content = isWrapped ? (root.properties as JsonSchema).value : root;
  const strict = strictSchema(root, isStandard(schema));

  function withoutNulls(value: unknown): unknown {
    if (strict?.hasNulls) dropNulls(value, content, root);
    return value;
  }
  // What was copied is checked, so that a JSON Schema that is changed later changes nothing.
  const checking = isStandard(schema) ? schema : json;
  return {
    schema: {
      name: agent.replaceAll(/[^A-Za-z0-9_-]/g, "_").slice(0, 64),
      schema: strict?.schema ?? root,
      strict: strict !== undefined,
    },
    json,
    async parse(text) {
      const { values, trouble } = answersIn(text);
      let first: Parsed | undefined;
      for (const value of values) {
        for (const meant of isWrapped ? unwrapped(value) : [value]) {
          const found = await checked(checking, withoutNulls(meant));
          if (found.ok) return { ok: true, content: found.value };
          first ??= found;
        }
      }
      return first ?? { ok: false, issues: [{ message: trouble }] };
    },
    partial(text) {
      const begun = beginningIn(text);
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
