/** Converts messages to those of Chat Completions. */
import type { OpenAI } from "openai";
import type { ContentPart, FilePart, ImagePart } from "../../../model/content_part.ts";
import type { Message, ToolRequest } from "../../../model/message.ts";
import { mergeExtra } from "../../http/merge_extra.ts";
import { type AssistantEcho, restoreEcho } from "./assistant_echo.ts";
import { convertAudio } from "./audio_part.ts";
import type { ReplySource } from "../reasoning_items.ts";

type Param = OpenAI.Chat.Completions.ChatCompletionMessageParam;

/**
 * Converts a message.
 *
 * @param target The server and model of the request, to which what came with a message is sent
 * back; `undefined` if the server rejects it.
 * @throws {ProviderError} If the API does not support a part.
 */
export function convertChatMessage(message: Message, target: ReplySource | undefined): Param {
  const { role, content, toolCalls = [], toolCallId, providerData, extra } = message;
  const echo = role === "assistant" && target !== undefined
    ? restoreEcho(providerData, target)
    : undefined;
  const converted = {
    role,
    // A message with only tool calls has no text: some servers reject an empty one.
    content: content === "" && toolCalls.length > 0
      ? null
      : typeof content === "string"
      ? content
      : content.map(convertPart),
    ...(toolCalls.length > 0 && {
      tool_calls: toolCalls.map((call, i) => convertToolCall(call, echo?.calls[i])),
    }),
    ...(toolCallId !== undefined && { tool_call_id: toolCallId }),
    ...echo?.message,
  };
  return mergeExtra(converted, extra) as Param;
}

function convertToolCall(
  { id, name, args, extra }: ToolRequest,
  echoed: AssistantEcho["calls"][number] | undefined,
) {
  const call = { id, type: "function", function: { name, arguments: args }, ...echoed };
  return mergeExtra(call, extra);
}

function convertPart(part: ContentPart) {
  return mergeExtra(convertContent(part), part.extra);
}

function convertContent(part: ContentPart) {
  switch (part.type) {
    case "text":
      return { type: "text", text: part.text };
    case "image":
      return { type: "image_url", image_url: convertImage(part) };
    case "audio":
      return convertAudio(part);
    case "file":
      return { type: "file", file: convertFile(part) };
  }
}

function convertImage({ url, detail }: ImagePart) {
  return { url, ...(detail !== undefined && { detail }) };
}

function convertFile({ url, name }: FilePart) {
  // OpenRouter also accepts an http URL here.
  return /^(data|https?):/i.test(url)
    ? { file_data: url, filename: name ?? defaultFileName(url) }
    : { file_id: url };
}

/**
 * Returns a name for an inline file: OpenAI requires one, and reads the file's type from the
 * extension.
 */
export function defaultFileName(url: string): string {
  return /^data:application\/pdf[;,]/i.test(url) ? "file.pdf" : "file";
}
