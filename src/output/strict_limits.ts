/** The rules of OpenAI for `strict: true`: the size of a schema, and the keywords it may have. */

/** The maximum size of a schema. `letters` are those of all names and choices together. */
export const STRICT_LIMITS = { levels: 10, properties: 5_000, choices: 1_000, letters: 120_000 };
/** An `enum` with more than 250 choices may have at most 15,000 letters in them. */
export const LONG_ENUM = { more: 250, letters: 15_000 };

/** Keywords that are removed: they do not change what fits, and servers reject some of them. */
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
/** Keywords that are kept as they are. */
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
/** Keywords that go into the description instead if the schema may be adapted. */
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
/** The formats that servers support. */
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
/** Patterns that no grammar can follow: lookaround, back references, `\b`, Unicode classes. */
export const UNSUPPORTED_PATTERN = /\(\?[=!<]|\\[1-9bBkpP]/;
