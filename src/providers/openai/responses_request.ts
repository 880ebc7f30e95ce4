/** Builds the requests of the Responses API. */
import type { OpenAI } from "openai";
import { ProviderError } from "../../model/errors.ts";
import type { ModelRequest, ModelSettings, OutputSchema, ToolSpec } from "../../model/message.ts";
import { needsReasoningItems } from "./reasoning_items.ts";
import { buildInputItems } from "./responses_input.ts";
import {
  addSchemaInstruction,
  readStrictFlag,
  type StructuredOutput,
} from "./structured_output.ts";

type Params = OpenAI.Responses.ResponseCreateParamsNonStreaming;

/**
 * Builds the body of a request. The server stores nothing: each request holds the whole
 * conversation, as in Chat Completions.
 *
 * @throws {ProviderError} If the API does not support a setting.
 */
export function buildResponsesRequest(
  request: ModelRequest,
  structured: StructuredOutput,
  server: string,
): Params {
  const { model, messages, settings, output, tools = [], toolChoice } = request;
  rejectUnsupported(settings);
  const { temperature, maxTokens, topP, reasoningEffort, extra } = settings;
  const prompt = output !== undefined && structured !== "json_schema"
    ? addSchemaInstruction(messages, output)
    : messages;
  const format = output && textFormat(output, structured);
  return {
    model,
    input: buildInputItems(prompt, { server, model }),
    store: false,
    ...(temperature !== undefined && { temperature }),
    ...(maxTokens !== undefined && { max_output_tokens: maxTokens }),
    ...(topP !== undefined && { top_p: topP }),
    ...(reasoningEffort !== undefined && { reasoning: { effort: reasoningEffort } }),
    ...(tools.length > 0 && { tools: tools.map(convertTool) }),
    ...(tools.length > 0 && toolChoice !== undefined && { tool_choice: toolChoice }),
    ...(format && { text: { format } }),
    ...(needsReasoningItems(request) && { include: ["reasoning.encrypted_content"] }),
    ...extra,
  };
}

/** Rejects settings that would be ignored silently. */
function rejectUnsupported(settings: ModelSettings): void {
  for (const name of ["stop", "seed"] as const) {
    if (settings[name] === undefined) continue;
    throw new ProviderError(
      `the Responses API does not support the setting "${name}": remove it, or give openai() the ` +
        'option api: "chat"',
      { code: "invalid_params", retryable: false },
    );
  }
}

function textFormat(
  output: OutputSchema,
  structured: StructuredOutput,
): OpenAI.Responses.ResponseFormatTextConfig | undefined {
  if (structured === "prompt") return undefined;
  if (structured === "json_object") return { type: "json_object" };
  const { name, schema } = output;
  return { type: "json_schema", name, schema: { ...schema }, ...readStrictFlag(output) };
}

function convertTool(tool: ToolSpec): OpenAI.Responses.FunctionTool {
  const { name, description, parameters } = tool;
  return {
    type: "function",
    name,
    ...(description !== undefined && { description }),
    parameters: { ...parameters },
    // This API defaults to strict mode, which would reject most schemas.
    strict: readStrictFlag(tool).strict ?? false,
  };
}
