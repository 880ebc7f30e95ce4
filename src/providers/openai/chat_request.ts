/** Builds the requests of Chat Completions. */
import type { OpenAI } from "openai";
import type { ModelRequest, ToolSpec } from "../../model/message.ts";
import { mergeExtra } from "../http/merge_extra.ts";
import { convertChatMessage } from "./messages/chat_message.ts";
import { MAX_TOKENS_FIELDS, type MaxTokensField } from "./form/max_tokens_field.ts";
import { FULL_FORM, type OptionalPart } from "./form/request_form.ts";
import { refuseStreamField } from "./refuse_request.ts";
import {
  addSchemaInstruction,
  readStrictFlag,
  type StructuredOutput,
} from "./structured_output.ts";

type Params = OpenAI.Chat.Completions.ChatCompletionCreateParamsNonStreaming;

/** How a request is built. */
export interface ChatBuildOptions {
  /** The identity of the server, to which the reasoning that came from it is sent back. */
  readonly server?: string;
  /** Whether the answer is streamed. */
  readonly stream?: boolean;
  /** The parts that the server rejects. */
  readonly without?: ReadonlySet<OptionalPart>;
}

/**
 * Builds the body of a request. The fields of `extra` replace all others, except that the members
 * of `stream_options` are merged and `tools` are appended.
 *
 * @throws {ProviderError} If the API does not support a part of a message, or `extra` has a
 * `stream`.
 */
export function buildChatRequest(
  { model, messages, settings, output, tools = [], toolChoice }: ModelRequest,
  maxTokensField: MaxTokensField,
  structured: StructuredOutput = "json_schema",
  { server = "", stream = false, without = FULL_FORM.without }: ChatBuildOptions = {},
): Params {
  const { temperature, maxTokens, topP, stop, seed, reasoningEffort, extra } = settings;
  refuseStreamField(extra);
  const prompt = output !== undefined && structured !== "json_schema"
    ? addSchemaInstruction(messages, output)
    : messages;
  const strict = !without.has("strict");
  const echoTo = without.has("echo") ? undefined : { server, model };
  const body = {
    model,
    messages: prompt.map((message) => convertChatMessage(message, echoTo)),
    ...(temperature !== undefined && { temperature }),
    ...(maxTokens !== undefined && !replacesMaxTokens(extra) && { [maxTokensField]: maxTokens }),
    ...(topP !== undefined && { top_p: topP }),
    ...(stop !== undefined && { stop: typeof stop === "string" ? stop : [...stop] }),
    ...(seed !== undefined && { seed }),
    ...(reasoningEffort !== undefined && { reasoning_effort: reasoningEffort }),
    // Servers reject an empty list.
    ...(tools.length > 0 && { tools: tools.map((tool) => convertTool(tool, strict)) }),
    ...(tools.length > 0 && toolChoice !== undefined && { tool_choice: toolChoice }),
    ...(output !== undefined && structured === "json_schema" && {
      response_format: {
        type: "json_schema",
        json_schema: {
          name: output.name,
          schema: output.schema,
          ...(strict && readStrictFlag(output)),
        },
      },
    }),
    ...(output !== undefined && structured === "json_object" && {
      response_format: { type: "json_object" },
    }),
    ...(stream && { stream }),
    ...(stream && !without.has("stream_options") && { stream_options: { include_usage: true } }),
  };
  return mergeExtra(body, extra, { objects: ["stream_options"], lists: ["tools"] }) as Params;
}

/** Whether `extra` has the maximum number of tokens, by either name. */
function replacesMaxTokens(extra: ModelRequest["settings"]["extra"]): boolean {
  return extra !== undefined && MAX_TOKENS_FIELDS.some((name) => extra[name] !== undefined);
}

function convertTool(
  tool: ToolSpec,
  strict: boolean,
): OpenAI.Chat.Completions.ChatCompletionFunctionTool {
  const { name, description, parameters } = tool;
  return {
    type: "function",
    function: {
      name,
      ...(description !== undefined && { description }),
      parameters: { ...parameters },
      ...(strict && readStrictFlag(tool)),
    },
  };
}
