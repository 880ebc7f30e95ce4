/** JSON Schemas as parts of a larger document: their references lead to where they stand now. */
import { mapSchemas } from "../../output/json_schema.ts";
import { isRecord } from "../../model/check_options.ts";
import type { JsonSchema } from "../../model/message.ts";

/** Collects schemas under names that a document may have, and refers to them. */
export class SchemaRegistry {
  /** The schemas, by name. */
  readonly all: Record<string, JsonSchema> = {};

  /** Puts a schema in, and gives the reference to it. */
  add(wanted: string, schema: JsonSchema): { readonly $ref: string } {
    const base = wanted.replaceAll(/[^A-Za-z0-9._-]/g, "_");
    let name = base;
    for (let n = 2; Object.hasOwn(this.all, name); n++) name = `${base}_${n}`;
    const at = `#/components/schemas/${name}`;
    this.all[name] = moved(schema, at);
    return { $ref: at };
  }
}

/** The same schema with its own references leading to `at`, where it stands. */
function moved(schema: JsonSchema, at: string): JsonSchema {
  const move = (child: unknown): unknown => isRecord(child) ? moved(child, at) : child;
  const { $schema: _, $ref, ...others } = mapSchemas(schema, move);
  return typeof $ref === "string" && /^#(?:\/|$)/.test($ref)
    ? { ...others, $ref: at + $ref.slice(1) }
    : { ...others, ...($ref !== undefined && { $ref }) };
}
