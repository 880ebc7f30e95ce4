import type { Message } from "./message.ts";

/**
 * Estimates the tokens of messages at four characters per token. Good enough for reservations, not
 * for costs.
 */
export function estimateTokens(messages: readonly Message[]): number {
  let characters = 0;
  for (const { content } of messages) {
    if (typeof content === "string") characters += content.length;
    else for (const part of content) characters += part.type === "text" ? part.text.length : 0;
  }
  return Math.ceil(characters / 4);
}
