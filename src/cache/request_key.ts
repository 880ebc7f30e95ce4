import { createHash, randomUUID } from "node:crypto";
import { inOrder } from "../model/canonical_json.ts";
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
    const text = JSON.stringify(inOrder([FORMAT, identityOf(provider), request], textOf));
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
 * What a `Date` or a `URL` says: an object of a class that is one value and tells itself how it is written.
 *
 * @throws If it is anything else, so that JSON would lose or change it.
 */
function textOf(value: unknown): string {
  if (typeof value !== "object" || value === null) throw new TypeError("This is not JSON");
  const { toJSON } = value as { toJSON?: unknown };
  const text = typeof toJSON === "function" ? toJSON.call(value, "") : undefined;
  // What has members too may keep some of them to itself here, and hand them to the provider.
  if (typeof text !== "string" || Object.keys(value).length > 0) throw new TypeError("No value");
  return text;
}
