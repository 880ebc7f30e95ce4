/**
 * Keeps the content of an answer with tool calls, to send it back with their results.
 *
 * Some reasoning models reject tool results without the reasoning that led to the calls, without
 * its signature, or with another order of the parts.
 */
import { parseForWriting } from "../../model/exact_json.ts";
import type { LanguageModelV4Content, LanguageModelV4Message } from "@ai-sdk/provider";
import { isRecord } from "../../model/check_options.ts";
import type { Message, ToolRequest } from "../../model/message.ts";

/** A part of the content of an answer, in the form in which it is sent back. */
export type AssistantPart = Extract<
  LanguageModelV4Message,
  { readonly role: "assistant" }
>["content"][number];

/** The model of an answer. Others do not understand its content. */
export interface ContentSource {
  /** The provider's name. */
  readonly provider: string;
  /** The model's name. */
  readonly modelId: string;
}

/** The content of an answer, and where it is valid. Plain JSON, so that it can be stored. */
interface AssistantContent extends ContentSource {
  readonly parts: readonly AssistantPart[];
}

/** Converts a part of an answer, or returns `undefined` if it is not sent back. */
export function toAssistantPart(part: LanguageModelV4Content): AssistantPart | undefined {
  const { providerMetadata } = part as { providerMetadata?: AssistantPart["providerOptions"] };
  const options = providerMetadata === undefined ? {} : { providerOptions: providerMetadata };
  switch (part.type) {
    case "text":
    case "reasoning":
      return { type: part.type, text: part.text, ...options };
    case "tool-call": {
      const { toolCallId, toolName, input, providerExecuted } = part;
      return {
        type: "tool-call",
        toolCallId,
        toolName,
        // It may be stored. The text in the message has the digits of large numbers.
        input: parseInput(input, JSON.parse),
        ...(providerExecuted && { providerExecuted }),
        ...options,
      };
    }
    // Only tools that the provider runs have results in an answer.
    case "tool-result": {
      const { toolCallId, toolName, result, isError } = part;
      const output = { type: isError ? "error-json" : "json", value: result } as const;
      return { type: "tool-result", toolCallId, toolName, output, ...options };
    }
  }
  return undefined;
}

/**
 * Parses the arguments of a tool call, to be written again. Invalid JSON becomes `{}`: most servers
 * require an object, and the tool's result reports the problem.
 */
export function parseInput(
  input: unknown,
  parse: (text: string) => unknown = parseForWriting,
): unknown {
  if (typeof input !== "string") return input ?? {};
  try {
    return parse(input);
  } catch {
    return {};
  }
}

/** The content by the first tool call of an answer, for messages without `providerData`. */
const contents = new WeakMap<ToolRequest, { readonly text: string; readonly data: unknown }>();

/**
 * Returns the content to send back, or `undefined` if the text and the tool calls are enough.
 *
 * @param parts All parts of the answer, in order.
 */
export function keepContent(
  parts: readonly AssistantPart[],
  { provider, modelId }: ContentSource,
  { text, calls }: { readonly text: string; readonly calls: readonly ToolRequest[] },
): unknown {
  const [first] = calls;
  const isNeeded = parts.some(({ type, providerOptions }) =>
    type === "reasoning" || type === "tool-result" || providerOptions !== undefined
  );
  if (first === undefined || !isNeeded) return undefined;
  const data: AssistantContent = { provider, modelId, parts };
  contents.set(first, { text, data });
  return data;
}

/** Returns the content to send back with a message, if it came from this model. */
export function restoreContent(
  { content, toolCalls = [], providerData }: Message,
  { provider, modelId }: ContentSource,
): AssistantPart[] | undefined {
  const kept = toolCalls[0] && contents.get(toolCalls[0]);
  const data = providerData ?? (kept?.text === content ? kept?.data : undefined);
  if (!isRecord(data) || data.provider !== provider || data.modelId !== modelId) return undefined;
  if (!Array.isArray(data.parts)) return undefined;
  return (data.parts as readonly AssistantPart[]).map((part) => {
    const call = part.type === "tool-call"
      ? toolCalls.find(({ id }) => id === part.toolCallId)
      : undefined;
    return call === undefined ? part : { ...part, input: parseInput(call.args) } as AssistantPart;
  });
}
