/**
 * Makes a value that fits a JSON Schema, and that makes sense beside the text it is about.
 */
import { answerTask, type Task } from "../../../../examples/_lexicon/task.ts";
import { choose, makeFlag, makeNumber, makeText, type Schema } from "./schema_values.ts";

/** Beyond this depth only what is required is made, so that recursive schemas end. */
const DEEP = 5;

/** The value; unknown keywords of the schema are passed over. */
export function fitSchema(schema: unknown, task: Task): unknown {
  return new Maker(isSchema(schema) ? schema : {}, task).make(schema, "", 0);
}

class Maker {
  constructor(readonly root: Schema, readonly task: Task) {}

  make(from: unknown, name: string, depth: number): unknown {
    if (!isSchema(from)) return from === false ? null : answerTask(this.task);
    const schema = this.#resolve(from);
    if ("const" in schema) return schema.const;
    if (Array.isArray(schema.enum)) return choose(schema.enum, this.task);
    const choices = schema.anyOf ?? schema.oneOf;
    if (Array.isArray(choices) && choices.length > 0) {
      const { anyOf: _a, oneOf: _o, ...base } = schema;
      const open = choices.map((one) => isSchema(one) ? this.#resolve(one) : one);
      const end = depth > DEEP ? open.find((one) => isSchema(one) && isFlat(one)) : undefined;
      return this.make(merge(base, isSchema(end ?? open[0]) ? (end ?? open[0]) : {}), name, depth);
    }
    switch (typeOf(schema, depth)) {
      case "object":
        return this.#object(schema, depth);
      case "array":
        return this.#array(schema, name, depth);
      case "number":
      case "integer":
        return makeNumber(schema, name, this.task);
      case "boolean":
        return makeFlag(name, this.task);
      case "null":
        return null;
      default:
        return makeText(schema, name, this.task);
    }
  }

  /** Follows references and folds `allOf` in. */
  #resolve(schema: Schema): Schema {
    let found = schema;
    for (let hops = 0; typeof found.$ref === "string" && hops < 32; hops++) {
      const { $ref, ...beside } = found;
      found = merge(beside, this.#look($ref as string));
    }
    if (!Array.isArray(found.allOf)) return found;
    const { allOf, ...base } = found;
    return (allOf as unknown[]).filter(isSchema)
      .reduce<Schema>((sum, part) => merge(sum, this.#resolve(part)), base);
  }

  #look(ref: string): Schema {
    let at: unknown = this.root;
    for (const key of ref.replace(/^#\/?/, "").split("/").filter((part) => part !== "")) {
      const name = decodeURIComponent(key).replaceAll("~1", "/").replaceAll("~0", "~");
      at = isSchema(at) || Array.isArray(at) ? (at as Schema)[name] : undefined;
    }
    return isSchema(at) ? at : {};
  }

  #object(schema: Schema, depth: number): Record<string, unknown> {
    const properties = isSchema(schema.properties) ? schema.properties : {};
    const required = Array.isArray(schema.required) ? schema.required.map(String) : [];
    const names = depth > DEEP ? required : new Set([...Object.keys(properties), ...required]);
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

  #array(schema: Schema, name: string, depth: number): unknown[] {
    const least = Number(schema.minItems ?? 0);
    const fixed = Array.isArray(schema.prefixItems) ? schema.prefixItems : [];
    const wanted = depth > DEEP ? least : Math.max(least, fixed.length, 1);
    const items = isSchema(schema.items) ? this.#resolve(schema.items) : schema.items;
    const length = items === false
      ? fixed.length
      : Math.min(wanted, Number(schema.maxItems ?? Infinity));
    const all = isSchema(items) && Array.isArray(items.enum) ? items.enum : undefined;
    return Array.from({ length }, (_, i) => {
      if (i < fixed.length) return this.make(fixed[i], name, depth + 1);
      if (all && i > 0) return rotated(all, choose(all, this.task))[i % all.length];
      const made = this.make(items ?? {}, name, depth + 1);
      if (i === 0 || schema.uniqueItems !== true) return made;
      if (typeof made === "number") return made + i;
      return typeof made === "string" ? `${made} ${i + 1}` : made;
    });
  }
}

function isSchema(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isFlat(schema: Schema): boolean {
  return !["object", "array"].includes(String(schema.type)) && !("$ref" in schema);
}

/** The type to make: the first that is listed, or the one that the other keywords speak of. */
function typeOf(schema: Schema, depth: number): unknown {
  if (Array.isArray(schema.type)) {
    if (depth > DEEP && schema.type.includes("null")) return "null";
    return schema.type.find((type) => type !== "null") ?? "null";
  }
  if (schema.type !== undefined) return schema.type;
  if ("properties" in schema || "required" in schema) return "object";
  if ("items" in schema || "prefixItems" in schema) return "array";
  return "minimum" in schema || "maximum" in schema ? "number" : "string";
}

function merge(a: Schema, b: Schema): Schema {
  const merged: Record<string, unknown> = { ...a, ...b };
  if (isSchema(a.properties) && isSchema(b.properties)) {
    merged.properties = { ...a.properties, ...b.properties };
  }
  if (Array.isArray(a.required) && Array.isArray(b.required)) {
    merged.required = [...a.required, ...b.required];
  }
  return merged;
}

function rotated(all: readonly unknown[], first: unknown): unknown[] {
  const at = Math.max(0, all.indexOf(first));
  return [...all.slice(at), ...all.slice(0, at)];
}
