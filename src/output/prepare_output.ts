/** Typed answers: the schema that is sent to the model, and the reading and checking of answers. */
import { isRecord, refuse } from "../model/check_options.ts";
import { parseExact } from "../model/exact_json.ts";
import type { Issue } from "../model/errors.ts";
import type { JsonSchema, OutputSchema } from "../model/message.ts";
import { createValidator } from "./create_validator.ts";
import type { FromJsonSchema, FromJsonSchemaOr } from "./infer_json_schema.ts";
import { dropNulls } from "./drop_nulls.ts";
import { extractJson, extractPartialJson } from "./extract_json.ts";
import { type AnswerSchema, fitAnswer, readBareAnswer } from "./fit_answer.ts";
import {
  isStandardSchema,
  resultJsonSchema,
  type Schema,
  type StandardSchema,
  toJsonSchema,
} from "./standard_schema.ts";
import { toStrictSchema } from "./strict_schema.ts";
import type { Validated } from "./validator.ts";
import { isObjectSchema, wrapSchema } from "./wrap_schema.ts";

/** The type of the content that a schema returns; `string` without a schema. */
export type InferOutput<S> = S extends StandardSchema<infer T> ? T
  : S extends JsonSchema ? FromJsonSchema<S>
  : string;

/**
 * The type of what a function receives after a schema has checked it: what the schema returns, or
 * what the function declares if the compiler knows no type of the schema.
 *
 * @internal
 */
export type Received<S, Declared> = S extends StandardSchema ? InferOutput<S>
  : FromJsonSchemaOr<S, Declared>;

/** The outcome of reading an answer. */
export type Parsed =
  | { readonly ok: true; readonly content: unknown }
  | { readonly ok: false; readonly issues: readonly Issue[] };

/** A schema that is ready to be sent, and to read and check answers. */
export interface PreparedOutput {
  /** The schema that is sent to the model. */
  readonly schema: OutputSchema;
  /** The schema of the content itself: not wrapped, not made strict. */
  readonly contentSchema: JsonSchema;
  /**
   * Returns the schema of the content that `parse` returns; `undefined` if the library has none, as
   * for a value that a function transforms.
   */
  resultSchema(): JsonSchema | undefined;
  /**
   * Reads and checks the text of an answer. Text around the JSON is skipped. JSON in another form
   * than that of the schema is read if there is exactly one way to read it: see `fitAnswer`. A text
   * without JSON that fits results in issues.
   *
   * @throws What the schema throws.
   */
  parse(text: string): Promise<Parsed>;
  /**
   * Reads the text of an answer that is not complete, without checking it. Returns `undefined` if
   * there is no value yet. Takes time in proportion to the text: see `createPartialReader`.
   */
  partial(text: string): unknown;
}

/**
 * Prepares a schema. A schema that is not that of an object is wrapped into one, since models
 * answer in objects. It is made strict where that does not change which values fit.
 *
 * @throws {TypeError} If it is no schema, or has no JSON Schema.
 */
export function prepareOutput(agent: string, schema: Schema): PreparedOutput {
  const doing = `define the agent "${agent}"`;
  const validate = createValidator(doing, "output", schema);
  const json = copyOf(doing, toJsonSchema(doing, "output", schema));
  const isWrapped = !isObjectSchema(json);
  const root = isWrapped ? wrapSchema(json) : json;
  const content = isWrapped ? (root.properties as JsonSchema).value : root;
  const strict = toStrictSchema(root, { canAdapt: isStandardSchema(schema) });

  function withoutNulls(value: unknown): unknown {
    if (strict?.hasNulls) dropNulls(value, content, root);
    return value;
  }
  const answerSchema: AnswerSchema = { validate, schema: content, root };
  async function fitBare([value]: unknown[]): Promise<Validated | undefined> {
    return value === undefined ? undefined : await validate(value);
  }
  return {
    schema: {
      name: agent.replaceAll(/[^A-Za-z0-9_-]/g, "_").slice(0, 64),
      schema: strict?.schema ?? root,
      strict: strict !== undefined,
    },
    contentSchema: json,
    resultSchema: () => isStandardSchema(schema) ? resultJsonSchema(schema) : json,
    async parse(text) {
      const { values, problem, answer } = extractJson(text);
      const candidates: unknown[] = [];
      let first: Parsed | undefined;
      for (const value of values) {
        for (const candidate of isWrapped ? unwrap(value) : [value]) {
          const result = await validate(withoutNulls(candidate));
          if (result.ok) return { ok: true, content: result.value };
          first ??= result;
          candidates.push(candidate);
        }
      }
      const fitting = await fitAnswer(candidates, answerSchema) ??
        (candidates.length === 0 && answer !== undefined
          ? await fitBare(readBareAnswer(answer, content, root))
          : undefined);
      if (fitting?.ok) return { ok: true, content: fitting.value };
      return first ?? { ok: false, issues: [{ message: problem }] };
    },
    partial(text) {
      const json = extractPartialJson(text);
      if (json === undefined) return undefined;
      const value: unknown = parseExact(json);
      if (!isWrapped || !isRecord(value)) return withoutNulls(value);
      if (Object.hasOwn(value, "value")) return withoutNulls(value.value);
      return Object.keys(value).length === 0 ? undefined : withoutNulls(value);
    },
  };
}

/** Returns what an answer to a wrapped schema may mean. Some models leave the wrapper out. */
function unwrap(value: unknown): readonly unknown[] {
  return isRecord(value) && Object.hasOwn(value, "value") ? [value.value, value] : [value];
}

/** Copies a schema as JSON, so that later changes of it do not change what is sent. */
function copyOf(doing: string, schema: unknown): JsonSchema {
  const must = "a Standard Schema or a JSON Schema";
  if (schema === true) return {};
  if (!isRecord(schema)) refuse(doing, "output", must, schema);
  try {
    return JSON.parse(JSON.stringify(schema));
  } catch (cause) {
    // Some runtimes have a small stack.
    const isDeep = cause instanceof RangeError;
    const why = isDeep ? "it is nested too deeply" : "it cannot be written as JSON";
    throw new TypeError(`Cannot ${doing} as output must be ${must}: ${why}`, { cause });
  }
}
