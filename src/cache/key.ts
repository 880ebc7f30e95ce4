import { createHash, randomUUID } from "node:crypto";
import type { ModelRequest } from "../model/message.ts";
import type { Provider } from "../model/provider.ts";

/** Stands in every key. Stores may outlive a release: whoever changes what a key or a kept reply means counts it up. */
const FORMAT = 1;

/**
 * The key of a request: the same text for whatever would be answered alike, 64 hexadecimal digits from which no prompt can be
 * read. Everything that the request has goes into it, also what requests get later.
 *
 * @returns `undefined` if no such key can be given: somewhere in the request is something that JSON cannot say as it is, such as a
 * function, a `Map`, a `BigInt`, `NaN` or an object of a class. What it means to the provider is not known then.
 */
export function keyOf(provider: Provider, request: ModelRequest): string | undefined {
  try {
    const text = JSON.stringify(inOrder([FORMAT, identityOf(provider), request], []));
    return createHash("sha256").update(text).digest("hex");
  } catch {
    // Getters, `toJSON` and proxies are code of the caller's: if the request cannot be read here, let the provider say so.
    return undefined;
  }
}

const objects = new WeakMap<Provider, string>();

/**
 * Who answers. A provider that does not say where its answers come from is only like itself: its number is a random one, since
 * a store may be shared with other processes.
 */
function identityOf(provider: Provider): readonly string[] {
  const { id, name } = provider;
  if (typeof id === "string" && id !== "") return ["id", id];
  let object = objects.get(provider);
  if (object === undefined) objects.set(provider, object = randomUUID());
  return ["object", name, object];
}

/**
 * A copy of the value, with the names of each object in order. Members that are `undefined` are absent, as everywhere. To
 * write the copy with `JSON.stringify` is twice as fast as to write it here.
 *
 * @param above The objects that it stands in.
 * @throws If JSON would lose or change the value, so that two that differ would be written alike.
 */
function inOrder(value: unknown, above: object[]): unknown {
  if (typeof value === "string" || typeof value === "boolean" || value === null) return value;
  if (typeof value === "number" && Number.isFinite(value)) return value;
  if (typeof value !== "object") throw new TypeError("This is not JSON");
  if (above.includes(value)) throw new TypeError("This stands within itself");
  above.push(value);
  let copy: unknown;
  if (Array.isArray(value)) copy = arrayInOrder(value, above);
  else if (isPlain(value)) copy = objectInOrder(value, above);
  else copy = textOf(value);
  above.pop();
  return copy;
}

function arrayInOrder(values: readonly unknown[], above: object[]): unknown[] {
  const copy: unknown[] = [];
  for (const member of values) copy.push(inOrder(member, above));
  return copy;
}

function objectInOrder(value: Readonly<Record<string, unknown>>, above: object[]): object {
  const copy: Record<string, unknown> = {};
  for (const name of Object.keys(value).sort()) {
    const member = value[name];
    if (member === undefined) continue;
    const written = inOrder(member, above);
    if (name !== "__proto__") copy[name] = written;
    else Object.defineProperty(copy, name, { value: written, enumerable: true });
  }
  return copy;
}

/** Was it made by `{}`, perhaps in another realm, or without a prototype? Then its members are all there is to it. */
function isPlain(value: object): value is Record<string, unknown> {
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** What a `Date` or a `URL` says: an object of a class that is one value and tells itself how it is written. */
function textOf(value: object): string {
  const { toJSON } = value as { toJSON?: unknown };
  const text = typeof toJSON === "function" ? toJSON.call(value, "") : undefined;
  // What has members too may keep some of them to itself here, and hand them to the provider.
  if (typeof text !== "string" || Object.keys(value).length > 0) throw new TypeError("No value");
  return text;
}
