/** Compares agents across isolates by hashes of what they were defined with. */
import { createHash } from "node:crypto";
import { type Callable, isCallable } from "../call/options/callable.ts";
import { definitionOf } from "../agent/definition.ts";
import { isRecord } from "../model/check_options.ts";

/**
 * A hash for each option that a callable was defined with, by the option's name. Prompts cannot be
 * read from it.
 */
export type Fingerprint = Readonly<Record<string, string>>;

const cache = new WeakMap<Callable, Fingerprint>();

/** Returns the fingerprint of an agent or workflow. */
export function fingerprintOf(callable: Callable): Fingerprint {
  let fingerprint = cache.get(callable);
  if (fingerprint === undefined) {
    fingerprint = Object.fromEntries(
      Object.entries(definitionParts(callable))
        .filter(([, value]) => value !== undefined)
        .map(([name, value]) => [name, hash(canonicalText(value, [callable]))]),
    );
    cache.set(callable, fingerprint);
  }
  return fingerprint;
}

/** Returns the names of the options that differ. */
export function differingParts(a: Fingerprint, b: Fingerprint): string[] {
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...names].filter((name) => a[name] !== b[name]).sort();
}

function definitionParts(callable: Callable): Readonly<Record<string, unknown>> {
  const { name, description } = callable;
  try {
    return definitionOf(callable)?.parts() ?? { name, description, settle: callable.settle };
  } catch {
    // A schema without a JSON Schema cannot be compared.
    return { name, description };
  }
}

function hash(text: string): string {
  return createHash("sha256").update(text).digest("base64url").slice(0, 16);
}

/** Returns the same text for equal values; `ancestors` detects circular values. */
function canonicalText(value: unknown, ancestors: readonly object[]): string {
  // Bundlers change the white space of the source text.
  if (typeof value === "function") return `function ${String(value).replaceAll(/\s+/g, " ")}`;
  if (typeof value !== "object" || value === null) return `${typeof value} ${String(value)}`;
  if (ancestors.includes(value)) return "itself";
  const path = [...ancestors, value];
  const member = (value: unknown) => canonicalText(value, path);
  if (Array.isArray(value)) return `[${value.map(member).join()}]`;
  if (value instanceof RegExp || value instanceof Date) return String(value);
  if (isCallable(value)) return `callable ${member(definitionParts(value))}`;
  // Each isolate has its own providers and stores: they are compared by how they describe
  // themselves.
  if (isRecord(value) && "generate" in value) {
    const { name, id, limits } = value;
    return `provider ${member({ name, id, limits })}`;
  }
  if (isRecord(value) && "get" in value && "set" in value) return "store";
  const entries = Object.entries(value)
    .filter(([, inner]) => inner !== undefined)
    .sort(([a], [b]) => a < b ? -1 : 1);
  return `{${entries.map(([name, inner]) => `${JSON.stringify(name)}:${member(inner)}`).join()}}`;
}
