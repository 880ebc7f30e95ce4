/** Typed answers: a schema asks the model for JSON, and what comes back is read and checked. */
import type { StandardJSONSchemaV1, StandardSchemaV1 } from "@standard-schema/spec";
import { isRecord, refuse } from "../model/check.ts";
import type { Issue } from "../model/errors.ts";
import type { JsonSchema, OutputSchema } from "../model/message.ts";
import { dropNulls } from "./absent.ts";
import { answersIn, beginningIn } from "./json_text.ts";
import { rootIssues } from "./root_issues.ts";
import { strictSchema } from "./strict_schema.ts";
import { inObject, isObjectSchema } from "./wrapped_schema.ts";

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
  /**
   * Reads and checks the answer's text. What stands around the JSON is passed over; what cannot be read gives issues.
   *
   * @throws What the schema throws.
   */
  parse(text: string): Promise<Parsed>;
  /**
   * What can already be told of an answer that is still coming, not checked; `undefined` while that is nothing. Takes time in
   * proportion to the text: `partialsOf` asks no more often than is worth it.
   */
  partial(text: string): unknown;
}

/**
 * Prepares a schema. An answer that is no object is wrapped into one, since models answer in objects, and the schema is made
 * strict where that changes nothing about what fits.
 *
 * @throws {TypeError} If it is no schema, or cannot tell its JSON Schema.
 */
export function outputOf(agent: string, schema: Schema): Output {
  const doing = `define the agent "${agent}"`;
  const standard = isStandard(schema) ? schema["~standard"] : undefined;
  const json = standard === undefined
    ? copyOf(doing, schema)
    : copyOf(doing, jsonSchemaOf(doing, schema));
  const isWrapped = !isObjectSchema(json);
  const root = isWrapped ? inObject(json) : json;
  const content = isWrapped ? (root.properties as JsonSchema).value : root;
  const strict = strictSchema(root, standard !== undefined);

  function withoutNulls(value: unknown): unknown {
    if (strict?.hasNulls) dropNulls(value, content, root);
    return value;
  }
  async function check(value: unknown): Promise<Parsed> {
    if (standard === undefined) {
      const issues = rootIssues(json, value);
      return issues.length === 0 ? { ok: true, content: value } : { ok: false, issues };
    }
    const checked = await standard.validate(value);
    if (checked.issues === undefined) return { ok: true, content: checked.value };
    return { ok: false, issues: checked.issues.map(issueOf) };
  }

  return {
    schema: {
      name: agent.replaceAll(/[^A-Za-z0-9_-]/g, "_").slice(0, 64),
      schema: strict?.schema ?? root,
      strict: strict !== undefined,
    },
    async parse(text) {
      const { values, trouble } = answersIn(text);
      let first: Parsed | undefined;
      for (const value of values) {
        for (const meant of isWrapped ? unwrapped(value) : [value]) {
          const parsed = await check(withoutNulls(meant));
          if (parsed.ok) return parsed;
          first ??= parsed;
        }
      }
      return first ?? { ok: false, issues: [{ message: trouble }] };
    },
    partial(text) {
      const begun = beginningIn(text);
      if (begun === undefined) return undefined;
      const value: unknown = JSON.parse(begun);
      if (!isWrapped || !isRecord(value)) return withoutNulls(value);
      if (Object.hasOwn(value, "value")) return withoutNulls(value.value);
      return Object.keys(value).length === 0 ? undefined : withoutNulls(value);
    },
  };
}

/** What an answer may mean that was asked for as the value of an object; some models leave the object out. */
function unwrapped(value: unknown): readonly unknown[] {
  return isRecord(value) && Object.hasOwn(value, "value") ? [value.value, value] : [value];
}

/** A copy that is nothing but JSON: what is sent later is what was given now. */
function copyOf(doing: string, schema: unknown): JsonSchema {
  const must = "a Standard Schema or a JSON Schema";
  if (schema === true) return {};
  if (!isRecord(schema)) refuse(doing, "output", must, schema);
  try {
    return JSON.parse(JSON.stringify(schema));
  } catch (cause) {
    throw new TypeError(`Cannot ${doing} as output must be ${must}: it cannot be written as JSON`, {
      cause,
    });
  }
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

function issueOf(issue: StandardSchemaV1.Issue): Issue {
  return {
    message: issue.message,
    path: issue.path?.map((part) => typeof part === "object" ? part.key : part),
  };
}
