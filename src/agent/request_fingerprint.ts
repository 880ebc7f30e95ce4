import { createHash } from "node:crypto";
import { canonicalJson } from "../model/canonical_json.ts";
import { type Callable, isCallable } from "../call/options/callable.ts";
import { definitionOf, schemaIfKnown } from "./definition.ts";
import { SETTINGS } from "../call/options/options.ts";
import { isStandardSchema, toJsonSchema } from "../output/standard_schema.ts";
import { DefinedTool } from "../call/options/tool.ts";

/**
 * The parts of a definition that shape the request and the reading of its answer. The other parts
 * only concern limits and resilience.
 */
const ASKED: ReadonlySet<string> = new Set([
  "model",
  "system",
  "prompt",
  ...SETTINGS,
  "output",
  "params",
  "tools",
  "maxSteps",
  "run",
  // Of workflows:
  "branches",
  "aggregate",
  "steps",
  "by",
  "routes",
  "default",
  "pick",
]);

const known = new WeakMap<Callable, string>();

/**
 * 64 hexadecimal digits that are the same for all that ask alike, in any process, and others as
 * soon as a model, a prompt, a setting, a schema or a tool's description is changed. Of functions
 * their source text counts: what it refers to is not seen. What does not change the question does
 * not count: provider, retries, timeouts, fallbacks, limits, caches, hooks.
 */
export function requestFingerprint(callable: Callable): string {
  let hash = known.get(callable);
  if (hash === undefined) {
    const text = JSON.stringify(canonicalJson(partsOf(callable), written));
    hash = createHash("sha256").update(text).digest("hex");
    known.set(callable, hash);
  }
  return hash;
}

/** What is made by hand is known by its name alone. */
function partsOf(callable: Callable): unknown {
  const parts = Object.entries(definitionOf(callable)?.parts() ?? {});
  return [callable.name, Object.fromEntries(parts.filter(([name]) => ASKED.has(name)))];
}

function written(value: unknown, inside: (value: unknown) => unknown): unknown {
  if (isStandardSchema(value)) {
    return inside(schemaIfKnown(() => toJsonSchema("hash a question", "schema", value)) ?? null);
  }
  if (isCallable(value)) return inside(partsOf(value));
  if (value instanceof DefinedTool) return inside(value.spec);
  return String(value);
}
