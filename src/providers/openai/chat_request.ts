/** Builds the requests of Chat Completions. */
import type { OpenAI } from "openai";
import type {
  ContentPart,
  Message,
  ModelRequest,
  ToolRequest,
  ToolSpec,
} from "../../model/message.ts";
import {
  addSchemaInstruction,
  readStrictFlag,
  type StructuredOutput,
} from "./structured_output.ts";

type Params = OpenAI.Chat.Completions.ChatCompletionCreateParamsNonStreaming;

/** The server's name for the maximum number of output tokens. */
export type MaxTokensField = "max_tokens" | "max_completion_tokens";

/** Builds the body of a request. */
export function buildChatRequest(
  { model, messages, settings, output, tools = [], toolChoice }: ModelRequest,
  maxTokensField: MaxTokensField,
  structured: StructuredOutput = "json_schema",
): Params {
  const prompt = output !== undefined && structured !== "json_schema"
    ? addSchemaInstruction(messages, output)
    : messages;
  const { temperature, maxTokens, topP, stop, seed, reasoningEffort, extra } = settings;
  return {
    model,
    messages: prompt.map(convertMessage),
    ...(temperature !== undefined && { temperature }),
    ...(maxTokens !== undefined && { [maxTokensField]: maxTokens }),
    ...(topP !== undefined && { top_p: topP }),
    ...(stop !== undefined && { stop: typeof stop === "string" ? stop : [...stop] }),
    ...(seed !== undefined && { seed }),
    ...(reasoningEffort !== undefined && { reasoning_effort: reasoningEffort }),
    // Servers reject an empty list.
    ...(tools.length > 0 && { tools: tools.map(convertTool) }),
    ...(tools.length > 0 && toolChoice !== undefined && { tool_choice: toolChoice }),
    ...(output !== undefined && structured === "json_schema" && {
      response_format: {
        type: "json_schema",
        json_schema: { name: output.name, schema: output.schema, ...readStrictFlag(output) },
      },
    }),
    ...(output !== undefined && structured === "json_object" && {
      response_format: { type: "json_object" },
    }),
    ...extra,
  };
}

function convertTool(tool: ToolSpec): OpenAI.Chat.Completions.ChatCompletionFunctionTool {
  const { name, description, parameters } = tool;
  return {
    type: "function",
    function: {
      name,
      ...(description !== undefined && { description }),
      parameters: { ...parameters },
      ...readStrictFlag(tool),
    },
  };
}

function convertMessage(message: Message): Params["messages"][number] {
  const { role, content, toolCalls = [], toolCallId } = message;
  return {
    role,
    // A message with only tool calls has no text: some servers reject an empty one.
    content: content === "" && toolCalls.length > 0
      ? null
      : typeof content === "string"
      ? content
      : content.map(convertPart),
    ...(toolCalls.length > 0 && { tool_calls: toolCalls.map(convertToolCall) }),
    ...(toolCallId !== undefined && { tool_call_id: toolCallId }),
  } as Params["messages"][number];
}

function convertToolCall({ id, name, args }: ToolRequest) {
  return { id, type: "function", function: { name, arguments: args } };
}

function convertPart(part: ContentPart) {
  switch (part.type) {
    case "text":
      return { type: "text", text: part.text };
    case "image":
      return { type: "image_url", image_url: { url: part.url } };
    case "file":
      return { type: "file", file: convertFile(part) };
  }
}

function convertFile({ url, name }: ContentPart & { type: "file" }) {
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
