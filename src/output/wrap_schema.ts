/** Wraps schemas that are not those of an object: models answer in objects. */
import { isRecord } from "../model/check_options.ts";
import type { JsonSchema } from "../model/message.ts";
import { mapSchemas } from "./json_schema.ts";

/** Keywords that servers reject at the root, whatever the type is. */
const NOT_AT_ROOT = ["$ref", "allOf", "anyOf", "oneOf", "enum", "const"];

/** Whether it is the schema of an object, without keywords that servers reject at the root. */
export function isObjectSchema(schema: JsonSchema): boolean {
  return schema.type === "object" && !NOT_AT_ROOT.some((keyword) => Object.hasOwn(schema, keyword));
}

/** Returns the schema of an object whose `value` has this schema. Its references stay valid. */
export function wrapSchema(schema: JsonSchema): JsonSchema {
  const { $schema, $id, $defs, definitions, ...value } = schema;
  const defs = isRecord($defs) ? $defs : {};
  let name = "value";
  while (Object.hasOwn(defs, name)) name += "_";
  const itself = `#/$defs/${name}`;
  let refersToItself = false;

  function rebase(child: unknown): unknown {
    // References below another `$id` are relative to it.
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

/** Returns a reference as one from the root. `undefined` if it is none, such as `#name`. */
function local(ref: string, id: unknown): string | undefined {
  const own = typeof id === "string" && (ref === id || ref.startsWith(`${id}#`))
    ? `#${ref.slice(id.length + 1)}`
    : ref;
  return /^#(?:\/|$)/.test(own) ? own : undefined;
}
