/** The messages and parts that callers may pass. Attachments may contain their bytes. */
import { Buffer } from "node:buffer";
import { isRecord } from "../../model/check_options.ts";
import type { AudioPart, ContentPart, FilePart, ImagePart } from "../../model/content_part.ts";
import { type Message, ROLES } from "../../model/message.ts";
import { contentProblem, extraProblem, unknownField } from "./part_problem.ts";

/** An attachment given by its bytes instead of its URL. */
export interface PartBytes {
  /** The content, as bytes. */
  readonly data: Uint8Array;
  /** The media type of the bytes, such as `image/png`. */
  readonly mediaType: string;
}

/** A part of a message to a model: text, or an attachment given by its URL or its bytes. */
export type PromptPart =
  | ContentPart
  | Omit<ImagePart, "url"> & PartBytes
  | Omit<AudioPart, "url"> & PartBytes
  | Omit<FilePart, "url"> & PartBytes;

/** A message whose attachments may contain their bytes. */
export interface PromptMessage extends Omit<Message, "content"> {
  /** The content of the message. For the role `tool`, the tool's result as text. */
  readonly content: string | readonly PromptPart[];
}

/** A prompt: the user's message, or several messages. */
export type Prompt = string | readonly PromptMessage[];

const MESSAGE_FIELDS = ["role", "content", "toolCalls", "toolCallId", "providerData", "extra"];
const TOOL_REQUEST_FIELDS = ["id", "name", "args", "extra"];
const ROLE_NAMES = ROLES.map((role) => `"${role}"`).join(", ").replace(/, (?="tool")/, " or ");

/** Returns what is invalid in a list of messages, or `undefined` if it is valid. */
export function messagesProblem(list: readonly unknown[]): string | undefined {
  for (const [i, message] of list.entries()) {
    const problem = messageProblem(isRecord(message) ? message : {});
    if (problem !== undefined) return `message ${i} ${problem}`;
  }
  return undefined;
}

function messageProblem(message: Readonly<Record<string, unknown>>): string | undefined {
  const { role, content, toolCalls, toolCallId, providerData, extra } = message;
  if (!(ROLES as readonly unknown[]).includes(role)) return `must have the role ${ROLE_NAMES}`;
  const problem = contentProblem(content) ?? unknownField(message, MESSAGE_FIELDS) ??
    extraProblem(extra);
  if (problem !== undefined) return problem;
  if (role === "tool" && typeof toolCallId !== "string") {
    return 'must have a toolCallId, as its role is "tool"';
  }
  if (role !== "tool" && toolCallId !== undefined) {
    return 'must not have a toolCallId, as its role is not "tool"';
  }
  if (role !== "assistant" && providerData !== undefined) {
    return 'must not have providerData, as its role is not "assistant"';
  }
  if (toolCalls === undefined) return undefined;
  if (role !== "assistant" || !Array.isArray(toolCalls) || !toolCalls.every(isToolRequest)) {
    return 'may only have toolCalls if its role is "assistant", as a list of { id, name, args }';
  }
  for (const call of toolCalls) {
    const problem = unknownField(call, TOOL_REQUEST_FIELDS) ?? extraProblem(call.extra);
    if (problem !== undefined) return `must have valid toolCalls: each ${problem}`;
  }
  return undefined;
}

/** Whether the value is a tool request. */
export function isToolRequest(value: unknown): boolean {
  return isRecord(value) && [value.id, value.name, value.args].every((v) => typeof v === "string");
}

/** Returns the messages in the form that providers accept: bytes become `data:` URLs. */
export function withDataUrls(messages: readonly PromptMessage[]): readonly Message[] {
  return messages.map((message) => {
    const { content } = message;
    if (typeof content === "string" || !content.some(hasBytes)) {
      return message as Message;
    }
    return { ...message, content: content.map(toContentPart) };
  });
}

function toContentPart(part: PromptPart): ContentPart {
  if (!hasBytes(part)) return part;
  const { data, mediaType, ...others } = part;
  // A view of the bytes, to avoid a copy.
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return { ...others, url: `data:${mediaType};base64,${bytes.toString("base64")}` };
}

function hasBytes(part: PromptPart): part is Exclude<PromptPart, ContentPart> {
  return "data" in part && part.data !== undefined;
}
