/** Schemas of any library that has the Standard Schema interface, and plain JSON Schemas. */
import type { StandardJSONSchemaV1 } from "@standard-schema/spec";
import type { JsonSchema } from "../model/message.ts";

/**
 * A schema: a Standard Schema that returns its JSON Schema (zod 4.2 or later, arktype 2.1 or later,
 * valibot with its converter), or a JSON Schema.
 *
 * All of a JSON Schema is checked. Its draft is that of `$schema`: 2020-12 by default, or 2019-09,
 * 07, 06 or 04. `format` is checked for `date`, `date-time`, `time`, `duration`, `email`,
 * `hostname`, `ipv4`, `ipv6`, `uri`, `uri-reference`, `uri-template`, `uuid`, `json-pointer`,
 * `relative-json-pointer` and `regex`; other formats, and unknown keywords beside known ones, are
 * annotations. `$ref` leads into the schema: nothing is fetched. `$dynamicRef` is not supported.
 *
 * A JSON Schema that is written `as const` gives the type, too: `FromJsonSchema`.
 *
 * An integer in JSON that a number cannot hold exactly, such as `1234567890123456789`, is a bigint
 * if the schema accepts one, which `integer` and `number` of a JSON Schema do. Otherwise it is a
 * text, or the nearest number if the schema accepts no text either.
 */
export type Schema<T = unknown> = StandardSchema<T> | JsonSchema;

/** The part of a Standard Schema that is used. A `StandardSchemaV1` of the specification is one. */
export interface StandardSchema<T = unknown> {
  /** The properties of the interface; see {@link https://standardschema.dev}. */
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

/** Whether it is a Standard Schema. */
export function isStandardSchema(schema: unknown): schema is StandardSchema {
  // arktype's schemas are functions.
  return (typeof schema === "object" || typeof schema === "function") && schema !== null &&
    "~standard" in schema;
}

/**
 * Returns the JSON Schema of the values that a schema accepts.
 *
 * @param doing What cannot be done if there is none, for the message.
 * @param name The name of the option.
 * @throws {TypeError} If the schema returns none.
 */
export function toJsonSchema(doing: string, name: string, schema: Schema): JsonSchema {
  if (!isStandardSchema(schema)) return schema;
  const { jsonSchema } = schema["~standard"] as unknown as StandardJSONSchemaV1["~standard"];
  if (jsonSchema === undefined) {
    throw new TypeError(
      `Cannot ${doing} as its ${name} schema cannot return its JSON Schema: ` +
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

/**
 * Returns the JSON Schema of the values that a schema returns; `undefined` if it has none, as for a
 * value that a function transforms.
 */
export function resultJsonSchema(schema: StandardSchema): JsonSchema | undefined {
  const { jsonSchema } = schema["~standard"] as unknown as StandardJSONSchemaV1["~standard"];
  try {
    return jsonSchema.output({ target: "draft-2020-12" });
  } catch {
    return undefined;
  }
}
