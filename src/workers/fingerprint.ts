/** Whether an agent here is the one that a module exports there: what they were defined with must be alike. */
import { createHash } from "node:crypto";
import { type Callable, isCallable } from "../call/options/callable.ts";
import { definitionOf } from "../agent/definition.ts";
import { isRecord } from "../model/check_options.ts";

/** Hashes of what something callable was defined with, by the names of the options. From a hash no prompt can be read. */
export type Fingerprint = Readonly<Record<string, string>>;

const known = new WeakMap<Callable, Fingerprint>();

/** The fingerprint. What holds no matter what it was defined by is not in it. */
export function fingerprintOf(callable: Callable): Fingerprint {
  let fingerprint = known.get(callable);
  if (fingerprint === undefined) {
    fingerprint = Object.fromEntries(
      Object.entries(partsOf(callable))
        .filter(([, value]) => value !== undefined)
        .map(([name, value]) => [name, hash(text(value, [callable]))]),
    );
    known.set(callable, fingerprint);
  }
  return fingerprint;
}

/** The names of what differs. */
export function differences(a: Fingerprint, b: Fingerprint): string[] {
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...names].filter((name) => a[name] !== b[name]).sort();
}

function partsOf(callable: Callable): Readonly<Record<string, unknown>> {
  const { name, description } = callable;
  try {
    return definitionOf(callable)?.parts() ?? { name, description, settle: callable.settle };
  } catch {
    // A schema that cannot tell what it is cannot be compared either.
    return { name, description };
  }
}

function hash(text: string): string {
  return createHash("sha256").update(text).digest("base64url").slice(0, 16);
}

/** The same text for what is alike; `above` is what it stands in. */
function text(value: unknown, above: readonly object[]): string {
  // The same source text may be laid out in other ways by those who bundle it.
  if (typeof value === "function") return `function ${String(value).replaceAll(/\s+/g, " ")}`;
  if (typeof value !== "object" || value === null) return `${typeof value} ${String(value)}`;
  if (above.includes(value)) return "itself";
  const inside = [...above, value];
  const member = (value: unknown) => text(value, inside);
  if (Array.isArray(value)) return `[${value.map(member).join()}]`;
  if (value instanceof RegExp || value instanceof Date) return String(value);
  if (isCallable(value)) return `callable ${member(partsOf(value))}`;
  // Of providers and stores there is one in each isolate: they are compared by what they say of themselves.
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
