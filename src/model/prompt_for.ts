import type { OutputSchema } from "./message.ts";

/**
 * Returns an instruction to answer with JSON of the schema. It goes to the end of the prompt when
 * the server supports neither `json_schema` nor `json_object`.
 */
export function promptFor({ schema }: OutputSchema): string {
  return "Answer with JSON only, with nothing before or after it. " +
    `It must fit this JSON Schema:\n${JSON.stringify(schema)}`;
}
