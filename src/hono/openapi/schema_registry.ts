/** Embeds JSON Schemas in an OpenAPI document and adjusts their references. */
import { mapSchemas } from "../../output/json_schema.ts";
import { isRecord } from "../../model/check_options.ts";
import type { JsonSchema } from "../../model/message.ts";

/** Collects schemas under valid, unique component names. */
export class SchemaRegistry {
  /** The schemas, by name. */
  readonly all: Record<string, JsonSchema> = {};

  /** Adds a schema under the given name, or one like it, and returns a reference to it. */
  add(preferred: string, schema: JsonSchema): { readonly $ref: string } {
    const base = preferred.replaceAll(/[^A-Za-z0-9._-]/g, "_");
    let name = base;
    for (let n = 2; Object.hasOwn(this.all, name); n++) name = `${base}_${n}`;
    const ref = `#/components/schemas/${name}`;
    this.all[name] = relocate(schema, ref);
    return { $ref: ref };
  }
}

/** Returns a copy of the schema whose references to itself start at `root`. */
function relocate(schema: JsonSchema, root: string): JsonSchema {
  const relocateChild = (child: unknown): unknown =>
    isRecord(child) ? relocate(child, root) : child;
  const { $schema: _, $ref, ...others } = mapSchemas(schema, relocateChild);
  return typeof $ref === "string" && /^#(?:\/|$)/.test($ref)
    ? { ...others, $ref: root + $ref.slice(1) }
    : { ...others, ...($ref !== undefined && { $ref }) };
}
