/** The messages and parts that callers may pass. Attachments may contain their bytes. */
import { Buffer } from "node:buffer";
import { isRecord } from "../../model/check_options.ts";
import type { ContentPart, Message } from "../../model/message.ts";

/** A part of a message to a model: text, or an attachment given by its URL or its bytes. */
export type PromptPart = ContentPart | {
  /** An image. */
  readonly type: "image";
  /** The content, as bytes. */
  readonly data: Uint8Array;
  /** The media type of the bytes, such as `image/png`. */
  readonly mediaType: string;
} | {
  /** A file, such as a PDF. */
  readonly type: "file";
  /** The content, as bytes. */
  readonly data: Uint8Array;
  /** The media type of the bytes, such as `application/pdf`. */
  readonly mediaType: string;
  /** The name of the file. */
  readonly name?: string;
};

/** A message whose attachments may contain their bytes. */
export interface PromptMessage extends Omit<Message, "content"> {
  /** The content of the message. For the role `tool`, the tool's result as text. */
  readonly content: string | readonly PromptPart[];
}

/** A prompt: the user's message, or several messages. */
export type Prompt = string | readonly PromptMessage[];

/** Returns what is invalid in a list of messages, or `undefined` if it is valid. */
export function messagesProblem(list: readonly unknown[]): string | undefined {
  for (const [i, message] of list.entries()) {
    const { role, content, toolCalls, toolCallId } = (message ?? {}) as Record<string, unknown>;
    if (typeof role !== "string" || !["system", "user", "assistant", "tool"].includes(role)) {
      return `message ${i} must have the role "system", "user", "assistant" or "tool"`;
    }
    if (typeof content !== "string" && !(Array.isArray(content) && content.every(isPart))) {
      return `message ${i} must have a text or a list of parts as its content`;
    }
    if (role === "tool" && typeof toolCallId !== "string") {
      return `message ${i} must have a toolCallId, as its role is "tool"`;
    }
    if (toolCalls === undefined) continue;
    if (role !== "assistant" || !Array.isArray(toolCalls) || !toolCalls.every(isToolRequest)) {
      return `message ${i} must not have toolCalls other than a list of { id, name, args }, ` +
        "of the assistant";
    }
  }
  return undefined;
}

/** Whether the value is a tool request. */
export function isToolRequest(value: unknown): boolean {
  return isRecord(value) && [value.id, value.name, value.args].every((v) => typeof v === "string");
}

function isPart(part: unknown): boolean {
  if (!isRecord(part)) return false;
  const { type, text, url, data, mediaType, name } = part;
  if (type === "text") return typeof text === "string";
  if (type !== "image" && type !== "file") return false;
  if (name !== undefined && typeof name !== "string") return false;
  if (data === undefined) return typeof url === "string";
  return data instanceof Uint8Array && typeof mediaType === "string" && MEDIA_TYPE.test(mediaType);
}

const MEDIA_TYPE = /^[\w.+-]+\/[\w.+-]+$/;

/** Returns the messages in the form that providers accept: bytes become `data:` URLs. */
export function withDataUrls(messages: readonly PromptMessage[]): readonly Message[] {
  return messages.map((message) => {
    const { content } = message;
    if (typeof content === "string" || !content.some((part) => "data" in part)) {
      return message as Message;
    }
    return { ...message, content: content.map(toContentPart) };
  });
}

function toContentPart(part: PromptPart): ContentPart {
  if (!("data" in part)) return part;
  const { data, mediaType, ...others } = part;
  // A view of the bytes, to avoid a copy.
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return { ...others, url: `data:${mediaType};base64,${bytes.toString("base64")}` };
}
