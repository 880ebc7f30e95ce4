/**
 * JSON that keeps the digits of numbers. An integer that a number cannot hold is a bigint; of other
 * numbers, such as `1e400`, the digits are remembered beside the number.
 *
 * Runtimes without `JSON.rawJSON` and the source of numbers, such as Node 22, read and write as
 * `JSON.parse` and `JSON.stringify` do.
 */
import { digitsOf, hasDigits, rememberDigits } from "./digits.ts";

/** The functions that only newer runtimes have. */
interface ExactJson {
  rawJSON?(text: string): unknown;
  parse(text: string, reviver: Reviver): unknown;
}
type Reviver = (
  this: object,
  name: string,
  value: unknown,
  context?: { readonly source?: string },
) => unknown;

const json = JSON as ExactJson;
const rawJson = json.rawJSON;
const isSupported = rawJson !== undefined &&
  json.parse("1", (_name, _value, context) => context?.source) === "1";

/** Matches texts in which a number may lose digits: it is long, or has a large exponent. */
const MAY_LOSE_DIGITS = /\d[\d.]{15,}|\d[eE][+-]?\d{3,}/;
/** The maximum length of a bigint. Longer ones would take more than linear time. */
const MAX_BIGINT_LENGTH = 4_096;

/**
 * Parses JSON. Numbers keep their digits: see {@linkcode stringifyExact}.
 *
 * @throws {SyntaxError} If the text is not JSON.
 */
export function parseExact(text: string): unknown {
  return parse(text, (holder, name, value, source) => {
    rememberDigits(holder, name, source);
    return isInteger(source) && source.length <= MAX_BIGINT_LENGTH ? BigInt(source) : value;
  });
}

/**
 * Parses JSON that is only written again: each number that would lose digits becomes an object that
 * `JSON.stringify` writes as it was.
 *
 * @throws {SyntaxError} If the text is not JSON.
 */
export function parseForWriting(text: string): unknown {
  return parse(text, (_holder, _name, _value, source) => rawJson!(source));
}

/**
 * Writes JSON as `JSON.stringify` does, but with all digits of bigints, and of numbers that
 * {@linkcode parseExact} has read.
 *
 * @throws {TypeError} If the value contains itself.
 */
export function stringifyExact(value: unknown, space?: number): string {
  if (isSupported && hasDigits(value)) return JSON.stringify(value, writeDigits, space);
  try {
    return JSON.stringify(value, undefined, space);
  } catch (error) {
    // It may have a bigint.
    if (!isSupported || !(error instanceof TypeError)) throw error;
    return JSON.stringify(value, writeDigits, space);
  }
}

function writeDigits(this: object, name: string, value: unknown): unknown {
  if (typeof value === "bigint") return rawJson!(String(value));
  if (typeof value !== "number") return value;
  const digits = digitsOf(this, name);
  return digits === undefined ? value : rawJson!(digits);
}

/** Replaces a number that would lose digits. */
type Replace = (holder: object, name: string, value: number, source: string) => unknown;

function parse(text: string, replace: Replace): unknown {
  // A reviver makes parsing several times slower.
  if (!isSupported || !MAY_LOSE_DIGITS.test(text)) return JSON.parse(text);
  try {
    return json.parse(text, function (name, value, context) {
      const source = context?.source;
      return typeof value === "number" && source !== undefined && losesDigits(value, source)
        ? replace(this, name, value, source)
        : value;
    });
  } catch (error) {
    // Revivers are recursive: the text is nested too deeply for them.
    if (error instanceof RangeError) return JSON.parse(text);
    throw error;
  }
}

/** Returns the text of a JSON number if {@linkcode parseExact} would remember its digits. */
export function lostDigits(source: string): string | undefined {
  return isSupported && losesDigits(Number(source), source) ? source : undefined;
}

function losesDigits(value: number, source: string): boolean {
  if (Number.isSafeInteger(value) && value !== 0 && source.length < 16) return false;
  const written = String(value);
  if (written === source) return false;
  // An integer is a bigint even if only the form of the number differs, as that of 1e+21 does.
  if (isInteger(source)) return !Number.isSafeInteger(value);
  return normalized(written) !== normalized(source);
}

function isInteger(source: string): boolean {
  return /^-?\d+$/.test(source);
}

/** Returns a number as its digits without zeros around them, and its exponent. */
function normalized(number: string): string {
  const [mantissa = "", exponent = "0"] = number.replace("-", "").toLowerCase().split("e");
  const [whole = "", fraction = ""] = mantissa.split(".");
  const digits = whole + fraction;
  let start = 0;
  while (digits[start] === "0") start++;
  let end = digits.length;
  while (end > start && digits[end - 1] === "0") end--;
  if (start === end) return "0";
  const scale = Number(exponent) - fraction.length + (digits.length - end);
  return `${number.startsWith("-") ? "-" : ""}${digits.slice(start, end)}e${scale}`;
}
