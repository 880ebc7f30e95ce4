/**
 * Strict schemas (`strict: true`): the part of JSON Schema that a server can enforce while a model
 * answers. Each object lists and requires all of its properties, and few keywords are allowed.
 */
import { isRecord } from "../model/check_options.ts";
import type { JsonSchema } from "../model/message.ts";
import {
  allowsNull,
  mapValues,
  propertyOf,
  requiredOf,
  resolveRef,
  typeOf,
} from "./json_schema.ts";
import {
  DESCRIBED_KEYWORDS,
  DROPPED_KEYWORDS,
  KEPT_KEYWORDS,
  LONG_ENUM,
  STRICT_FORMATS,
  STRICT_LIMITS,
  UNSUPPORTED_PATTERN,
} from "./strict_limits.ts";

/** A schema that keeps the rules of strict mode. */
export interface StrictSchema {
  /** The schema. */
  readonly schema: JsonSchema;
  /** Whether a property is optional, so that the model answers null for it if it is absent. */
  readonly hasNulls: boolean;
}

class CannotBeStrict extends Error {}

/** How a schema may be changed. */
export interface StrictOptions {
  /**
   * Whether to change it in ways that only a later check makes good, as for the schema of a
   * library: objects that do not say whether they are open are closed, since no type names what
   * else is in them; `oneOf` becomes `anyOf`; and what a server cannot enforce goes into the
   * description. A JSON Schema is sent as its author wrote it.
   */
  readonly canAdapt: boolean;
}

/**
 * Returns a schema that keeps the rules of strict mode and accepts the same values. `undefined` if
 * there is none. An optional property becomes one that may be null: `dropNulls` removes the nulls.
 */
export function toStrictSchema(
  root: JsonSchema,
  { canAdapt }: StrictOptions,
): StrictSchema | undefined {
  try {
    const conversion = new Conversion(root, canAdapt);
    const schema = conversion.convert(root, 0);
    return conversion.isTooLarge ? undefined : { schema, hasNulls: conversion.hasNulls };
  } catch (error) {
    if (error instanceof CannotBeStrict) return undefined;
    throw error;
  }
}

class Conversion {
  hasNulls = false;
  #properties = 0;
  #choices = 0;
  #letters = 0;

  constructor(readonly root: JsonSchema, readonly canAdapt: boolean) {}

  get isTooLarge(): boolean {
    return this.#properties > STRICT_LIMITS.properties || this.#choices > STRICT_LIMITS.choices ||
      this.#letters > STRICT_LIMITS.letters;
  }

  /** Converts a schema that lies `level` levels deep. */
  convert(schema: unknown, level: number): JsonSchema {
    if (!isRecord(schema) || level > STRICT_LIMITS.levels) throw new CannotBeStrict();
    const { description, title } = schema;
    const annotations = {
      ...description !== undefined && { description },
      ...title !== undefined && { title },
    };
    if (schema.$ref !== undefined) return this.#reference(schema, annotations);

    const converted: Record<string, unknown> = {};
    const described: string[] = [];
    for (const [keyword, value] of Object.entries(schema)) {
      if (keyword === "$id" && level > 0) throw new CannotBeStrict();
      if (DROPPED_KEYWORDS.has(keyword)) continue;
      if (KEPT_KEYWORDS.has(keyword) || this.#isSupported(keyword, value, schema)) {
        converted[keyword] = value;
      } else if (DESCRIBED_KEYWORDS.has(keyword) && this.canAdapt) {
        // A library writes the pattern of a format beside it.
        if (keyword !== "pattern" || !STRICT_FORMATS.has(schema.format)) {
          described.push(`${keyword}: ${JSON.stringify(value)}`);
        }
      } else this.#nested(keyword, value, converted, level);
    }
    if (described.length > 0) {
      converted.description = [description, `(${described.join(", ")})`].filter(Boolean).join(" ");
    }
    this.#checkChoices(schema, converted);
    this.#object(schema, converted, level);
    this.#checkType(converted);
    return converted;
  }

