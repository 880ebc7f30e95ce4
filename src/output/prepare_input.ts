/** Schemas of what comes in: parameters from the caller, tool arguments from the model. */
import type { JsonSchema } from "../model/message.ts";
import type { FromJsonSchemaOr } from "./infer_json_schema.ts";
import { createValidator } from "./create_validator.ts";
import { fitAnswer } from "./fit_answer.ts";
import { type Schema, toJsonSchema } from "./standard_schema.ts";
import type { Validated, Validator } from "./validator.ts";

/** The type of the values that a schema accepts. */
export type InferInput<S> = S extends { readonly "~standard": { readonly types?: infer T } }
  ? NonNullable<T> extends { readonly input: infer In } ? In : unknown
  : S extends JsonSchema ? FromJsonSchemaOr<S, Record<string, unknown>>
  : never;

/** A schema that is ready to check parameters or arguments. */
export interface PreparedInput {
  /**
   * Returns its JSON Schema.
   *
   * @throws {TypeError} If it has none, or if it is not the schema of an object.
   */
  jsonSchema(): JsonSchema;
  /** Checks a value. The value of the result may be another one, with defaults filled in. */
  validate(value: unknown): Promise<Validated>;
  /**
   * Reads a value that a model wrote and that does not fit, if there is exactly one way to read it:
   * see `fitAnswer`.
   */
  fit(value: unknown): Promise<Validated | undefined>;
}

/**
 * Prepares a schema.
 *
 * @param doing What cannot be done if it is no schema, for the message.
 * @param name The name of the option.
 * @throws {TypeError} If it is no schema.
 */
export function prepareInput(doing: string, name: string, schema: Schema): PreparedInput {
  const validate = createValidator(doing, name, schema);
  function jsonSchema(): JsonSchema {
    const json = toJsonSchema(doing, name, schema);
    if (json.type === "object") return json;
    throw new TypeError(`Cannot ${doing} as ${name} must be the schema of an object`);
  }
  return { jsonSchema, validate, fit: (value) => fitInput(value, validate, jsonSchema()) };
}

/** Reads arguments that do not fit. */
export function fitInput(
  value: unknown,
  validate: Validator,
  schema: JsonSchema,
): Promise<Validated | undefined> {
  return fitAnswer([value], { validate, schema, root: schema, dropsNulls: true });
}
