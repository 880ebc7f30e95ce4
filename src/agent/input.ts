/** What comes in: parameters from the caller, arguments of tools from the model. A schema checks them and says what they must be. */
import type { StandardJSONSchemaV1, StandardSchemaV1 } from "@standard-schema/spec";
import { isRecord, refuse } from "../model/check.ts";
import type { Issue } from "../model/errors.ts";
import type { JsonSchema } from "../model/message.ts";
import type { Schema, StandardSchema } from "./output.ts";
import { rootIssues } from "./root_issues.ts";

/** The type of what a schema takes. */
export type InferInput<S> = S extends { readonly "~standard": { readonly types?: infer T } }
  ? NonNullable<T> extends { readonly input: infer In } ? In : unknown
  : S extends JsonSchema ? Record<string, unknown>
  : never;

/** What checking gave. */
export type Checked =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly issues: readonly Issue[] };

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
  const standard = isStandard(schema) ? schema["~standard"] : undefined;
  if (standard === undefined && !isRecord(schema)) {
    refuse(doing, name, "a Standard Schema or a JSON Schema", schema);
  }
  return {
    json() {
      const json = standard === undefined
        ? schema as JsonSchema
        : jsonSchemaOf(doing, name, standard);
      if (json.type === "object") return json;
      throw new TypeError(`Cannot ${doing} as ${name} must be the schema of an object`);
    },
    async check(value) {
      if (standard === undefined) {
        const issues = rootIssues(schema as JsonSchema, value);
        return issues.length === 0 ? { ok: true, value } : { ok: false, issues };
      }
      const checked = await standard.validate(value);
      if (checked.issues === undefined) return { ok: true, value: checked.value };
      return { ok: false, issues: checked.issues.map(issueOf) };
    },
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

function isStandard(schema: unknown): schema is StandardSchema {
  // arktype's schemas are functions.
  return (typeof schema === "object" || typeof schema === "function") && schema !== null &&
    "~standard" in schema;
}

function jsonSchemaOf(
  doing: string,
  name: string,
  standard: StandardSchema["~standard"],
): JsonSchema {
  const { jsonSchema } = standard as unknown as StandardJSONSchemaV1["~standard"];
  if (jsonSchema === undefined) {
    throw new TypeError(
      `Cannot ${doing} as the schema of ${name} cannot tell its JSON Schema: ` +
        "use zod 4.2, arktype 2.1 or valibot's toStandardJsonSchema",
    );
  }
  try {
    const { $schema: _, ...json } = jsonSchema.input({ target: "draft-2020-12" });
    return json;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : "something was thrown that is no error";
    throw new TypeError(`Cannot ${doing} as the schema of ${name} has no JSON Schema: ${why}`, {
      cause,
    });
  }
}

function issueOf(issue: StandardSchemaV1.Issue): Issue {
  return {
    message: issue.message,
    path: issue.path?.map((part) => typeof part === "object" ? part.key : part),
  };
}
