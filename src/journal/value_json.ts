import { Buffer } from "node:buffer";
import { deserialize, serialize } from "node:v8";
import { isPlain } from "../model/canonical_json.ts";
import { type DigitsAt, findDigits, restoreDigits } from "../model/digits.ts";
import { stringifyExact } from "../model/exact_json.ts";
import { JournalError } from "./journal_error.ts";

/** A value as JSON: unchanged, or as bytes in base64 where JSON would lose or change something. */
export type WrittenValue =
  & ({ readonly value?: unknown } | { readonly bytes: string })
  & {
    /** The digits of numbers that a JavaScript number cannot hold. */
    readonly digits?: readonly DigitsAt[];
  };

/**
 * Converts a value to JSON. Dates, maps, sets, big integers, bytes and circular references are
 * restored by {@linkcode readValue}. Instances of classes become plain objects. A value that
 * contains functions becomes what `JSON.stringify` returns.
 *
 * @throws If the value cannot be serialized.
 */
export function writeValue(value: unknown): WrittenValue {
  const found = findDigits(value);
  const digits = found.length > 0 ? { digits: found } : undefined;
  if (isJson(value, 0)) return digits === undefined ? { value } : { value, ...digits };
  try {
    return { bytes: serialize(value).toString("base64"), ...digits };
  } catch {
    return { value: JSON.parse(stringifyExact(value) ?? "null") };
  }
}

/**
 * Restores a value.
 *
 * @throws {JournalError} If its bytes were written by another runtime: Bun has a format of its own.
 */
export function readValue(written: WrittenValue): unknown {
  const value = "bytes" in written ? readBytes(written.bytes) : written.value;
  if (written.digits !== undefined) restoreDigits(value, written.digits);
  return value;
}

function readBytes(text: string): unknown {
  const bytes = Buffer.from(text, "base64");
  // Bytes of another format may be read as another value, without an error.
  if (isOfV8(bytes) === isOfV8(serialize(null))) return deserialize(bytes);
  const writer = isOfV8(bytes) ? "Deno or Node" : "Bun";
  throw new JournalError(
    `Cannot read a value of the journal, such as a date or a map, as ${writer} has written it ` +
      `and only ${writer} can read it: continue the run on ${writer}`,
    "read",
  );
}

/** Whether bytes are in V8's format, which begins with this tag. Bun's begins with a version. */
function isOfV8(bytes: Uint8Array): boolean {
  return bytes[0] === 0xff;
}

/** The maximum depth of values that are checked. It also ends circular references. */
const MAX_DEPTH = 100;

/** Whether JSON restores the value exactly. */
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
  if (depth === MAX_DEPTH) return false;
  if (Array.isArray(value)) {
    // Not `every`, which skips holes.
    for (let i = 0; i < value.length; i++) if (!isJson(value[i], depth + 1)) return false;
    return true;
  }
  if (!isPlain(value)) return false;
  for (const name in value) {
    // JSON omits a member that is `undefined`. The difference does not matter.
    if (value[name] !== undefined && !isJson(value[name], depth + 1)) return false;
  }
  return true;
}
