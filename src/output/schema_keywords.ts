/** The keywords of JSON Schema, drafts 04 to 2020-12, and the form of what each of them holds. */

/** The form of a keyword's value. */
export type KeywordForm =
  | "anything"
  | "dependencies"
  | "exclusive limit"
  | "flag"
  | "list"
  | "name lists"
  | "names"
  | "number"
  | "pattern"
  | "positive number"
  | "schema"
  | "schema list"
  | "schema or list"
  | "schemas"
  | "schemas by pattern"
  | "text"
  | "type"
  | "whole number";

/** The keywords with each form. */
const KEYWORDS_BY_FORM: Readonly<Record<KeywordForm, readonly string[]>> = {
  "anything": ["$vocabulary", "const", "default"],
  "dependencies": ["dependencies"],
  "exclusive limit": ["exclusiveMaximum", "exclusiveMinimum"],
  "flag": ["$recursiveAnchor", "deprecated", "readOnly", "uniqueItems", "writeOnly"],
  "list": ["enum", "examples"],
  "name lists": ["dependentRequired"],
  "names": ["required"],
  "number": ["maximum", "minimum"],
  "pattern": ["pattern"],
  "positive number": ["multipleOf"],
  "schema": [
    "additionalItems",
    "additionalProperties",
    "contains",
    "contentSchema",
    "else",
    "if",
    "not",
    "propertyNames",
    "then",
    "unevaluatedItems",
    "unevaluatedProperties",
  ],
  "schema list": ["allOf", "anyOf", "oneOf", "prefixItems"],
  "schema or list": ["items"],
  "schemas": ["$defs", "definitions", "dependentSchemas", "properties"],
  "schemas by pattern": ["patternProperties"],
  "text": [
    "$anchor",
    "$comment",
    "$dynamicAnchor",
    "$dynamicRef",
    "$id",
    "$recursiveRef",
    "$ref",
    "$schema",
    "contentEncoding",
    "contentMediaType",
    "description",
    "format",
    "id",
    "title",
  ],
  "type": ["type"],
  "whole number": [
    "maxContains",
    "maxItems",
    "maxLength",
    "maxProperties",
    "minContains",
    "minItems",
    "minLength",
    "minProperties",
  ],
};

/** The form of each keyword's value. */
export const KEYWORDS: ReadonlyMap<string, KeywordForm> = new Map(
  (Object.keys(KEYWORDS_BY_FORM) as KeywordForm[])
    .flatMap((form) => KEYWORDS_BY_FORM[form].map((keyword) => [keyword, form] as const)),
);

/** The types that a schema can name. */
export const TYPES: ReadonlySet<unknown> = new Set([
  "array",
  "boolean",
  "integer",
  "null",
  "number",
  "object",
  "string",
]);

/** Keywords that say nothing about what fits. */
export const ANNOTATIONS: ReadonlySet<string> = new Set([
  "$comment",
  "$id",
  "$schema",
  "default",
  "deprecated",
  "description",
  "examples",
  "id",
  "readOnly",
  "title",
  "writeOnly",
]);
