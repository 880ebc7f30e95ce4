/** What comes in: parameters from the caller, arguments of tools from the model. A schema checks them and says what they must be. */
import type { JsonSchema } from "../model/message.ts";
import type { FromJsonSchemaOr } from "./infer_json_schema.ts";
import { createValidator, type Validated } from "./create_validator.ts";
import { type Schema, toJsonSchema } from "./standard_schema.ts";

/** The type of what a schema takes. */
export type InferInput<S> = S extends { readonly "~standard": { readonly types?: infer T } }
  ? NonNullable<T> extends { readonly input: infer In } ? In : unknown
  : S extends JsonSchema ? FromJsonSchemaOr<S, Record<string, unknown>>
  : never;

/** A schema, ready to check what comes in. */
export interface PreparedInput {
  /**
   * Its JSON Schema: that of an object.
   *
   * @throws {TypeError} If it cannot tell, or is not that of an object.
   */
  jsonSchema(): JsonSchema;
  /** Checks a value; what comes of it may be another one, with defaults filled in. */
  validate(value: unknown): Promise<Validated>;
}

/** Prepares a schema; `doing` is what cannot be done if it is none, `name` the option's name. */
export function prepareInput(doing: string, name: string, schema: Schema): PreparedInput {
  const validate = createValidator(doing, name, schema);
  return {
    jsonSchema() {
      const json = toJsonSchema(doing, name, schema);
      if (json.type === "object") return json;
      throw new TypeError(`Cannot ${doing} as ${name} must be the schema of an object`);
    },
    validate,
  };
}
