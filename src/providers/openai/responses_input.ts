/** Converts a conversation to the input items of the Responses API. */
import type { OpenAI } from "openai";
import type { ContentPart, FilePart } from "../../model/content_part.ts";
import type { Message } from "../../model/message.ts";
import { mergeExtra } from "../http/merge_extra.ts";
import { convertAudio } from "./messages/audio_part.ts";
import { defaultFileName } from "./messages/chat_message.ts";
import { type ReplySource, restoreReasoningItems } from "./reasoning_items.ts";
import { refuseRequest } from "./refuse_request.ts";

type Item = OpenAI.Responses.ResponseInputItem;

/**
 * Converts messages to input items. System messages become items at the same place, as there may be
 * several, and `instructions` holds only one.
 *
 * @param target The server and model of the request. Stored reasoning is only sent back to its
 * source; `undefined` if the server rejects it.
 * @throws {ProviderError} If the API does not support a part of a message.
 */
export function buildInputItems(
  messages: readonly Message[],
  target: ReplySource | undefined,
): Item[] {
  return messages.flatMap((message) =>
    message.role === "assistant"
      ? restoreItems(message, target) ?? convertReply(message)
      : [convertMessage(message)]
  );
}

/**
 * A message with `extra` is not sent back as it was received: it is converted, with its `extra`.
 */
function restoreItems({ providerData, extra }: Message, target: ReplySource | undefined) {
  return extra === undefined && target !== undefined
    ? restoreReasoningItems(providerData, target)
    : undefined;
}

function convertMessage({ role, content, toolCallId, extra }: Message): Item {
  const converted = typeof content === "string" ? content : content.map(convertPart);
  const item = role === "tool"
    ? { type: "function_call_output", call_id: toolCallId, output: converted }
    : { role, content: converted };
  return mergeExtra(item, extra) as Item;
}

function convertReply({ role, content, toolCalls = [], extra }: Message): Item[] {
  const calls = toolCalls.map(({ id, name, args, extra }) =>
    mergeExtra({ type: "function_call", call_id: id, name, arguments: args }, extra) as Item
  );
  // A reply with only tool calls has no text.
  if (content === "" && calls.length > 0) {
    if (extra === undefined) return calls;
    refuseRequest(
      "the Responses API has no item for the extra of a message with only tool calls: " +
        "put it into the extra of the tool calls",
    );
  }
  const item = { role, content: convertReplyContent(content) };
  return [mergeExtra(item, extra) as Item, ...calls];
}

/**
 * Joins text parts: the types of parts differ between input and output, and a string needs none.
 */
function convertReplyContent(content: Message["content"]) {
  if (typeof content === "string") return content;
  if (!content.every((part) => part.type === "text")) return content.map(convertPart);
  if (content.every(({ extra }) => extra === undefined)) {
    return content.map(({ text }) => text).join("");
  }
  return content.map(({ text, extra }) =>
    mergeExtra({ type: "output_text", text, annotations: [] }, extra)
  );
}

function convertPart(part: ContentPart) {
  return mergeExtra(convertContent(part), part.extra);
}

function convertContent(part: ContentPart) {
  switch (part.type) {
    case "text":
      return { type: "input_text", text: part.text };
    case "image":
      return { type: "input_image", image_url: part.url, detail: part.detail ?? "auto" };
    case "audio":
      return convertAudio(part);
    case "file":
      return { type: "input_file", ...convertFile(part) };
  }
}

function convertFile({ url, name }: FilePart) {
  if (/^data:/i.test(url)) return { file_data: url, filename: name ?? defaultFileName(url) };
  return /^https?:/i.test(url) ? { file_url: url } : { file_id: url };
}
