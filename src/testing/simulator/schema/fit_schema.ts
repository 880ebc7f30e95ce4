/**
 * Makes a value that fits a JSON Schema. The same schema and request always give the same value.
 */
import { isRecord } from "../../../model/check_options.ts";
import { genericText, makeNumber, makeText, type SchemaObject } from "./schema_values.ts";

/** Below this depth only required properties are made, so that recursive schemas end. */
const MAX_DEPTH = 5;

/**
 * Makes a value that fits the schema: the first value of an enum, `true`, a number in the middle
 * of its bounds, a text named after its property. Unknown keywords are ignored.
 *
 * @param request The text of the request: a text without a property name repeats it.
 */
export function fitSchema(schema: unknown, request: string): unknown {
  return new ValueMaker(isRecord(schema) ? schema : {}, request).make(schema, "", 0);
}

class ValueMaker {
  constructor(readonly root: SchemaObject, readonly request: string) {}

  make(from: unknown, name: string, depth: number): unknown {
    if (!isRecord(from)) return from === false ? null : genericText(this.request);
    const schema = this.#resolve(from);
    if ("const" in schema) return schema.const;
    if (Array.isArray(schema.enum)) return schema.enum[0];
    const choices = schema.anyOf ?? schema.oneOf;
    if (Array.isArray(choices) && choices.length > 0) {
      const { anyOf: _a, oneOf: _o, ...base } = schema;
      const open = choices.map((one) => isRecord(one) ? this.#resolve(one) : one);
      const end = depth > MAX_DEPTH ? open.find((one) => isRecord(one) && isFlat(one)) : undefined;
      return this.make(merge(base, isRecord(end ?? open[0]) ? (end ?? open[0]) : {}), name, depth);
    }
    switch (typeOf(schema, depth)) {
      case "object":
        return this.#object(schema, depth);
      case "array":
        return this.#array(schema, name, depth);
      case "number":
      case "integer":
        return makeNumber(schema);
      case "boolean":
        return true;
      case "null":
        return null;
      default:
        return makeText(schema, name, this.request);
    }
  }

  /** Follows references and merges `allOf`. */
  #resolve(schema: SchemaObject): SchemaObject {
    let resolved = schema;
    for (let hops = 0; typeof resolved.$ref === "string" && hops < 32; hops++) {
      const { $ref, ...siblings } = resolved;
      resolved = merge(siblings, this.#lookUp($ref as string));
    }
    if (!Array.isArray(resolved.allOf)) return resolved;
    const { allOf, ...base } = resolved;
    return (allOf as unknown[]).filter(isRecord)
      .reduce<SchemaObject>((sum, part) => merge(sum, this.#resolve(part)), base);
  }

  #lookUp(ref: string): SchemaObject {
    let at: unknown = this.root;
    for (const key of ref.replace(/^#\/?/, "").split("/").filter((part) => part !== "")) {
      const name = decodeURIComponent(key).replaceAll("~1", "/").replaceAll("~0", "~");
      at = isRecord(at) || Array.isArray(at) ? (at as SchemaObject)[name] : undefined;
    }
    return isRecord(at) ? at : {};
  }

  #object(schema: SchemaObject, depth: number): Record<string, unknown> {
    const properties = isRecord(schema.properties) ? schema.properties : {};
    const required = Array.isArray(schema.required) ? schema.required.map(String) : [];
    const names = depth > MAX_DEPTH ? required : new Set([...Object.keys(properties), ...required]);
    const made: Record<string, unknown> = {};
    for (const name of names) {
      const value = this.make(
        properties[name] ?? schema.additionalProperties ?? {},
        name,
        depth + 1,
      );
      Object.defineProperty(made, name, {
        value,
        enumerable: true,
        configurable: true,
        writable: true,
      });
    }
    for (let i = 1; Object.keys(made).length < Number(schema.minProperties ?? 0); i++) {
      made[`key${i}`] = this.make(schema.additionalProperties ?? {}, "", depth + 1);
    }
    return made;
  }

  #array(schema: SchemaObject, name: string, depth: number): unknown[] {
    const minItems = Number(schema.minItems ?? 0);
    const prefix = Array.isArray(schema.prefixItems) ? schema.prefixItems : [];
    const wanted = depth > MAX_DEPTH ? minItems : Math.max(minItems, prefix.length, 1);
    const items = isRecord(schema.items) ? this.#resolve(schema.items) : schema.items;
    const length = items === false
      ? prefix.length
      : Math.min(wanted, Number(schema.maxItems ?? Infinity));
    const values = isRecord(items) && Array.isArray(items.enum) ? items.enum : undefined;
    return Array.from({ length }, (_, i) => {
      if (i < prefix.length) return this.make(prefix[i], name, depth + 1);
      if (values && i > 0) return values[i % values.length];
      const made = this.make(items ?? {}, name, depth + 1);
      if (i === 0 || schema.uniqueItems !== true) return made;
      if (typeof made === "number") return made + i;
      return typeof made === "string" ? `${made} ${i + 1}` : made;
    });
  }
}

function isFlat(schema: SchemaObject): boolean {
  return !["object", "array"].includes(String(schema.type)) && !("$ref" in schema);
}

/** Returns the type to make: the first that is listed, or the one that the keywords belong to. */
function typeOf(schema: SchemaObject, depth: number): unknown {
  if (Array.isArray(schema.type)) {
    if (depth > MAX_DEPTH && schema.type.includes("null")) return "null";
    return schema.type.find((type) => type !== "null") ?? "null";
  }
  if (schema.type !== undefined) return schema.type;
  if ("properties" in schema || "required" in schema) return "object";
  if ("items" in schema || "prefixItems" in schema) return "array";
  return "minimum" in schema || "maximum" in schema ? "number" : "string";
}

function merge(a: SchemaObject, b: SchemaObject): SchemaObject {
  const merged: Record<string, unknown> = { ...a, ...b };
  if (isRecord(a.properties) && isRecord(b.properties)) {
    merged.properties = { ...a.properties, ...b.properties };
  }
  if (Array.isArray(a.required) && Array.isArray(b.required)) {
    merged.required = [...a.required, ...b.required];
  }
  return merged;
}
