/**
 * Replaces lone surrogates, halves of a character that `slice` may leave behind. They are no text
 * in any encoding, so strict servers reject a body that contains one.
 */

import { isPlain } from "../../model/canonical_json.ts";

/** Matches the escape of a surrogate as `JSON.stringify` writes it, or an escaped backslash. */
const LONE_SURROGATE = /\\\\|\\ud[89a-f][0-9a-f]{2}/g;

/**
 * Returns the value as JSON, with U+FFFD instead of each lone surrogate.
 *
 * @throws {TypeError} If the value cannot be written as JSON.
 */
export function toWellFormedJson(value: unknown): string {
  const json = JSON.stringify(value);
  // Only lone surrogates are escaped. In a text, the backslash would be doubled.
  return json?.includes("\\ud")
    ? json.replaceAll(LONE_SURROGATE, (escape) => escape === "\\\\" ? escape : "\ufffd")
    : json;
}

/**
 * Returns a copy of the value, which must be JSON, without lone surrogates; the value itself if it
 * has none. Objects of classes, such as URLs, stay as they are.
 */
export function toWellFormedValue<T>(value: T): T {
  return wellFormed(value, []) as T;
}

/** @param ancestors The objects that contain the value. */
function wellFormed(value: unknown, ancestors: object[]): unknown {
  if (typeof value === "string") return value.toWellFormed();
  if (typeof value !== "object" || value === null) return value;
  // A value that contains itself is no JSON, as its sender reports.
  if (!(Array.isArray(value) || isPlain(value)) || ancestors.includes(value)) return value;
  ancestors.push(value);
  const copy = Array.isArray(value)
    ? copyItems(value, ancestors)
    : copyMembers(value as Record<string, unknown>, ancestors);
  ancestors.pop();
  return copy;
}

function copyItems(items: readonly unknown[], ancestors: object[]): readonly unknown[] {
  const copy = items.map((item) => wellFormed(item, ancestors));
  return copy.every((item, i) => item === items[i]) ? items : copy;
}

function copyMembers(value: Record<string, unknown>, ancestors: object[]): object {
  let changed = false;
  const entries = Object.entries(value).map(([name, member]) => {
    const entry = [name.toWellFormed(), wellFormed(member, ancestors)] as const;
    changed ||= entry[0] !== name || entry[1] !== member;
    return entry;
  });
  return changed ? Object.fromEntries(entries) : value;
}
