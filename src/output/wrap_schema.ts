/** Models answer in objects: what is none is asked for as the `value` of one. */
import { isRecord } from "../model/check_options.ts";
import type { JsonSchema } from "../model/message.ts";
import { mapSchemas } from "./json_schema.ts";

/** Keywords that servers refuse at the root, whatever the type is. */
const NOT_AT_ROOT = ["$ref", "allOf", "anyOf", "oneOf", "enum", "const"];

/** Is it the schema of a plain object? */
export function isObjectSchema(schema: JsonSchema): boolean {
  return schema.type === "object" && !NOT_AT_ROOT.some((keyword) => Object.hasOwn(schema, keyword));
}

/** The schema of an object whose `value` has this schema; what the schema refers to is still found. */
export function wrapSchema(schema: JsonSchema): JsonSchema {
  const { $schema, $id, $defs, definitions, ...value } = schema;
  const defs = isRecord($defs) ? $defs : {};
  let name = "value";
  while (Object.hasOwn(defs, name)) name += "_";
  const itself = `#/$defs/${name}`;
  let refersToItself = false;

  function rebase(child: unknown): unknown {
    // References below another `$id` start there.
    if (!isRecord(child) || (child !== value && typeof child.$id === "string")) return child;
    const mapped = mapSchemas(child, rebase);
    const ref = typeof child.$ref === "string" ? local(child.$ref, $id) : undefined;
    if (ref === undefined) return mapped;
    if (/^#\/(?:\$defs|definitions)\//.test(ref)) return { ...mapped, $ref: ref };
    refersToItself = true;
    return { ...mapped, $ref: itself + ref.slice(1) };
  }
  const rebased = rebase(value);
  const moved = mapSchemas(
    { $defs: defs, ...definitions !== undefined && { definitions } },
    rebase,
  );
  const allDefs = {
    ...moved.$defs as JsonSchema,
    ...refersToItself ? { [name]: rebased } : undefined,
  };
  return {
    ...$schema !== undefined && { $schema },
    type: "object",
    properties: { value: refersToItself ? { $ref: itself } : rebased },
    required: ["value"],
    additionalProperties: false,
    ...Object.keys(allDefs).length > 0 && { $defs: allDefs },
    ...moved.definitions !== undefined && { definitions: moved.definitions },
  };
}

/** The reference as one from the root; `undefined` if it leads elsewhere, as to a name (`#name`). */
function local(ref: string, id: unknown): string | undefined {
  const own = typeof id === "string" && (ref === id || ref.startsWith(`${id}#`))
    ? `#${ref.slice(id.length + 1)}`
    : ref;
  return /^#(?:\/|$)/.test(own) ? own : undefined;
}
