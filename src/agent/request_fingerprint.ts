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
const FINGERPRINTED_OPTIONS: ReadonlySet<string> = new Set([
  "model",
  "system",
  "prompt",
  ...SETTINGS,
  "output",
  "params",
  "tools",
  "maxSteps",
  "onMaxSteps",
  "maxToolCalls",
  "run",
  // Options of workflows:
  "branches",
  "aggregate",
  "steps",
  "by",
  "routes",
  "default",
  "pick",
]);

/** The parts that only limit the rounds of a call with tools. */
const ROUND_LIMITS: ReadonlySet<string> = new Set(["maxSteps", "onMaxSteps", "maxToolCalls"]);

const fingerprints = new WeakMap<Callable, string>();

/**
 * Returns 64 hexadecimal digits that identify the requests an agent makes, the same in every
 * process. They change with a model, a prompt, a setting, a schema or a tool's description. For
 * functions, only their own source text is hashed, not what they call. Options that do not change
 * the request are ignored: provider, retries, timeouts, fallbacks, limits, caches, hooks.
 */
export function requestFingerprint(callable: Callable): string {
  let hash = fingerprints.get(callable);
  if (hash === undefined) {
    const text = JSON.stringify(canonicalJson(partsOf(callable), toPlainValue));
    hash = createHash("sha256").update(text).digest("hex");
    fingerprints.set(callable, hash);
  }
  return hash;
}

/** Returns the same without the options that only limit the rounds of a call with tools. */
export function conversationFingerprint(callable: Callable): string {
  const [name, parts] = partsOf(callable);
  const others = Object.entries(parts).filter(([name]) => !ROUND_LIMITS.has(name));
  const text = JSON.stringify(canonicalJson([name, Object.fromEntries(others)], toPlainValue));
  return createHash("sha256").update(text).digest("hex");
}

/** Returns the hashed parts. A callable without a definition is identified by its name alone. */
function partsOf(callable: Callable): readonly [string, Readonly<Record<string, unknown>>] {
  const parts = Object.entries(definitionOf(callable)?.parts() ?? {});
  return [
    callable.name,
    Object.fromEntries(parts.filter(([name]) => FINGERPRINTED_OPTIONS.has(name))),
  ];
}

function toPlainValue(value: unknown, recurse: (value: unknown) => unknown): unknown {
  if (isStandardSchema(value)) {
    return recurse(schemaIfKnown(() => toJsonSchema("hash a request", "schema", value)) ?? null);
  }
  if (isCallable(value)) return recurse(partsOf(value));
  if (value instanceof DefinedTool) return recurse(value.spec);
  return String(value);
}
