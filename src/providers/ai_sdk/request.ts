/** Converts requests to the AI SDK's call options. */
import type { LanguageModelV4CallOptions } from "@ai-sdk/provider";
import type { ModelRequest } from "../../model/message.ts";
import { toWellFormedValue } from "../http/well_formed.ts";
import type { AiSdkModel } from "./find_model.ts";
import { buildPrompt } from "./prompt.ts";
import { withExtra } from "./provider_options.ts";

/**
 * Builds the options of a call, in the newest version of the interface. The older versions differ
 * only in the format of files.
 *
 * @throws {ProviderError} If the model cannot accept something in the request.
 */
export function buildCallOptions(
  { messages, settings, output, tools, toolChoice }: ModelRequest,
  model: AiSdkModel,
  abortSignal: AbortSignal,
): LanguageModelV4CallOptions {
  const { temperature, maxTokens, topP, stop, seed, reasoningEffort, extra } = settings;
  const call: LanguageModelV4CallOptions = {
    prompt: buildPrompt(messages, model),
    ...(temperature !== undefined && { temperature }),
    ...(maxTokens !== undefined && { maxOutputTokens: maxTokens }),
    ...(topP !== undefined && { topP }),
    ...(stop !== undefined && { stopSequences: typeof stop === "string" ? [stop] : [...stop] }),
    ...(seed !== undefined && { seed }),
    ...(reasoningEffort !== undefined && { reasoning: reasoningEffort }),
    ...(output !== undefined && {
      responseFormat: { type: "json", schema: output.schema, name: output.name },
    }),
    ...(tools !== undefined && tools.length > 0 && {
      tools: tools.map(({ name, description, parameters }) => ({
        type: "function",
        name,
        description,
        inputSchema: parameters,
      })),
      ...(toolChoice !== undefined && { toolChoice: { type: toolChoice } }),
    }),
    // Deno resends a request when the connection is reset. The key lets the server recognize the
    // duplicate.
    headers: { "idempotency-key": crypto.randomUUID() },
    abortSignal,
  };
  return toWellFormedValue(withExtra(call, extra, model));
}
