import type { ModelRequest } from "../../model/message.ts";

/** A shorter text may be a part of the server's own words. */
const MIN_LENGTH = 12;

/** Replaces the texts of the request in a server's reason: some servers echo the prompt. */
export function hidePrompt(reason: string, { messages }: Pick<ModelRequest, "messages">): string {
  let result = reason;
  for (const { content } of messages) {
    const texts = typeof content === "string"
      ? [content]
      : content.map((part) => part.type === "text" ? part.text : "");
    for (const text of texts) {
      // A longer text cannot be a part of the reason.
      if (text.length > 2 * reason.length) continue;
      // The reason is on one line.
      const plain = text.replaceAll(/\s+/g, " ").trim();
      if (plain.length < MIN_LENGTH) continue;
      result = result.replaceAll(plain, "[prompt]");
      const escaped = JSON.stringify(text).slice(1, -1);
      if (escaped !== plain) result = result.replaceAll(escaped, "[prompt]");
    }
  }
  return result;
}
