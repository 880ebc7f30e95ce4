/** Builds the requests of the Responses API. */
import type { OpenAI } from "openai";
import type { ModelRequest, ModelSettings, OutputSchema, ToolSpec } from "../../model/message.ts";
import { mergeExtra } from "../http/merge_extra.ts";
import { ENCRYPTED_REASONING, needsReasoningItems } from "./reasoning_items.ts";
import { refuseRequest, refuseStreamField } from "./refuse_request.ts";
import { type BuildOptions, FULL_FORM } from "./form/request_form.ts";
import { buildInputItems } from "./responses_input.ts";
import {
  addSchemaInstruction,
  readStrictFlag,
  type StructuredOutput,
} from "./structured_output.ts";

type Params = OpenAI.Responses.ResponseCreateParamsNonStreaming;

const COMPLETE: BuildOptions = { stream: false, form: FULL_FORM };

/**
 * Builds the body of a request. The server stores nothing: each request holds the whole
 * conversation, as in Chat Completions. The fields of `extra` replace all others, except that the
 * members of `text` are merged, and `tools` and `include` are appended.
 *
 * @throws {ProviderError} If the API does not support a setting or a part of a message, or `extra`
 * has a `stream`.
 */
export function buildResponsesRequest(
  request: ModelRequest,
  structured: StructuredOutput,
  server: string,
  { stream, form }: BuildOptions = COMPLETE,
): Params {
  const { model, messages, settings, output, tools = [], toolChoice } = request;
  rejectUnsupported(settings);
  const { temperature, maxTokens, topP, reasoningEffort, extra } = settings;
  refuseStreamField(extra);
  const prompt = output !== undefined && structured !== "json_schema"
    ? addSchemaInstruction(messages, output)
    : messages;
  const strict = !form.without.has("strict");
  const format = output && textFormat(output, structured, strict);
  const body = {
    model,
    input: buildInputItems(prompt, form.without.has("echo") ? undefined : { server, model }),
    store: false,
    ...(temperature !== undefined && { temperature }),
    ...(maxTokens !== undefined && { max_output_tokens: maxTokens }),
    ...(topP !== undefined && { top_p: topP }),
    ...(reasoningEffort !== undefined && { reasoning: { effort: reasoningEffort } }),
    ...(tools.length > 0 && { tools: tools.map(convertTool) }),
    ...(tools.length > 0 && toolChoice !== undefined && { tool_choice: toolChoice }),
    ...(format && { text: { format } }),
    ...(needsReasoningItems(request) && !form.without.has("include") && {
      include: [ENCRYPTED_REASONING],
    }),
    ...(stream && { stream }),
  };
  const merged = { objects: ["text"], lists: ["tools", "include"] };
  return mergeExtra(body, extra, merged) as Params;
}

/** Rejects settings that would be ignored silently. */
function rejectUnsupported(settings: ModelSettings): void {
  for (const name of ["stop", "seed"] as const) {
    if (settings[name] === undefined) continue;
    refuseRequest(
      `the Responses API does not support the setting "${name}": remove it, or give openai() the ` +
        'option api: "chat"',
    );
  }
}

function textFormat(
  output: OutputSchema,
  structured: StructuredOutput,
  strict: boolean,
): OpenAI.Responses.ResponseFormatTextConfig | undefined {
  if (structured === "prompt") return undefined;
  if (structured === "json_object") return { type: "json_object" };
  const { name, schema } = output;
  return {
    type: "json_schema",
    name,
    schema: { ...schema },
    ...(strict && readStrictFlag(output)),
  };
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
