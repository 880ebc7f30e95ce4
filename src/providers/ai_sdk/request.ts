/** Converts requests to the AI SDK's call options. */
import type {
  LanguageModelV4CallOptions,
  LanguageModelV4FilePart,
  LanguageModelV4Message,
  LanguageModelV4Prompt,
  LanguageModelV4TextPart,
  LanguageModelV4ToolCallPart,
  LanguageModelV4ToolResultPart,
} from "@ai-sdk/provider";
import { isRecord } from "../../model/check_options.ts";
import { ProviderError } from "../../model/errors.ts";
import type { ContentPart, Message, ModelRequest, ToolRequest } from "../../model/message.ts";
import type { AiSdkModel } from "./find_model.ts";
import { recallContext } from "./reasoning_items.ts";

/** The settings in `extra` that apply to every model. All others belong to one provider. */
const SHARED_SETTINGS: ReadonlySet<string> = new Set([
  "topK",
  "presencePenalty",
  "frequencyPenalty",
  "toolChoice",
]);

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
  return {
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
    ...extraOptions(extra),
    // Deno resends a request when the connection is reset. The key lets the server recognize the
    // duplicate.
    headers: { "idempotency-key": crypto.randomUUID() },
    abortSignal,
  };
}

function extraOptions(extra: Readonly<Record<string, unknown>> = {}) {
  const all = Object.entries(extra);
  const byProvider = all.filter(([name]) => !SHARED_SETTINGS.has(name));
  for (const [name, options] of byProvider) {
    if (isRecord(options)) continue;
    // The SDK would ignore it silently.
    reject(
      `in extra, "${name}" must hold the options of the AI SDK's provider of that name: ` +
        "`extra: { anthropic: { … } }`",
    );
  }
  return {
    ...Object.fromEntries(all.filter(([name]) => SHARED_SETTINGS.has(name))),
    ...(byProvider.length > 0 && { providerOptions: Object.fromEntries(byProvider) }),
  } as Partial<LanguageModelV4CallOptions>;
}

function buildPrompt(messages: readonly Message[], model: AiSdkModel): LanguageModelV4Prompt {
  const prompt: LanguageModelV4Prompt = [];
  const toolNames = new Map<string, string>();
  for (const message of messages) {
    for (const { id, name } of message.toolCalls ?? []) toolNames.set(id, name);
    const next = convertMessage(message, model, toolNames);
    const last = prompt.at(-1);
    // Models require all tool results of one turn in one message.
    if (last?.role === "tool" && next.role === "tool") last.content.push(...next.content);
    else prompt.push(next);
  }
  return prompt;
}

function convertMessage(
  message: Message,
  model: AiSdkModel,
  toolNames: ReadonlyMap<string, string>,
): LanguageModelV4Message {
  const { role, content } = message;
  switch (role) {
    case "system":
      return { role, content: plainText(content, "system") };
    case "user":
      return { role, content: convertParts(content, model) };
    case "assistant":
      return { role, content: [...textParts(message, model), ...toolCallParts(message, model)] };
    case "tool":
      return { role, content: [toolResultPart(message, toolNames)] };
  }
}

function convertParts(
  content: Message["content"],
  model: AiSdkModel,
): (LanguageModelV4TextPart | LanguageModelV4FilePart)[] {
  if (typeof content === "string") return [{ type: "text", text: content }];
  return content.map((part) => part.type === "text" ? part : convertFile(part, model));
}

/** Returns the text before the tool calls, if any: some servers reject an empty text. */
function textParts({ content, toolCalls = [] }: Message, model: AiSdkModel) {
  return content === "" && toolCalls.length > 0 ? [] : convertParts(content, model);
}

function toolCallParts({ toolCalls = [] }: Message, { provider }: AiSdkModel) {
  return toolCalls.flatMap((request) => {
    const context = recallContext(request, provider);
    const call: LanguageModelV4ToolCallPart = {
      type: "tool-call",
      toolCallId: request.id,
      toolName: request.name,
      input: parseArgs(request),
      ...(context?.metadata !== undefined && { providerOptions: context.metadata }),
    };
    return [...context?.reasoning ?? [], call];
  });
}

/**
 * Parses the arguments. Invalid JSON becomes `{}`: most servers require an object, and the tool's
 * result reports the problem.
 */
function parseArgs({ args }: ToolRequest): unknown {
  try {
    return JSON.parse(args);
  } catch {
    return {};
  }
}

function toolResultPart(
  { content, toolCallId = "" }: Message,
  toolNames: ReadonlyMap<string, string>,
): LanguageModelV4ToolResultPart {
  const toolName = toolNames.get(toolCallId);
  if (toolName === undefined) {
    reject(
      'a message with the role "tool" must follow the message with the tool call: ' +
        "its toolCallId is unknown",
    );
  }
  const value = plainText(content, "tool");
  return { type: "tool-result", toolCallId, toolName, output: { type: "text", value } };
}

function plainText(content: Message["content"], role: string): string {
  if (typeof content === "string") return content;
  return content.map((part) =>
    part.type === "text" ? part.text : reject(`a message with the role "${role}" must be text`)
  ).join("");
}

function convertFile(
  part: Exclude<ContentPart, { type: "text" }>,
  { specificationVersion, provider }: AiSdkModel,
): LanguageModelV4FilePart {
  const filename = part.type === "file" ? part.name : undefined;
  const isV4 = specificationVersion === "v4";
  // The older versions take the data itself, without its type.
  const file = (data: LanguageModelV4FilePart["data"], mediaType: string) => ({
    type: "file",
    ...(filename !== undefined && { filename }),
    data: isV4 ? data : data.type === "url" ? data.url : (data as { data: string }).data,
    mediaType,
  } as LanguageModelV4FilePart);

  const inline = /^data:([^;,]*)[^,]*;base64,/i.exec(part.url);
  const defaultType = part.type === "image"
    ? isV4 ? "image" : "image/*"
    : "application/octet-stream";
  if (inline !== null) {
    return file({ type: "data", data: part.url.slice(inline[0].length) }, inline[1] || defaultType);
  }
  if (/^data:/i.test(part.url)) reject(`a data: URL of ${withArticle(part)} must be base64`);
  if (/^https?:/i.test(part.url)) {
    const url = URL.parse(part.url) ?? reject(`the URL of ${withArticle(part)} must be a URL`);
    return file(
      { type: "url", url },
      /\.pdf$/i.test(url.pathname) ? "application/pdf" : defaultType,
    );
  }
  if (!isV4 || part.type === "image") {
    reject(`the URL of ${withArticle(part)} must begin with https: or data: for this model`);
  }
  // The provider of a model is named like "openai.chat". Its files are referenced by the first
  // word.
  const reference = { [provider.split(".")[0]!]: part.url };
  return file({ type: "reference", reference }, defaultType);
}

function withArticle({ type }: ContentPart): string {
  return type === "image" ? "an image" : "a file";
}

/** Rejects the request before anything is sent. It would fail with other models, too. */
function reject(message: string): never {
  throw new ProviderError(message, { code: "invalid_params", retryable: false });
}
