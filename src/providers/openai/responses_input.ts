/** A conversation in the words of Responses: a list of items. */
import type { OpenAI } from "openai";
import type { ContentPart, Message } from "../../model/message.ts";
import { defaultFileName } from "./chat_request.ts";
import { type ReasoningItems, restoreReasoningItems } from "./reasoning_items.ts";

/** One item of a conversation. */
export type Item = OpenAI.Responses.ResponseInputItem;

/**
 * The items of a conversation. System messages stay where they are, as items: there may be more than one, and `instructions` could
 * hold but one text.
 *
 * @param here Where the request goes to: only there is what it gave of any use.
 */
export function buildInputItems(
  messages: readonly Message[],
  here: Omit<ReasoningItems, "items">,
): Item[] {
  return messages.flatMap((message) =>
    message.role === "assistant"
      ? restoreReasoningItems(message.providerData, here) ?? answerOf(message)
      : [itemOf(message)]
  );
}

function itemOf({ role, content, toolCallId }: Message): Item {
  const said = typeof content === "string" ? content : content.map(partOf);
  return (role === "tool"
    ? { type: "function_call_output", call_id: toolCallId, output: said }
    : { role, content: said }) as Item;
}

function answerOf({ role, content, toolCalls = [] }: Message): Item[] {
  const calls = toolCalls.map(({ id, name, args }): Item => ({
    type: "function_call",
    call_id: id,
    name,
    arguments: args,
  }));
  // An answer that only asks for tools has no text.
  return content === "" && calls.length > 0
    ? calls
    : [{ role, content: textOf(content) } as Item, ...calls];
}

/** What the model said has parts of another type than what it is told; as a text it needs none. */
function textOf(content: Message["content"]) {
  if (typeof content === "string") return content;
  return content.every((part) => part.type === "text")
    ? content.map((part) => part.text).join("")
    : content.map(partOf);
}

function partOf(part: ContentPart) {
  switch (part.type) {
    case "text":
      return { type: "input_text", text: part.text };
    case "image":
      return { type: "input_image", image_url: part.url, detail: "auto" };
    case "file":
      return { type: "input_file", ...fileOf(part) };
  }
}

function fileOf({ url, name }: ContentPart & { type: "file" }) {
  if (/^data:/i.test(url)) return { file_data: url, filename: name ?? defaultFileName(url) };
  return /^https?:/i.test(url) ? { file_url: url } : { file_id: url };
}
