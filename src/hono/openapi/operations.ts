/** The parts of operations in an OpenAPI document. */
import type { JsonSchema } from "../../model/message.ts";

/** Describes a path that answers `GET`. */
export function get(operationId: string, summary: string, type = "application/json"): object {
  const schema = type === "application/json" ? { type: "object" } : { type: "string" };
  return { get: { operationId, summary, responses: { "200": answer(summary, type, schema) } } };
}

/** Describes the body of a request. */
export function requestBody(schema: JsonSchema): object {
  return { required: true, content: { "application/json": { schema } } };
}

/** Describes a response. */
export function answer(description: string, type: string, schema: JsonSchema): object {
  return { description, content: { [type]: { schema } } };
}
