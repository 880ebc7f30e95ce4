import type { Message } from "./message.ts";

/** About how many tokens messages have: four characters are one. Good enough to reserve by, not to be billed by. */
export function estimateTokens(messages: readonly Message[]): number {
  let characters = 0;
  for (const { content } of messages) {
    if (typeof content === "string") characters += content.length;
    else for (const part of content) characters += part.type === "text" ? part.text.length : 0;
  }
  return Math.ceil(characters / 4);
}
