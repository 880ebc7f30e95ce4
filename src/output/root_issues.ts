import { isRecord } from "../model/check_options.ts";
import type { Issue } from "../model/errors.ts";
import type { JsonSchema } from "../model/message.ts";
import { fitsType, requiredOf } from "./json_schema.ts";

/**
 * What a plain JSON Schema says at its root: the type, the choices and what must be there. That much tells an answer from
 * something else; to check all of it takes a schema library, and `output` takes those.
 */
export function rootIssues(schema: JsonSchema, value: unknown): Issue[] {
  if (!fitsType(schema, value)) {
    return [{ message: `must be of the type ${[schema.type].flat().join(" or ")}`, path: [] }];
  }
  const choices = schema.enum ?? (Object.hasOwn(schema, "const") ? [schema.const] : undefined);
  if (Array.isArray(choices)) {
    const written = JSON.stringify(value);
    if (!choices.some((choice) => JSON.stringify(choice) === written)) {
      return [{ message: "must be one of the values that the schema lists", path: [] }];
    }
  }
  if (!isRecord(value)) return [];
  return [...requiredOf(schema)].filter((name) => !Object.hasOwn(value, name))
    .map((name) => ({ message: "must be there", path: [name] }));
}
