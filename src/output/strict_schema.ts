/**
 * The part of JSON Schema that a server can hold a model to (`strict: true`), as OpenAI lays it down: every object names all
 * that is in it and requires it, and only some keywords may be used.
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

/** A schema that keeps the rules. */
export interface StrictSchema {
  /** The schema. */
  readonly schema: JsonSchema;
  /** Is there a property that may be absent, and is asked for as null in that case? */
  readonly hasNulls: boolean;
}

class CannotBeStrict extends Error {}

/**
 * The schema with the changes that make it keep the rules, or `undefined` if that would change what fits. What may be absent
 * is asked for as null: `dropNulls` takes it out again.
 *
 * `isChecked` says that a schema library checks the answer after us. Then objects that do not say whether more may be in them
 * are closed, since what a type does not name is of no use; `oneOf` may be `anyOf`; and what a server cannot hold the model to
 * is told in the description.
 */
export function toStrictSchema(root: JsonSchema, isChecked: boolean): StrictSchema | undefined {
  try {
    const walk = new Walk(root, isChecked);
    const schema = walk.schema(root, 0);
    return walk.isTooMuch ? undefined : { schema, hasNulls: walk.hasNulls };
  } catch (error) {
    if (error instanceof CannotBeStrict) return undefined;
    throw error;
  }
}

class Walk {
  hasNulls = false;
  #properties = 0;
  #choices = 0;
  #letters = 0;

  constructor(readonly root: JsonSchema, readonly isChecked: boolean) {}

  get isTooMuch(): boolean {
    return this.#properties > STRICT_LIMITS.properties || this.#choices > STRICT_LIMITS.choices ||
      this.#letters > STRICT_LIMITS.letters;
  }

  /** The schema that keeps the rules; `level` counts how deep it lies. */
  schema(schema: unknown, level: number): JsonSchema {
    if (!isRecord(schema) || level > STRICT_LIMITS.levels) throw new CannotBeStrict();
    const { description, title } = schema;
    const remarks = {
      ...description !== undefined && { description },
      ...title !== undefined && { title },
    };
    if (schema.$ref !== undefined) return this.#reference(schema, remarks);

    const made: Record<string, unknown> = {};
    const told: string[] = [];
    for (const [keyword, value] of Object.entries(schema)) {
      if (keyword === "$id" && level > 0) throw new CannotBeStrict();
      if (DROPPED_KEYWORDS.has(keyword)) continue;
      if (KEPT_KEYWORDS.has(keyword) || this.#isSupported(keyword, value, schema)) {
        made[keyword] = value;
      } else if (DESCRIBED_KEYWORDS.has(keyword) && this.isChecked) {
        // The pattern that a library puts beside a format says the same at length.
        if (keyword !== "pattern" || !STRICT_FORMATS.has(schema.format)) {
          told.push(`${keyword}: ${JSON.stringify(value)}`);
        }
      } else this.#nested(keyword, value, made, level);
    }
    if (told.length > 0) {
      made.description = [description, `(${told.join(", ")})`].filter(Boolean).join(" ");
    }
    this.#choose(schema, made);
    this.#object(schema, made, level);
    this.#typed(made);
    return made;
  }

  #isSupported(keyword: string, value: unknown, { format }: JsonSchema): boolean {
    if (keyword === "format") return STRICT_FORMATS.has(value);
    if (keyword !== "pattern" || typeof value !== "string") return false;
    return !UNSUPPORTED_PATTERN.test(value) && !(this.isChecked && STRICT_FORMATS.has(format));
  }

  /** A reference stands alone, and leads to the root or a definition. */
  #reference(schema: JsonSchema, remarks: JsonSchema): JsonSchema {
    const { $ref } = schema;
    const alone = Object.keys(schema).every((keyword) =>
      keyword === "$ref" || keyword in remarks || DROPPED_KEYWORDS.has(keyword)
    );
    const isPlain = typeof $ref === "string" &&
      /^#(?:\/(?:\$defs|definitions)\/[^/]+)?$/.test($ref);
    if (!alone || !isPlain || resolveRef(this.root, $ref) === undefined) throw new CannotBeStrict();
    return Object.keys(remarks).length === 0 ? { $ref } : { anyOf: [{ $ref }], ...remarks };
  }

  #nested(
    keyword: string,
    value: unknown,
    made: Record<string, unknown>,
    level: number,
  ): void {
    switch (keyword) {
      case "properties":
      case "required":
      case "additionalProperties":
        return; // see #object
      case "items":
        made.items = this.schema(value, level + 1);
        return;
      case "$defs":
      case "definitions":
        if (!isRecord(value)) throw new CannotBeStrict();
        this.#letters += Object.keys(value).join("").length;
        made[keyword] = mapValues(value, (one) => this.schema(one, 1));
        return;
      case "oneOf":
      case "anyOf":
        if (!Array.isArray(value) || made.anyOf !== undefined) throw new CannotBeStrict();
        // A server that may choose more than one is too mild, which only a check afterwards makes good.
        if (keyword === "oneOf" && !this.isChecked) throw new CannotBeStrict();
        made.anyOf = value.map((one) => this.schema(one, level));
        return;
      default:
        throw new CannotBeStrict();
    }
  }

  #choose(schema: JsonSchema, made: Record<string, unknown>): void {
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
    if (made.type === undefined) {
      const types = [...new Set(choices.map(typeOf))];
      made.type = types.length === 1 ? types[0] : types;
    }
  }

  #object(schema: JsonSchema, made: Record<string, unknown>, level: number): void {
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
      (additionalProperties === undefined && this.isChecked && properties !== undefined);
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
    made.properties = mapValues(properties ?? {}, (property, name) => {
      const strict = this.schema(property, level + 1);
      if (required.has(name) || allowsNull(property, this.root)) return strict;
      this.hasNulls = true;
      return { anyOf: [strict, { type: "null" }] };
    });
    made.required = names;
    made.additionalProperties = false;
  }

  /** All that is not a union of others has a type, and a list says what is in it. */
  #typed(made: JsonSchema): void {
    const { type, anyOf } = made;
    if (anyOf !== undefined) {
      const others = Object.keys(made).filter((keyword) =>
        !["anyOf", "description", "title", "$defs", "definitions"].includes(keyword)
      );
      if (others.length > 0) throw new CannotBeStrict();
    } else if (type === undefined) throw new CannotBeStrict();
    const isList = type === "array" || (Array.isArray(type) && type.includes("array"));
    if (isList !== (made.items !== undefined)) throw new CannotBeStrict();
  }
}
