import { createHash, randomUUID } from "node:crypto";
import { canonicalJson } from "../model/canonical_json.ts";
import type { ModelRequest } from "../model/message.ts";
import type { Provider } from "../model/provider.ts";

/**
 * The version of keys and cached replies, part of every key. Stores outlive releases: increment it
 * when the meaning of a key or a reply changes.
 */
const FORMAT = 1;

/**
 * Returns the cache key of a request: equal for equal requests to the same provider, 64 hexadecimal
 * digits that do not reveal the prompt. Every property of the request counts.
 *
 * @returns `undefined` if the request contains a value that JSON cannot represent, such as a
 * function, a `Map`, a `BigInt`, `NaN` or an instance of a class.
 */
export function requestKey(provider: Provider, request: ModelRequest): string | undefined {
  try {
    const text = JSON.stringify(canonicalJson([FORMAT, identityOf(provider), request], scalarText));
    return createHash("sha256").update(text).digest("hex");
  } catch {
    // Getters, `toJSON` and proxies are code of the caller and may throw. The provider then reports
    // it.
    return undefined;
  }
}

const objects = new WeakMap<Provider, string>();

/**
 * Returns the identity of the provider. A provider without an `id` equals only itself: it gets a
 * random number, since processes may share a store.
 */
function identityOf(provider: Provider): readonly string[] {
  const { id, name } = provider;
  if (typeof id === "string" && id !== "") return ["id", id];
  let object = objects.get(provider);
  if (object === undefined) objects.set(provider, object = randomUUID());
  return ["object", name, object];
}

/**
 * Returns the text of an object that represents one value and has a `toJSON`, such as a `Date` or a
 * `URL`.
 *
 * @throws {TypeError} For any other value, since JSON would lose or change it.
 */
function scalarText(value: unknown): string {
  if (typeof value !== "object" || value === null) throw new TypeError("The value is not JSON");
  const { toJSON } = value as { toJSON?: unknown };
  const text = typeof toJSON === "function" ? toJSON.call(value, "") : undefined;
  // An object with properties of its own may hold more than its text.
  if (typeof text !== "string" || Object.keys(value).length > 0) {
    throw new TypeError("The object is not a single value");
  }
  return text;
}
