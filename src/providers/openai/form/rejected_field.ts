/**
 * Determines whether a server rejected a request because of a field that it does not support.
 *
 * OpenAI names the field in `param` and the reason in `code`, FastAPI (Mistral, vLLM) in `loc` and
 * `type`. Gateways keep only the message, or the original error as text.
 */
import { isRecord } from "../../../model/check_options.ts";

/** The codes and types of errors for fields that a server or a model does not support. */
const UNSUPPORTED_CODES: ReadonlySet<unknown> = new Set([
  "unsupported_parameter",
  "unknown_parameter",
  "unrecognized_parameter",
  "extra_forbidden",
  "value_error.extra",
]);
/** The codes of errors for fields that are supported, with another value. */
const VALUE_CODES: ReadonlySet<unknown> = new Set([
  "unsupported_value",
  "invalid_value",
  "integer_above_max_value",
  "integer_below_min_value",
]);
const UNSUPPORTED_WORDS = new RegExp(
  [
    "unsupported",
    "not (?:be )?(?:support|permit|allow|recogni|expect|accept)",
    "n't (?:support|allow)",
    "unknown",
    "unrecogni[sz]ed",
    "unexpected",
    "extra (?:inputs|fields)",
    "additional propert",
    "instead",
  ].join("|"),
  "i",
);
const INVALID_NAME = "invalid (?:parameter|argument|field|property|option|key)";
/** Members of an error that repeat the request. */
const REQUEST_MEMBERS: ReadonlySet<string> = new Set(["input", "ctx", "body", "request"]);
const MAX_DEPTH = 6;

/** Whether an error body says that a field is not supported. */
export function rejectsField(error: unknown, field: string, depth = 0): boolean {
  if (depth > MAX_DEPTH) return false;
  if (typeof error === "string") return textRejects(error, field, depth);
  if (Array.isArray(error)) return error.some((item) => rejectsField(item, field, depth + 1));
  if (!isRecord(error)) return false;
  const { param, loc, code, type } = error;
  if (VALUE_CODES.has(code)) return false;
  const path = typeof param === "string" ? param.split(/[.[\]'"]+/) : Array.isArray(loc) ? loc : [];
  const isNamed = path.includes(field);
  if (isNamed && (UNSUPPORTED_CODES.has(code) || UNSUPPORTED_CODES.has(type))) return true;
  // The error is about another field, whatever its message mentions.
  if (!isNamed && path.some((name) => typeof name === "string" && name !== "")) return false;
  return Object.entries(error).some(([name, member]) => {
    if (REQUEST_MEMBERS.has(name)) return false;
    if (isNamed && typeof member === "string" && UNSUPPORTED_WORDS.test(member)) return true;
    return rejectsField(member, field, depth + 1);
  });
}

function textRejects(text: string, field: string, depth: number): boolean {
  if (/^\s*[{[]/.test(text)) {
    try {
      return rejectsField(JSON.parse(text), field, depth + 1);
    } catch {
      // It is a text after all.
    }
  }
  if (!new RegExp(`(?<!\\w)${field}(?!\\w)`).test(text)) return false;
  // A reason after the name means that the value is invalid.
  return UNSUPPORTED_WORDS.test(text) ||
    new RegExp(`${INVALID_NAME}\\W+${field}\\W*$`, "i").test(text);
}
