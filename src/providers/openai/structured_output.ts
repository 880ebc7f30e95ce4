import type { ContentPart } from "../../model/content_part.ts";
import type { Message, OutputSchema } from "../../model/message.ts";
import { promptFor } from "../../model/prompt_for.ts";

/** How the output schema is passed to the server. */
export type StructuredOutput = "json_schema" | "json_object" | "prompt";

/**
 * Adds the output schema to the system message, for servers that do not support it as a parameter.
 * At the start of the conversation it does not prevent prompt caching.
 */
export function addSchemaInstruction(
  messages: readonly Message[],
  output: OutputSchema,
): readonly Message[] {
  const text = promptFor(output);
  const [first, ...rest] = messages;
  if (first?.role !== "system" && first?.role !== "developer") {
    return [{ role: "system", content: text }, ...messages];
  }
  return [{ ...first, content: appendText(first.content, text) }, ...rest];
}

function appendText(content: Message["content"], text: string): string | readonly ContentPart[] {
  if (typeof content === "string") return content === "" ? text : `${content}\n\n${text}`;
  return [...content, { type: "text", text }];
}

/**
 * Returns the `strict` flag of a schema, if it is set. In strict mode the server enforces the
 * schema exactly, but accepts only some schemas (all members required, no others allowed). So the
 * flag is only sent when it was set explicitly.
 */
export function readStrictFlag(spec: object): { strict?: boolean } {
  const { strict } = spec as { readonly strict?: unknown };
  return typeof strict === "boolean" ? { strict } : {};
}
