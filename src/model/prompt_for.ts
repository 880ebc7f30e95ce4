import type { OutputSchema } from "./message.ts";

/**
 * The words that ask for JSON where the server cannot be told in its own: to be put at the end of the prompt, as where neither
 * `json_schema` nor `json_object` is known.
 */
export function promptFor({ schema }: OutputSchema): string {
  return "Answer with JSON only, with nothing before or after it. " +
    `It must fit this JSON Schema:\n${JSON.stringify(schema)}`;
}
