/** What comes in: parameters from the caller, arguments of tools from the model. A schema checks them and says what they must be. */
import { isRecord, refuse } from "../model/check_options.ts";
import type { Issue } from "../model/errors.ts";
import type { JsonSchema } from "../model/message.ts";
import { type Checked, checked, isStandard, jsonSchemaOf, type Schema } from "./standard_schema.ts";

/** The type of what a schema takes. */
export type InferInput<S> = S extends { readonly "~standard": { readonly types?: infer T } }
  ? NonNullable<T> extends { readonly input: infer In } ? In : unknown
  : S extends JsonSchema ? Record<string, unknown>
  : never;

/** A schema, ready to check what comes in. */
export interface Input {
  /**
   * Its JSON Schema: that of an object.
   *
   * @throws {TypeError} If it cannot tell, or is not that of an object.
   */
  json(): JsonSchema;
  /** Checks a value; what comes of it may be another one, with defaults filled in. */
  check(value: unknown): Promise<Checked>;
}

/** Prepares a schema; `doing` is what cannot be done if it is none, `name` the option's name. */
export function inputOf(doing: string, name: string, schema: Schema): Input {
  if (!isStandard(schema) && !isRecord(schema)) {
    refuse(doing, name, "a Standard Schema or a JSON Schema", schema);
  }
  return {
    json() {
      const json = jsonSchemaOf(doing, name, schema);
      if (json.type === "object") return json;
      throw new TypeError(`Cannot ${doing} as ${name} must be the schema of an object`);
    },
    check: (value) => checked(schema, value),
  };
}

/** The issues in few words, for the model to read: no more than it can mend at once. */
export function listed(issues: readonly Issue[]): string {
  const lines = issues.slice(0, MOST_ISSUES).map(({ message, path = [] }) => {
    const where = path.length === 0 ? "" : `at ${path.map(String).join(".")}: `;
    return `- ${where}${message}`.slice(0, LONGEST_LINE);
  });
  const left = issues.length - lines.length;
  return [...lines, ...left > 0 ? [`- and ${left} more`] : []].join("\n");
}

const MOST_ISSUES = 10;
const LONGEST_LINE = 300;
