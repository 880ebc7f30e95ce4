import { isRecord, refuse } from "../../model/check_options.ts";
import type { ModelReply, ModelRequest } from "../../model/message.ts";
import { plainUsage } from "../../model/usage.ts";

/** What the last message says. */
export function lastMessageText({ messages }: ModelRequest): string {
  const content = messages.at(-1)?.content ?? "";
  if (typeof content === "string") return content;
  return content.map((part) => part.type === "text" ? part.text : "").join("");
}

/** The reply that `respond` means, with so many tokens. */
export function toModelReply(
  said: unknown,
  inputTokens: number,
  outputTokens: number | undefined,
): ModelReply | Error {
  if (said instanceof Error) return said;
  const reply = typeof said === "string" ? { text: said } : said;
  if (!isRecord(reply) || typeof reply.text !== "string") {
    refuse("answer", "what respond gives", "a text, a reply with a text or an error", said);
  }
  const { text } = reply;
  const estimated = plainUsage(inputTokens, outputTokens ?? Math.ceil(text.length / 4));
  const whole = { finishReason: "stop", usage: estimated, ...reply, text };
  return outputTokens === undefined ? whole : { ...whole, usage: estimated };
}
