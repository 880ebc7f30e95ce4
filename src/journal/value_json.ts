import { Buffer } from "node:buffer";
import { deserialize, serialize } from "node:v8";
import { isPlain } from "../model/canonical_json.ts";

/** A value that can be written as JSON: as it is, or, where JSON would lose or change something, as bytes in base64. */
export type WrittenValue = { readonly value?: unknown } | { readonly bytes: string };

/**
 * Prepares any value. Dates, maps, sets, big integers, bytes and circles come back as they were; an object of a class comes back as a plain one,
 * and of what has functions there comes back what JSON makes of it.
 *
 * @throws If it can be written in no way.
 */
export function writeValue(value: unknown): WrittenValue {
  if (isJson(value, 0)) return { value };
  try {
    return { bytes: serialize(value).toString("base64") };
  } catch {
    return { value: JSON.parse(JSON.stringify(value) ?? "null") };
  }
}

/** What was prepared. */
export function readValue(written: WrittenValue): unknown {
  return "bytes" in written ? deserialize(Buffer.from(written.bytes, "base64")) : written.value;
}

/** Deeper than this nobody looks; nor would a circle end. */
const DEEPEST = 100;

/** Would JSON give it back as it is? */
function isJson(value: unknown, depth: number): boolean {
  switch (typeof value) {
    case "string":
    case "boolean":
      return true;
    case "number":
      return Number.isFinite(value) && !Object.is(value, -0);
    case "object":
      break;
    default:
      return value === undefined && depth === 0;
  }
  if (value === null) return true;
  if (depth === DEEPEST) return false;
  if (Array.isArray(value)) {
    // Not by `every`, which passes over holes.
    for (let i = 0; i < value.length; i++) if (!isJson(value[i], depth + 1)) return false;
    return true;
  }
  if (!isPlain(value)) return false;
  for (const name in value) {
    // Such a member is absent then: nobody tells the two apart.
    if (value[name] !== undefined && !isJson(value[name], depth + 1)) return false;
  }
  return true;
}
