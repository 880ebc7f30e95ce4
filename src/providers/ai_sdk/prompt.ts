/** Converts a conversation to the AI SDK's prompt. */
import type {
  LanguageModelV4FilePart,
  LanguageModelV4Message,
  LanguageModelV4Prompt,
  LanguageModelV4TextPart,
  LanguageModelV4ToolResultPart,
} from "@ai-sdk/provider";
import type { TextPart } from "../../model/content_part.ts";
import type { Message } from "../../model/message.ts";
import { type AssistantPart, parseInput, restoreContent } from "./assistant_content.ts";
import { convertFile } from "./file_part.ts";
import type { AiSdkModel } from "./find_model.ts";
import { providerOptions } from "./provider_options.ts";
import { reject } from "./reject.ts";

/**
 * Converts messages.
 *
 * @throws {ProviderError} If the model cannot accept something in them.
 */
export function buildPrompt(
  messages: readonly Message[],
  model: AiSdkModel,
): LanguageModelV4Prompt {
  const prompt: LanguageModelV4Prompt = [];
  const toolNames = new Map<string, string>();
  for (const message of messages) {
    for (const { id, name } of message.toolCalls ?? []) toolNames.set(id, name);
    for (const next of convertMessage(message, model, toolNames)) {
      const last = prompt.at(-1);
      // Models require all tool results of one turn in one message.
      if (last?.role === "tool" && next.role === "tool") last.content.push(...next.content);
      else prompt.push(next);
    }
  }
  return prompt;
}

function convertMessage(
  message: Message,
  model: AiSdkModel,
  toolNames: ReadonlyMap<string, string>,
): LanguageModelV4Message[] {
  const { role, content, extra } = message;
  switch (role) {
    case "system":
    // The SDK's providers choose between the two names by the model.
    case "developer":
      return convertSystem(message, model);
    case "user":
      return [{ role, content: convertParts(content, model), ...providerOptions(extra, model) }];
    case "assistant":
      return [{ role, content: convertReply(message, model), ...providerOptions(extra, model) }];
    case "tool":
      return [{ role, content: [convertToolResult(message, model, toolNames)] }];
  }
}

/** A part with options becomes a message of its own: the content of a system message is a text. */
function convertSystem(
  { role, content, extra }: Message,
  model: AiSdkModel,
): LanguageModelV4Message[] {
  const toMessage = (content: string, extra: Message["extra"]) =>
    ({ role: "system", content, ...providerOptions(extra, model) }) as const;
  if (typeof content === "string") return [toMessage(content, extra)];
  const parts = textParts(content, role);
  if (parts.every((part) => part.extra === undefined)) {
    return [toMessage(parts.map(({ text }) => text).join(""), extra)];
  }
  return parts.map((part) => toMessage(part.text, { ...extra, ...part.extra }));
}

function convertParts(
  content: Message["content"],
  model: AiSdkModel,
): (LanguageModelV4TextPart | LanguageModelV4FilePart)[] {
  if (typeof content === "string") return [{ type: "text", text: content }];
  return content.map((part) =>
    part.type === "text"
      ? { type: "text", text: part.text, ...providerOptions(part.extra, model) }
      : { ...convertFile(part, model), ...providerOptions(part.extra, model) }
  );
}

/**
 * A message with `extra` is not sent back as it was received: it is converted, with its `extra`.
 */
function convertReply(message: Message, model: AiSdkModel): AssistantPart[] {
  const { content, toolCalls = [], extra } = message;
  const kept = extra === undefined ? restoreContent(message, model) : undefined;
  if (kept !== undefined) return kept;
  // Some servers reject an empty text before tool calls.
  const parts = content === "" && toolCalls.length > 0 ? [] : convertParts(content, model);
  const calls = toolCalls.map(({ id, name, args, extra }): AssistantPart => ({
    type: "tool-call",
    toolCallId: id,
    toolName: name,
    input: parseInput(args),
    ...providerOptions(extra, model),
  }));
  return [...parts, ...calls];
}

function convertToolResult(
  { role, content, toolCallId = "", extra }: Message,
  model: AiSdkModel,
  toolNames: ReadonlyMap<string, string>,
): LanguageModelV4ToolResultPart {
  const toolName = toolNames.get(toolCallId);
  if (toolName === undefined) {
    reject(
      'a message with the role "tool" must follow the message with the tool call: ' +
        "its toolCallId is unknown",
    );
  }
  const parts = typeof content === "string" ? undefined : textParts(content, role);
  if (parts?.some((part) => part.extra !== undefined)) {
    reject('a message with the role "tool" must have its extra itself, and not in a part');
  }
  const value = typeof content === "string" ? content : parts!.map(({ text }) => text).join("");
  const output = { type: "text", value } as const;
  return { type: "tool-result", toolCallId, toolName, output, ...providerOptions(extra, model) };
}

function textParts(
  content: Exclude<Message["content"], string>,
  role: Message["role"],
): readonly TextPart[] {
  return content.map((part) =>
    part.type === "text" ? part : reject(`a message with the role "${role}" must be text`)
  );
}
