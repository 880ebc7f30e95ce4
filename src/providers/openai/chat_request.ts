/** A request in the words of Chat Completions. */
import type { OpenAI } from "openai";
import type {
  ContentPart,
  Message,
  ModelRequest,
  ToolRequest,
  ToolSpec,
} from "../../model/message.ts";
import { addSchemaInstruction } from "./schema_instruction.ts";
import { readStrictFlag } from "./strict_mode.ts";

type Params = OpenAI.Chat.Completions.ChatCompletionCreateParamsNonStreaming;

/** How a schema for the answer is asked for. */
export type StructuredOutput = "json_schema" | "json_object" | "prompt";

/** What this server calls the limit of the answer. */
export type MaxTokensField = "max_tokens" | "max_completion_tokens";

/** The body of a request. */
export function buildChatRequest(
  { model, messages, settings, output, tools = [] }: ModelRequest,
  maxTokensField: MaxTokensField,
  structured: StructuredOutput = "json_schema",
): Params {
  const told = output !== undefined && structured !== "json_schema"
    ? addSchemaInstruction(messages, output)
    : messages;
  const { temperature, maxTokens, topP, stop, seed, reasoningEffort, extra } = settings;
  return {
    model,
    messages: told.map(messageOf),
    ...(temperature !== undefined && { temperature }),
    ...(maxTokens !== undefined && { [maxTokensField]: maxTokens }),
    ...(topP !== undefined && { top_p: topP }),
    ...(stop !== undefined && { stop: typeof stop === "string" ? stop : [...stop] }),
    ...(seed !== undefined && { seed }),
    ...(reasoningEffort !== undefined && { reasoning_effort: reasoningEffort }),
    // Servers refuse an empty list.
    ...(tools.length > 0 && { tools: tools.map(toolOf) }),
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

function toolOf(tool: ToolSpec): OpenAI.Chat.Completions.ChatCompletionFunctionTool {
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

function messageOf(message: Message): Params["messages"][number] {
  const { role, content, toolCalls = [], toolCallId } = message;
  return {
    role,
    // An answer that only asks for tools has no text: some servers refuse an empty one.
    content: content === "" && toolCalls.length > 0
      ? null
      : typeof content === "string"
      ? content
      : content.map(partOf),
    ...(toolCalls.length > 0 && { tool_calls: toolCalls.map(callOf) }),
    ...(toolCallId !== undefined && { tool_call_id: toolCallId }),
  } as Params["messages"][number];
}

function callOf({ id, name, args }: ToolRequest) {
  return { id, type: "function", function: { name, arguments: args } };
}

function partOf(part: ContentPart) {
  switch (part.type) {
    case "text":
      return { type: "text", text: part.text };
    case "image":
      return { type: "image_url", image_url: { url: part.url } };
    case "file":
      return { type: "file", file: fileOf(part) };
  }
}

function fileOf({ url, name }: ContentPart & { type: "file" }) {
  // OpenRouter takes a web address here, too.
  return /^(data|https?):/i.test(url)
    ? { file_data: url, filename: name ?? defaultFileName(url) }
    : { file_id: url };
}

/** OpenAI wants a name for what it has not got yet, and tells by its end what it is. */
export function defaultFileName(url: string): string {
  return /^data:application\/pdf[;,]/i.test(url) ? "file.pdf" : "file";
}
