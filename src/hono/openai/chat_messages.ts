/** Converts the messages of a chat completion. */
import type { PromptMessage, PromptPart } from "../../call/options/prompt_parts.ts";
import { isRecord } from "../../model/check_options.ts";
import { toImagePart } from "./image_part.ts";
import { invalidField, unsupportedField } from "./request_problem.ts";

type Role = PromptMessage["role"];

/** The roles of messages. OpenAI's newer models call the system role "developer". */
const ROLES = new Map<unknown, Role>([
  ["system", "system"],
  ["developer", "system"],
  ["user", "user"],
  ["assistant", "assistant"],
  ["tool", "tool"],
]);

/**
 * Converts a message.
 *
 * @param i Its index, for problems.
 * @throws {Problem} If it is not valid or not supported.
 */
export function toPromptMessage(message: unknown, i: number): PromptMessage {
  if (!isRecord(message)) throw invalidField("must be a message", "messages", i);
  const { content, tool_calls: calls, tool_call_id: toolCallId, refusal } = message;
  const role = ROLES.get(message.role);
  if (role === undefined) {
    throw invalidField(
      'must be "system", "developer", "user", "assistant" or "tool"',
      "messages",
      i,
      "role",
    );
  }
  if (role === "tool" && typeof toolCallId !== "string") {
    throw invalidField("must be the ID of a tool call", "messages", i, "tool_call_id");
  }
  if (isRecord(message.audio)) {
    throw unsupportedField("must be absent, as agents take text", "messages", i, "audio");
  }
  const toolCalls = Array.isArray(calls) ? calls.map((call) => toToolCall(call, i)) : [];
  return {
    role,
    content: content !== null && content !== undefined
      ? toContent(content, i)
      : role === "assistant" && typeof refusal === "string"
      ? refusal
      : toolCalls.length > 0
      ? ""
      : toContent(content, i),
    ...(toolCalls.length > 0 && { toolCalls }),
    ...(typeof toolCallId === "string" && { toolCallId }),
  };
}

function toToolCall(call: unknown, i: number): { id: string; name: string; args: string } {
  const { id, function: fn } = isRecord(call) ? call : {};
  const { name, arguments: args } = isRecord(fn) ? fn : {};
  if (typeof id !== "string" || typeof name !== "string" || typeof args !== "string") {
    throw invalidField(
      "must be a list of tool calls, each with an ID and a function",
      "messages",
      i,
      "tool_calls",
    );
  }
  return { id, name, args };
}

function toContent(content: unknown, i: number): string | PromptPart[] {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) {
    throw invalidField("must be a string or a list of parts", "messages", i, "content");
  }
  return content.map((part) => toPart(part, i));
}

function toPart(part: unknown, i: number): PromptPart {
  if (isRecord(part)) {
    const { type, text, refusal, image_url: image, file } = part;
    if (type === "text" && typeof text === "string") return { type, text };
    if (type === "refusal" && typeof refusal === "string") return { type: "text", text: refusal };
    if (type === "image_url" && isRecord(image) && typeof image.url === "string") {
      return toImagePart(image.url, image.detail, "messages", i, "content");
    }
    if (type === "file" && isRecord(file) && typeof file.file_data === "string") {
      const { filename: name } = file;
      return { type: "file", url: file.file_data, ...(typeof name === "string" && { name }) };
    }
    if (type === "input_audio" || type === "video_url") {
      throw unsupportedField(
        `must not have parts of the type "${type}", as agents take text, images and files`,
        "messages",
        i,
        "content",
      );
    }
  }
  throw invalidField(
    'must be parts of the type "text", "image_url" or "file"',
    "messages",
    i,
    "content",
  );
}
