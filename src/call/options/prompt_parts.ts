/** What callers may say: messages in the port's words, and parts that still have their bytes. */
import { Buffer } from "node:buffer";
import { isRecord } from "../../model/check_options.ts";
import type { ContentPart, Message } from "../../model/message.ts";

/** A part of what is said to a model: text, or an attachment by its URL or with its bytes. */
export type PromptPart = ContentPart | {
  /** An image. */
  readonly type: "image";
  /** Its bytes. */
  readonly data: Uint8Array;
  /** What they are, such as `image/png`. */
  readonly mediaType: string;
} | {
  /** A file, such as a PDF. */
  readonly type: "file";
  /** Its bytes. */
  readonly data: Uint8Array;
  /** What they are, such as `application/pdf`. */
  readonly mediaType: string;
  /** How the file is called. */
  readonly name?: string;
};

/** A message in which attachments may have their bytes. */
export interface PromptMessage extends Omit<Message, "content"> {
  /** What is said; what a tool gave, as text. */
  readonly content: string | readonly PromptPart[];
}

/** A prompt: the user's message, or several messages. */
export type Prompt = string | readonly PromptMessage[];

/** What is wrong with a list of messages, if anything is. */
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
      return `message ${i} must have a toolCallId, as it is what a tool gave`;
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

/** The messages as providers know them: bytes become `data:` URLs. */
export function withoutBytes(messages: readonly PromptMessage[]): readonly Message[] {
  return messages.map((message) => {
    const { content } = message;
    if (typeof content === "string" || !content.some((part) => "data" in part)) {
      return message as Message;
    }
    return { ...message, content: content.map(partOf) };
  });
}

function partOf(part: PromptPart): ContentPart {
  if (!("data" in part)) return part;
  const { data, mediaType, ...others } = part;
  // A view of the bytes: they are not copied before they are written.
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return { ...others, url: `data:${mediaType};base64,${bytes.toString("base64")}` };
}
