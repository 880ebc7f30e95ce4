import { isRecord, refuse } from "../../model/check_options.ts";
import type { ModelReply, ModelRequest } from "../../model/message.ts";
import { plainUsage } from "../../model/usage.ts";

/** Returns the text of the last message. */
export function lastMessageText({ messages }: ModelRequest): string {
  const content = messages.at(-1)?.content ?? "";
  if (typeof content === "string") return content;
  return content.map((part) => part.type === "text" ? part.text : "").join("");
}

/**
 * Converts what `respond` returned to a reply.
 *
 * @throws {TypeError} If it is neither a text, a reply nor an error.
 */
export function toModelReply(
  response: unknown,
  inputTokens: number,
  outputTokens: number | undefined,
): ModelReply | Error {
  if (response instanceof Error) return response;
  const reply = typeof response === "string" ? { text: response } : response;
  if (!isRecord(reply) || typeof reply.text !== "string") {
    refuse("answer", "what respond returns", "a text, a reply with a text or an error", response);
  }
  const { text } = reply;
  const estimated = plainUsage(inputTokens, outputTokens ?? Math.ceil(text.length / 4));
  const complete = { finishReason: "stop", usage: estimated, ...reply, text };
  return outputTokens === undefined ? complete : { ...complete, usage: estimated };
}
