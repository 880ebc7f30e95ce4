import { digitsOf } from "./digits.ts";

/**
 * Returns a copy of the value for which `JSON.stringify` gives canonical JSON: the names of each
 * object are sorted, and properties that are `undefined` are absent. Copying and then calling
 * `JSON.stringify` is twice as fast as writing the text directly.
 *
 * @param replace Replaces a value that JSON would lose or change. Values that differ must get
 * different replacements. May throw.
 * @throws {TypeError} If the value contains itself.
 * @throws What `replace` throws.
 */
export function canonicalJson(value: unknown, replace: Replace): unknown {
  return copyValue(value, replace, []);
}

/** Returns a replacement for a value that is not JSON; `copy` copies a value inside it. */
export type Replace = (value: unknown, copy: (value: unknown) => unknown) => unknown;

/** @param ancestors The objects that contain the value. */
function copyValue(value: unknown, replace: Replace, ancestors: object[]): unknown {
  if (typeof value === "string" || typeof value === "boolean" || value === null) return value;
  if (typeof value === "number" && Number.isFinite(value)) return value;
  const copyMember = (member: unknown) => copyValue(member, replace, ancestors);
  if (typeof value !== "object") return replace(value, copyMember);
  if (ancestors.includes(value)) throw new TypeError("The value contains itself");
  ancestors.push(value);
  let copy: unknown;
  if (Array.isArray(value)) copy = copyArray(value, copyMember);
  else if (isPlain(value)) copy = copyObject(value, copyMember);
  else copy = replace(value, copyMember);
  ancestors.pop();
  return copy;
}

function copyArray(values: readonly unknown[], copyMember: (value: unknown) => unknown): unknown[] {
  const copy: unknown[] = [];
  for (const [i, member] of values.entries()) {
    copy.push(copyDigits(values, String(i), member) ?? copyMember(member));
  }
  return copy;
}

function copyObject(
  value: Readonly<Record<string, unknown>>,
  copyMember: (value: unknown) => unknown,
): object {
  const copy: Record<string, unknown> = {};
  for (const name of Object.keys(value).sort()) {
    const member = value[name];
    if (member === undefined) continue;
    const memberCopy = copyDigits(value, name, member) ?? copyMember(member);
    if (name !== "__proto__") copy[name] = memberCopy;
    else Object.defineProperty(copy, name, { value: memberCopy, enumerable: true });
  }
  return copy;
}

/** Returns a replacement for a number that has more digits than a JavaScript number holds. */
function copyDigits(holder: object, name: string, member: unknown): unknown {
  const digits = typeof member === "number" ? digitsOf(holder, name) : undefined;
  return digits === undefined ? undefined : { "\0digits": digits };
}

/** Whether the value is a plain object: made by `{}`, in any realm, or without a prototype. */
export function isPlain(value: object): value is Record<string, unknown> {
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
