/** Merges the deltas of fields that servers add to Chat Completions. */
import { isRecord } from "../../../model/check_options.ts";
import { MAX_ITEMS_PER_ANSWER, tooManyItems } from "../../http/bounds/answer_limits.ts";

type Fields = Readonly<Record<string, unknown>>;

/** The members of an item that arrive whole. Any other text is continued. */
const WHOLE: ReadonlySet<string> = new Set(["type", "id", "index", "format", "role", "signature"]);

/** The types of items that arrive in deltas, even without an index or id. */
const CONTINUED = /text$|summary$|^thinking$/;

/**
 * Returns the value with the delta added: texts are joined, and each item of a list continues the
 * item with its type and its index or id, or else is appended. The members of an object arrive
 * whole, and replace those before.
 *
 * @throws {ProviderError} If a list or an object has more items than an answer may have: each delta
 * costs as much time as there are items.
 */
export function mergeDelta(value: unknown, delta: unknown): unknown {
  if (delta === null || delta === undefined) return value;
  if (typeof value === "string" && typeof delta === "string") return value + delta;
  if (Array.isArray(value) && Array.isArray(delta)) return delta.reduce(mergeItem, value);
  return isRecord(value) && isRecord(delta) ? replaceMembers(value, delta) : delta;
}

/** Returns the fields with those of the delta added. */
export function mergeFields(value: Fields, delta: Fields): Fields {
  const merged = copyFields(value);
  for (const [name, member] of Object.entries(delta)) {
    if (!WHOLE.has(name)) merged[name] = mergeDelta(merged[name], member);
    else if (member !== "") merged[name] = member ?? merged[name];
  }
  return merged;
}

function copyFields(value: Fields): Record<string, unknown> {
  const copy = { ...value };
  if (Object.keys(copy).length > MAX_ITEMS_PER_ANSWER) throw tooManyItems("fields");
  return copy;
}

function replaceMembers(value: Fields, delta: Fields): Fields {
  const merged = copyFields(value);
  for (const [name, member] of Object.entries(delta)) {
    const own = merged[name];
    if (member === null || member === "") merged[name] ??= member;
    else merged[name] = isRecord(own) && isRecord(member) ? replaceMembers(own, member) : member;
  }
  return merged;
}

function mergeItem(items: readonly unknown[], delta: unknown): readonly unknown[] {
  if (items.length > MAX_ITEMS_PER_ANSWER) throw tooManyItems("items in a list");
  const at = isRecord(delta) ? findItem(items, delta) : -1;
  if (at < 0) return [...items, delta];
  return items.with(at, mergeFields(items[at] as Fields, delta as Fields));
}

/** Returns the index of the item that a delta continues, or -1 if it begins another one. */
function findItem(items: readonly unknown[], { type, id, index }: Fields): number {
  const hasId = id !== null && id !== undefined;
  if (typeof index !== "number" && !hasId) {
    const last = items.at(-1);
    const continues = isRecord(last) && last.type === type && CONTINUED.test(String(type));
    return continues ? items.length - 1 : -1;
  }
  return items.findLastIndex((item) =>
    isRecord(item) && item.type === type &&
    (typeof index !== "number" || item.index === index) &&
    // The parallel calls of a model may share an index.
    (!hasId || item.id === null || item.id === undefined || item.id === id)
  );
}
