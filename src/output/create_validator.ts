/** Creates validators from schemas of any library and from plain JSON Schemas. */
import type { StandardSchemaV1 } from "@standard-schema/spec";
import { isRecord, refuse } from "../model/check_options.ts";
import type { Issue } from "../model/errors.ts";
import type { JsonSchema } from "../model/message.ts";
import { SchemaError } from "./check_json_schema.ts";
import { compileJsonSchema, type JsonSchemaValidator } from "./compile_json_schema.ts";
import { isStandardSchema, type Schema, type StandardSchema } from "./standard_schema.ts";
import type { Validated, Validator } from "./validator.ts";
import { withDigits } from "./with_digits.ts";

/**
 * Creates the validator of a schema. A Standard Schema may return another value, with defaults
 * filled in. A JSON Schema returns the same value. Numbers keep their digits: see `withDigits`.
 *
 * @param doing What cannot be done if it is no schema, for the message.
 * @param name The name of the option.
 * @throws {TypeError} If it is no schema.
 */
export function createValidator(doing: string, name: string, schema: Schema): Validator {
  if (isStandardSchema(schema)) return withDigits((value) => validateStandard(schema, value));
  if (schema as unknown === true) return (value) => Promise.resolve({ ok: true, value });
  if (!isRecord(schema)) refuse(doing, name, SCHEMA, schema);
  const validate = compile(doing, name, schema);
  return withDigits((value) => {
    const issues = validate(value);
    return Promise.resolve(issues.length === 0 ? { ok: true, value } : { ok: false, issues });
  });
}

const SCHEMA = "a Standard Schema or a JSON Schema";

function compile(doing: string, name: string, schema: JsonSchema): JsonSchemaValidator {
  try {
    return compileJsonSchema(schema);
  } catch (error) {
    const why = error instanceof SchemaError ? error.message : "it is nested too deeply";
    throw new TypeError(`Cannot ${doing} as ${name} must be ${SCHEMA}: ${why}`);
  }
}

async function validateStandard(schema: StandardSchema, value: unknown): Promise<Validated> {
  const result = await schema["~standard"].validate(value);
  if (result.issues === undefined) return { ok: true, value: result.value };
  return { ok: false, issues: result.issues.map(issueOf) };
}

function issueOf(issue: StandardSchemaV1.Issue): Issue {
  return {
    message: issue.message,
    path: issue.path?.map((part) => typeof part === "object" ? part.key : part),
  };
}
