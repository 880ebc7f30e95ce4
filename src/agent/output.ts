/** Typed answers: a schema asks the model for JSON, and what comes back is read and checked. */
import type { StandardJSONSchemaV1, StandardSchemaV1 } from "@standard-schema/spec";
import { isRecord, refuse } from "../model/check.ts";
import type { Issue } from "../model/errors.ts";
import type { JsonSchema, OutputSchema } from "../model/message.ts";

/**
 * What an answer must be: a Standard Schema that gives its JSON Schema (zod 4.2 or later, arktype 2.1 or later, valibot with its
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

/** The type of what a schema lets through; text where there is no schema. */
export type InferOutput<S> = S extends StandardSchema<infer T> ? T
  : S extends JsonSchema ? unknown
  : string;

/** What reading an answer gave. */
export type Parsed =
  | { readonly ok: true; readonly content: unknown }
  | { readonly ok: false; readonly issues: readonly Issue[] };

/** A schema, ready to ask for and to check. */
export interface Output {
  /** What is sent to the model. */
  readonly schema: OutputSchema;
  /** Reads and checks the answer's text. */
  parse(text: string): Promise<Parsed>;
}

/** Prepares a schema. An answer that is no object is wrapped into one, since models answer in objects. */
export function outputOf(agent: string, schema: Schema): Output {
  const doing = `define the agent "${agent}"`;
  const standard = isStandard(schema) ? schema["~standard"] : undefined;
  const json = standard === undefined ? schema as JsonSchema : jsonSchemaOf(doing, schema);
  if (!isRecord(json)) refuse(doing, "output", "a Standard Schema or a JSON Schema", schema);
  const wrapped = json.type !== "object";

  return {
    schema: {
      name: agent.replaceAll(/[^A-Za-z0-9_-]/g, "_").slice(0, 64),
      schema: wrapped ? inObject(json) : json,
    },
    async parse(text) {
      let value: unknown;
      try {
        value = JSON.parse(withoutFence(text));
      } catch {
        return { ok: false, issues: [{ message: "the answer is not JSON" }] };
      }
      if (wrapped && isRecord(value) && Object.hasOwn(value, "value")) value = value.value;
      if (standard === undefined) return { ok: true, content: value };
      const checked = await standard.validate(value);
      if (checked.issues === undefined) return { ok: true, content: checked.value };
      return { ok: false, issues: checked.issues.map(issueOf) };
    },
  };
}

function isStandard(schema: unknown): schema is StandardSchemaV1 {
  // arktype's schemas are functions.
  return (typeof schema === "object" || typeof schema === "function") && schema !== null &&
    "~standard" in schema;
}

function jsonSchemaOf(doing: string, schema: unknown): JsonSchema {
  const { jsonSchema } = (schema as StandardJSONSchemaV1)["~standard"];
  if (jsonSchema === undefined) {
    throw new TypeError(
      `Cannot ${doing} as its output schema cannot tell its JSON Schema: ` +
        "use zod 4.2, arktype 2.1 or valibot's toStandardJsonSchema",
    );
  }
  try {
    const { $schema: _, ...json } = jsonSchema.input({ target: "draft-2020-12" });
    return json;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : "something was thrown that is no error";
    throw new TypeError(`Cannot ${doing} as its output schema has no JSON Schema: ${why}`, {
      cause,
    });
  }
}

/** The schema of an object whose `value` has this schema; what the schema refers to is still where it says. */
function inObject({ $defs, definitions, ...value }: JsonSchema): JsonSchema {
  const schema = {
    type: "object",
    properties: { value },
    required: ["value"],
    additionalProperties: false,
    ...$defs === undefined ? {} : { $defs },
    ...definitions === undefined ? {} : { definitions },
  };
  const root = (key: string, at: unknown) =>
    key === "$ref" && at === "#" ? "#/properties/value" : at;
  return JSON.parse(JSON.stringify(schema, root));
}

function withoutFence(text: string): string {
  return /^\s*```(?:json)?\s*([\s\S]*?)\s*```\s*$/i.exec(text)?.[1] ?? text;
}

function issueOf(issue: StandardSchemaV1.Issue): Issue {
  return {
    message: issue.message,
    path: issue.path?.map((part) => typeof part === "object" ? part.key : part),
  };
}
