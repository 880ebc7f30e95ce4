/** What comes in: parameters from the caller, arguments of tools from the model. A schema checks them and says what they must be. */
import { isRecord, refuse } from "../model/check_options.ts";
import type { Issue } from "../model/errors.ts";
import type { JsonSchema } from "../model/message.ts";
import {
  isStandardSchema,
  type Schema,
  toJsonSchema,
  validate,
  type Validated,
} from "./standard_schema.ts";

/** The type of what a schema takes. */
export type InferInput<S> = S extends { readonly "~standard": { readonly types?: infer T } }
  ? NonNullable<T> extends { readonly input: infer In } ? In : unknown
  : S extends JsonSchema ? Record<string, unknown>
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
  if (!isStandardSchema(schema) && !isRecord(schema)) {
    refuse(doing, name, "a Standard Schema or a JSON Schema", schema);
  }
  return {
    jsonSchema() {
      const json = toJsonSchema(doing, name, schema);
      if (json.type === "object") return json;
      throw new TypeError(`Cannot ${doing} as ${name} must be the schema of an object`);
    },
    validate: (value) => validate(schema, value),
  };
}

/** The issues in few words, for the model to read: no more than it can mend at once. */
export function formatIssues(issues: readonly Issue[]): string {
  const lines = issues.slice(0, MOST_ISSUES).map(({ message, path = [] }) => {
    const where = path.length === 0 ? "" : `at ${path.map(String).join(".")}: `;
    return `- ${where}${message}`.slice(0, LONGEST_LINE);
  });
  const left = issues.length - lines.length;
  return [...lines, ...left > 0 ? [`- and ${left} more`] : []].join("\n");
}

const MOST_ISSUES = 10;
const LONGEST_LINE = 300;
