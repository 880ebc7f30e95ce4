/** Schemas of any library, and plain JSON Schemas: what both answers and parameters are checked by. */
import type { StandardJSONSchemaV1 } from "@standard-schema/spec";
import type { JsonSchema } from "../model/message.ts";

/**
 * What something must be: a Standard Schema that gives its JSON Schema (zod 4.2 or later, arktype 2.1 or later, valibot with its
 * converter), or a JSON Schema.
 */
export type Schema<T = unknown> = StandardSchema<T> | JsonSchema;

/** What is needed of a Standard Schema; a `StandardSchemaV1` of the specification is one. */
export interface StandardSchema<T = unknown> {
  /** The schema's own side of the interface; see {@link https://standardschema.dev}. */
  readonly "~standard": {
    /** The version of the interface. */
    readonly version: 1;
    /** The library the schema is made with. */
    readonly vendor: string;
    /** Checks a value. */
    // deno-lint-ignore no-explicit-any
    readonly validate: (value: unknown) => any;
    /** The types, for the compiler only. */
    readonly types?: { readonly input: unknown; readonly output: T } | undefined;
  };
}

/** Is it the schema of a library? */
export function isStandardSchema(schema: unknown): schema is StandardSchema {
  // arktype's schemas are functions.
  return (typeof schema === "object" || typeof schema === "function") && schema !== null &&
    "~standard" in schema;
}

/**
 * The JSON Schema of what a schema takes; `name` is the option's name.
 *
 * @throws {TypeError} If it cannot tell.
 */
export function toJsonSchema(doing: string, name: string, schema: Schema): JsonSchema {
  if (!isStandardSchema(schema)) return schema;
  const { jsonSchema } = schema["~standard"] as unknown as StandardJSONSchemaV1["~standard"];
  if (jsonSchema === undefined) {
    throw new TypeError(
      `Cannot ${doing} as its ${name} schema cannot tell its JSON Schema: ` +
        "use zod 4.2, arktype 2.1 or valibot's toStandardJsonSchema",
    );
  }
  try {
    const { $schema: _, ...json } = jsonSchema.input({ target: "draft-2020-12" });
    return json;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : "something was thrown that is no error";
    throw new TypeError(`Cannot ${doing} as its ${name} schema has no JSON Schema: ${why}`, {
      cause,
    });
  }
}
