/** What is known about the members of answers before any was paid for. */
import { closestString } from "@std/text/closest-string";
import { definitionOf } from "../../agent/definition.ts";
import { type Callable, isCallable } from "../../call/options/callable.ts";
import { isRecord } from "../../model/check_options.ts";
import type { JsonSchema } from "../../model/message.ts";
import { resolveRef } from "../../output/json_schema.ts";
import { CliError } from "../cli_error.ts";
import type { AnswerColumn } from "./answer_columns.ts";

/** What is known about answers. */
export interface AnswerShape {
  /** The names of the members that answers may have. */
  readonly names: ReadonlySet<string>;
  /** Whether answers may have other members, too, or are of an unknown kind. */
  readonly isOpen: boolean;
  /** The kinds of answers without members, such as `text`. */
  readonly others: ReadonlySet<string>;
}

const UNKNOWN: AnswerShape = { names: new Set(), isOpen: true, others: new Set() };

/**
 * Checks that the answers of an agent may have the members of `--columns`.
 *
 * @returns Whether all members are known to exist. If not, the first answer shows it.
 * @throws {CliError} If no answer can have one of them.
 */
export function checkAnswerMembers(agent: Callable, columns: readonly AnswerColumn[]): boolean {
  const { names, isOpen, others } = shapeOf(agent);
  const missing = columns.find(({ member }) => !names.has(member));
  if (missing === undefined) return true;
  if (isOpen) return false;
  const { member } = missing;
  if (names.size === 0) {
    const kind = [...others].join(" or ") || "an object without members";
    throw new CliError(
      `Cannot use --columns as the answer of "${agent.name}" is ${kind}, which has no members: ` +
        (agent.name === "prompt"
          ? "--schema sets a JSON Schema of an object, --as the column for the whole answer"
          : "the agent must have an output schema of an object, or use --as"),
    );
  }
  const known = [...names];
  throw new CliError(
    `Cannot use --columns ${member} as the answer of "${agent.name}" has no such member: ` +
      `did you mean "${closestString(member, known)}"? Its members are ${known.join(", ")}`,
  );
}

/** Returns what is known about the answers of an agent or a workflow. */
export function shapeOf(agent: Callable): AnswerShape {
  const definition = definitionOf(agent);
  if (definition === undefined) return shapeOfSchema(knownSchema(agent));
  if (definition.model !== undefined) {
    const { output } = definition.model;
    return output === undefined ? withoutMembers("text") : shapeOfSchema(output.resultSchema());
  }
  const { branches, aggregate, steps, routes, default: fallback } = definition.parts();
  if (isRecord(branches)) {
    if (aggregate !== undefined) return UNKNOWN;
    return { names: new Set(Object.keys(branches)), isOpen: false, others: new Set() };
  }
  if (Array.isArray(steps)) return shapeOfPart(steps.at(-1));
  if (!isRecord(routes)) return UNKNOWN;
  const targets = [...Object.values(routes), ...fallback === undefined ? [] : [fallback]];
  return anyOf(targets.map(shapeOfPart));
}

/** Returns the shape of a step or a target: an agent, or an object with one. */
function shapeOfPart(part: unknown): AnswerShape {
  const agent = isRecord(part) && !isCallable(part) ? part.agent : part;
  return isCallable(agent) ? shapeOf(agent) : UNKNOWN;
}

function knownSchema(agent: Callable): JsonSchema | undefined {
  try {
    return agent.outputSchema?.();
  } catch {
    // The schema library cannot express it as JSON Schema.
    return undefined;
  }
}

function withoutMembers(kind: string): AnswerShape {
  return { names: new Set(), isOpen: false, others: new Set([kind]) };
}

function anyOf(shapes: readonly AnswerShape[]): AnswerShape {
  return {
    names: new Set(shapes.flatMap(({ names }) => [...names])),
    isOpen: shapes.some(({ isOpen }) => isOpen),
    others: new Set(shapes.flatMap(({ others }) => [...others])),
  };
}

/** Returns what a JSON Schema says about the members of values that fit it. */
export function shapeOfSchema(schema: JsonSchema | undefined): AnswerShape {
  return schema === undefined ? UNKNOWN : shapeIn(schema, schema, 0);
}

/** References may be circular. */
const MAX_DEPTH = 32;

function shapeIn(schema: unknown, root: JsonSchema, depth: number): AnswerShape {
  if (!isRecord(schema) || depth > MAX_DEPTH) return UNKNOWN;
  if (schema.$ref !== undefined) return shapeIn(resolveRef(root, schema.$ref), root, depth + 1);
  const inner = (one: unknown) => shapeIn(one, root, depth + 1);
  const choices = schema.anyOf ?? schema.oneOf;
  const own = ownShape(schema);
  if (Array.isArray(choices) && choices.length > 0) {
    const any = anyOf(choices.map(inner));
    return own === undefined ? any : both(own, any);
  }
  const { allOf } = schema;
  if (Array.isArray(allOf) && allOf.length > 0) {
    const all = allOf.map(inner).reduce(both);
    return own === undefined ? all : both(own, all);
  }
  return own ?? UNKNOWN;
}

/** Returns what the keywords of a schema itself say; `undefined` if they say nothing. */
function ownShape(schema: JsonSchema): AnswerShape | undefined {
  const fixed = schema.enum ?? (schema.const === undefined ? undefined : [schema.const]);
  const types: readonly unknown[] | undefined = Array.isArray(fixed)
    ? fixed.map((value) => value === null ? "null" : Array.isArray(value) ? "array" : typeof value)
    : schema.type === undefined
    ? isRecord(schema.properties) ? ["object"] : undefined
    : [schema.type].flat();
  if (types === undefined) return undefined;
  const others = types.filter((type) => type !== "object" && type !== "null").map(nameOfType);
  const shape = { names: new Set<string>(), isOpen: false, others: new Set(others) };
  if (!types.includes("object")) return shape;
  const { properties, additionalProperties: more } = schema;
  const names = new Set(isRecord(properties) ? Object.keys(properties) : []);
  // Without the keyword, JSON Schema allows other members. A list of members means these.
  const isListed = names.size > 0 && more === undefined;
  const isClosed = (more === false || isListed) && schema.patternProperties === undefined;
  return { ...shape, names, isOpen: !isClosed || hasConditions(schema) };
}

function hasConditions(schema: JsonSchema): boolean {
  return ["if", "dependentSchemas", "unevaluatedProperties"].some((name) =>
    schema[name] !== undefined && schema[name] !== false
  );
}

/** Returns the shape of values that fit both: a list of members in either one counts. */
function both(a: AnswerShape, b: AnswerShape): AnswerShape {
  const lists = [a, b].filter(({ names }) => names.size > 0);
  return {
    names: new Set([...a.names, ...b.names]),
    isOpen: lists.length === 0 ? a.isOpen && b.isOpen : lists.some(({ isOpen }) => isOpen),
    others: new Set([...a.others, ...b.others]),
  };
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: "text",
  integer: "a number",
  number: "a number",
  boolean: "true or false",
  array: "a list",
};

function nameOfType(type: unknown): string {
  return TYPE_NAMES[String(type)] ?? String(type);
}
