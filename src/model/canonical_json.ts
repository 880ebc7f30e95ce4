/**
 * A copy of the value that `JSON.stringify` writes in one way only: the names of each object stand in order. Members that are
 * `undefined` are absent, as everywhere. To write the copy with `JSON.stringify` is twice as fast as to write it here.
 *
 * @param other What stands for a value that JSON would lose or change, as JSON: two that differ must not be written alike. It may
 * throw.
 * @throws What `other` throws, or if the value stands within itself.
 */
export function inOrder(value: unknown, other: Other): unknown {
  return copyOf(value, other, []);
}

/** Gives what stands for a value that is not JSON; `inside` copies what is within it. */
export type Other = (value: unknown, inside: (value: unknown) => unknown) => unknown;

/** @param above The objects that it stands in. */
function copyOf(value: unknown, other: Other, above: object[]): unknown {
  if (typeof value === "string" || typeof value === "boolean" || value === null) return value;
  if (typeof value === "number" && Number.isFinite(value)) return value;
  const inside = (member: unknown) => copyOf(member, other, above);
  if (typeof value !== "object") return other(value, inside);
  if (above.includes(value)) throw new TypeError("This stands within itself");
  above.push(value);
  let copy: unknown;
  if (Array.isArray(value)) copy = arrayOf(value, inside);
  else if (isPlain(value)) copy = objectOf(value, inside);
  else copy = other(value, inside);
  above.pop();
  return copy;
}

function arrayOf(values: readonly unknown[], inside: (value: unknown) => unknown): unknown[] {
  const copy: unknown[] = [];
  for (const member of values) copy.push(inside(member));
  return copy;
}

function objectOf(
  value: Readonly<Record<string, unknown>>,
  inside: (value: unknown) => unknown,
): object {
  const copy: Record<string, unknown> = {};
  for (const name of Object.keys(value).sort()) {
    const member = value[name];
    if (member === undefined) continue;
    const written = inside(member);
    if (name !== "__proto__") copy[name] = written;
    else Object.defineProperty(copy, name, { value: written, enumerable: true });
  }
  return copy;
}

/** Was it made by `{}`, perhaps in another realm, or without a prototype? Then its members are all there is to it. */
export function isPlain(value: object): value is Record<string, unknown> {
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
