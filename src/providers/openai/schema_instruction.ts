/** The schema of the answer, told to the model in words: for servers that cannot hold it to one. */
import type { ContentPart, Message, OutputSchema } from "../../model/message.ts";
import { promptFor } from "../../model/prompt_for.ts";

/**
 * The messages, with the schema told in the system message: there it stands before all that changes, so that servers can keep what
 * they made of it.
 */
export function addSchemaInstruction(
  messages: readonly Message[],
  output: OutputSchema,
): readonly Message[] {
  const text = promptFor(output);
  const [first, ...rest] = messages;
  if (first?.role !== "system") return [{ role: "system", content: text }, ...messages];
  return [{ ...first, content: joined(first.content, text) }, ...rest];
}

function joined(content: Message["content"], text: string): string | readonly ContentPart[] {
  if (typeof content === "string") return content === "" ? text : `${content}\n\n${text}`;
  return [...content, { type: "text", text }];
}