  #isSupported(keyword: string, value: unknown, { format }: JsonSchema): boolean {
    if (keyword === "format") return STRICT_FORMATS.has(value);
    if (keyword !== "pattern" || typeof value !== "string") return false;
    return !UNSUPPORTED_PATTERN.test(value) && !(this.canAdapt && STRICT_FORMATS.has(format));
  }

  /** Converts a reference: it must be alone, and lead to the root or to a definition. */
  #reference(schema: JsonSchema, annotations: JsonSchema): JsonSchema {
    const { $ref } = schema;
    const alone = Object.keys(schema).every((keyword) =>
      keyword === "$ref" || keyword in annotations || DROPPED_KEYWORDS.has(keyword)
    );
    const isPlain = typeof $ref === "string" &&
      /^#(?:\/(?:\$defs|definitions)\/[^/]+)?$/.test($ref);
    if (!alone || !isPlain || resolveRef(this.root, $ref) === undefined) throw new CannotBeStrict();
    return Object.keys(annotations).length === 0 ? { $ref } : { anyOf: [{ $ref }], ...annotations };
  }

  #nested(
    keyword: string,
    value: unknown,
    converted: Record<string, unknown>,
    level: number,
  ): void {
    switch (keyword) {
      case "properties":
      case "required":
      case "additionalProperties":
        return; // see #object
      case "items":
        converted.items = this.convert(value, level + 1);
        return;
      case "$defs":
      case "definitions":
        if (!isRecord(value)) throw new CannotBeStrict();
        this.#letters += Object.keys(value).join("").length;
        converted[keyword] = mapValues(value, (one) => this.convert(one, 1));
        return;
      case "oneOf":
      case "anyOf":
        if (!Array.isArray(value) || converted.anyOf !== undefined) throw new CannotBeStrict();
        // `anyOf` also accepts a value that fits several schemas.
        if (keyword === "oneOf" && !this.canAdapt) throw new CannotBeStrict();
        converted.anyOf = value.map((one) => this.convert(one, level));
        return;
      default:
        throw new CannotBeStrict();
    }
  }

  #checkChoices(schema: JsonSchema, converted: Record<string, unknown>): void {
    if (schema.const === undefined && schema.enum === undefined) return;
    const choices: unknown = schema.enum ?? [schema.const];
    if (!Array.isArray(choices) || choices.some((one) => typeof one === "object" && one !== null)) {
      throw new CannotBeStrict();
    }
    const letters = choices.join("").length;
    this.#choices += choices.length;
    this.#letters += letters;
    const tooLong = choices.length > LONG_ENUM.more && letters > LONG_ENUM.letters;
    if (tooLong) throw new CannotBeStrict();
    if (converted.type === undefined) {
      const types = [...new Set(choices.map(typeOf))];
      converted.type = types.length === 1 ? types[0] : types;
    }
  }

  #object(schema: JsonSchema, converted: Record<string, unknown>, level: number): void {
    const { properties, additionalProperties } = schema;
    const isObject = schema.type === "object" ||
      (Array.isArray(schema.type) && schema.type.includes("object"));
    if (!isObject) {
      if (properties !== undefined || additionalProperties !== undefined) {
        throw new CannotBeStrict();
      }
      return;
    }
    const isClosed = additionalProperties === false ||
      (additionalProperties === undefined && this.canAdapt && properties !== undefined);
    if (!isClosed || (properties !== undefined && !isRecord(properties))) {
      throw new CannotBeStrict();
    }
    const names = Object.keys(properties ?? {});
    const required = requiredOf(schema);
    this.#properties += names.length;
    this.#letters += names.join("").length;
    if ([...required].some((name) => propertyOf(schema, name) === undefined)) {
      throw new CannotBeStrict();
    }
    converted.properties = mapValues(properties ?? {}, (property, name) => {
      const strict = this.convert(property, level + 1);
      if (required.has(name) || allowsNull(property, this.root)) return strict;
      this.hasNulls = true;
      return { anyOf: [strict, { type: "null" }] };
    });
    converted.required = names;
    converted.additionalProperties = false;
  }

  /** Checks that a schema without a union has a type, and that an array has items. */
  #checkType(converted: JsonSchema): void {
    const { type, anyOf } = converted;
    if (anyOf !== undefined) {
      const others = Object.keys(converted).filter((keyword) =>
        !["anyOf", "description", "title", "$defs", "definitions"].includes(keyword)
      );
      if (others.length > 0) throw new CannotBeStrict();
    } else if (type === undefined) throw new CannotBeStrict();
    const isList = type === "array" || (Array.isArray(type) && type.includes("array"));
    if (isList !== (converted.items !== undefined)) throw new CannotBeStrict();
  }
}
