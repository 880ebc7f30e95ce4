/** A request in the words of Responses. */
import type { OpenAI } from "openai";
import { ProviderError } from "../../model/errors.ts";
import type { ModelRequest, ModelSettings, OutputSchema, ToolSpec } from "../../model/message.ts";
import type { StructuredOutput } from "./chat_request.ts";
import { addSchemaInstruction } from "./schema_instruction.ts";
import { needsReasoningItems } from "./reasoning_items.ts";
import { buildInputItems } from "./responses_input.ts";
import { readStrictFlag } from "./strict_mode.ts";

type Params = OpenAI.Responses.ResponseCreateParamsNonStreaming;

/**
 * The body of a request. The server is asked to store nothing: the whole conversation is in each request, as in Chat Completions.
 *
 * @throws {ProviderError} If there is a setting that this API does not know.
 */
export function buildResponsesRequest(
  request: ModelRequest,
  structured: StructuredOutput,
  server: string,
): Params {
  const { model, messages, settings, output, tools = [] } = request;
  refuseUnknown(settings);
  const { temperature, maxTokens, topP, reasoningEffort, extra } = settings;
  const told = output !== undefined && structured !== "json_schema"
    ? addSchemaInstruction(messages, output)
    : messages;
  const format = output && formatOf(output, structured);
  return {
    model,
    input: buildInputItems(told, { server, model }),
    store: false,
    ...(temperature !== undefined && { temperature }),
    ...(maxTokens !== undefined && { max_output_tokens: maxTokens }),
    ...(topP !== undefined && { top_p: topP }),
    ...(reasoningEffort !== undefined && { reasoning: { effort: reasoningEffort } }),
    ...(tools.length > 0 && { tools: tools.map(toolOf) }),
    ...(format && { text: { format } }),
    ...(needsReasoningItems(request) && { include: ["reasoning.encrypted_content"] }),
    ...extra,
  };
}

/** What would silently not be done is refused. */
function refuseUnknown(settings: ModelSettings): void {
  for (const name of ["stop", "seed"] as const) {
    if (settings[name] === undefined) continue;
    throw new ProviderError(
      `the Responses API has no setting "${name}": leave it out, or give openai() the option api: "chat"`,
      { code: "invalid_params", retryable: false },
    );
  }
}

function formatOf(
  output: OutputSchema,
  structured: StructuredOutput,
): OpenAI.Responses.ResponseFormatTextConfig | undefined {
  if (structured === "prompt") return undefined;
  if (structured === "json_object") return { type: "json_object" };
  const { name, schema } = output;
  return { type: "json_schema", name, schema: { ...schema }, ...readStrictFlag(output) };
}

function toolOf(tool: ToolSpec): OpenAI.Responses.FunctionTool {
  const { name, description, parameters } = tool;
  return {
    type: "function",
    name,
    ...(description !== undefined && { description }),
    parameters: { ...parameters },
    // Here it is the default, and most schemas would be refused.
    strict: readStrictFlag(tool).strict ?? false,
  };
}
