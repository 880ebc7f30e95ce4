/** What OpenAI lays down for `strict: true`: how large a schema may be, and which keywords may stand in it. */

/** What a schema may have at most. */
export const STRICT_LIMITS = { levels: 10, properties: 5_000, choices: 1_000, letters: 120_000 };
/** More choices than these, all texts, may have that many letters. */
export const LONG_ENUM = { more: 250, letters: 15_000 };

/** They say nothing about what fits, and some of them are refused. */
export const DROPPED_KEYWORDS: ReadonlySet<string> = new Set([
  "$comment",
  "$id",
  "$schema",
  "default",
  "deprecated",
  "example",
  "examples",
  "id",
  "readOnly",
  "writeOnly",
]);
/** They are kept as they are. */
export const KEPT_KEYWORDS: ReadonlySet<string> = new Set([
  "const",
  "description",
  "enum",
  "exclusiveMaximum",
  "exclusiveMinimum",
  "maximum",
  "maxItems",
  "minimum",
  "minItems",
  "multipleOf",
  "title",
  "type",
]);
/** They can be told in words if the answer is checked afterwards. */
export const DESCRIBED_KEYWORDS: ReadonlySet<string> = new Set([
  "contentEncoding",
  "contentMediaType",
  "format",
  "maxLength",
  "maxProperties",
  "minLength",
  "minProperties",
  "pattern",
  "uniqueItems",
]);
/** The formats that a server knows. */
export const STRICT_FORMATS: ReadonlySet<unknown> = new Set([
  "date",
  "date-time",
  "duration",
  "email",
  "hostname",
  "ipv4",
  "ipv6",
  "time",
  "uuid",
]);
/** Looking around and back, borders of words, Unicode classes: not what a grammar can follow. */
export const UNSUPPORTED_PATTERN = /\(\?[=!<]|\\[1-9bBkpP]/;
