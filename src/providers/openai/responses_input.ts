/** Converts a conversation to the input items of the Responses API. */
import type { OpenAI } from "openai";
import type { ContentPart, Message } from "../../model/message.ts";
import { defaultFileName } from "./chat_request.ts";
import { type ReplySource, restoreReasoningItems } from "./reasoning_items.ts";

type Item = OpenAI.Responses.ResponseInputItem;

/**
 * Converts messages to input items. System messages become items at the same place, as there may be
 * several, and `instructions` holds only one.
 *
 * @param target The server and model of the request. Stored reasoning is only sent back to its
 * source.
 */
export function buildInputItems(
  messages: readonly Message[],
  target: ReplySource,
): Item[] {
  return messages.flatMap((message) =>
    message.role === "assistant"
      ? restoreReasoningItems(message.providerData, target) ?? convertReply(message)
      : [convertMessage(message)]
  );
}

function convertMessage({ role, content, toolCallId }: Message): Item {
  const converted = typeof content === "string" ? content : content.map(convertPart);
  return (role === "tool"
    ? { type: "function_call_output", call_id: toolCallId, output: converted }
    : { role, content: converted }) as Item;
}

function convertReply({ role, content, toolCalls = [] }: Message): Item[] {
  const calls = toolCalls.map(({ id, name, args }): Item => ({
    type: "function_call",
    call_id: id,
    name,
    arguments: args,
  }));
  // A reply with only tool calls has no text.
  return content === "" && calls.length > 0
    ? calls
    : [{ role, content: convertReplyContent(content) } as Item, ...calls];
}

/**
 * Joins text parts: the types of parts differ between input and output, and a string needs none.
 */
function convertReplyContent(content: Message["content"]) {
  if (typeof content === "string") return content;
  return content.every((part) => part.type === "text")
    ? content.map((part) => part.text).join("")
    : content.map(convertPart);
}

function convertPart(part: ContentPart) {
  switch (part.type) {
    case "text":
      return { type: "input_text", text: part.text };
    case "image":
      return { type: "input_image", image_url: part.url, detail: "auto" };
    case "file":
      return { type: "input_file", ...convertFile(part) };
  }
}

function convertFile({ url, name }: ContentPart & { type: "file" }) {
  if (/^data:/i.test(url)) return { file_data: url, filename: name ?? defaultFileName(url) };
  return /^https?:/i.test(url) ? { file_url: url } : { file_id: url };
}
