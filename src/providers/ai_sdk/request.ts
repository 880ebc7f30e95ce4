/** A request in the words of the AI SDK's language models. */
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
import { saidWith } from "./reasoning_items.ts";

/** What `extra` may say to every model; everything else in it is for one provider. */
const FOR_ALL: ReadonlySet<string> = new Set([
  "topK",
  "presencePenalty",
  "frequencyPenalty",
  "toolChoice",
]);

/**
 * The options of a call, in the newest version of the interface. The older ones differ only in how they write files.
 *
 * @throws {ProviderError} If the request says something that cannot be said to this model.
 */
export function callOptionsOf(
  { messages, settings, output, tools }: ModelRequest,
  model: AiSdkModel,
  abortSignal: AbortSignal,
): LanguageModelV4CallOptions {
  const { temperature, maxTokens, topP, stop, seed, reasoningEffort, extra } = settings;
  return {
    prompt: promptOf(messages, model),
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
    }),
    ...extrasOf(extra),
    // A connection that is reset makes Deno send the request again: the key tells the server that it is the same one.
    headers: { "idempotency-key": crypto.randomUUID() },
    abortSignal,
  };
}

function extrasOf(extra: Readonly<Record<string, unknown>> = {}) {
  const all = Object.entries(extra);
  const own = all.filter(([name]) => !FOR_ALL.has(name));
  for (const [name, options] of own) {
    if (isRecord(options)) continue;
    // The SDK would take no notice of it.
    refuse(
      `in extra, "${name}" must hold the options of the AI SDK's provider of that name: \`extra: { anthropic: { … } }\``,
    );
  }
  return {
    ...Object.fromEntries(all.filter(([name]) => FOR_ALL.has(name))),
    ...(own.length > 0 && { providerOptions: Object.fromEntries(own) }),
  } as Partial<LanguageModelV4CallOptions>;
}

function promptOf(messages: readonly Message[], model: AiSdkModel): LanguageModelV4Prompt {
  const prompt: LanguageModelV4Prompt = [];
  const names = new Map<string, string>();
  for (const message of messages) {
    for (const { id, name } of message.toolCalls ?? []) names.set(id, name);
    const next = messageOf(message, model, names);
    const last = prompt.at(-1);
    // Models want all results of one turn in one message.
    if (last?.role === "tool" && next.role === "tool") last.content.push(...next.content);
    else prompt.push(next);
  }
  return prompt;
}

function messageOf(
  message: Message,
  model: AiSdkModel,
  names: ReadonlyMap<string, string>,
): LanguageModelV4Message {
  const { role, content } = message;
  switch (role) {
    case "system":
      return { role, content: plainText(content, "system") };
    case "user":
      return { role, content: partsOf(content, model) };
    case "assistant":
      return { role, content: [...saidBefore(message, model), ...callsOf(message, model)] };
    case "tool":
      return { role, content: [resultOf(message, names)] };
  }
}

function partsOf(
  content: Message["content"],
  model: AiSdkModel,
): (LanguageModelV4TextPart | LanguageModelV4FilePart)[] {
  if (typeof content === "string") return [{ type: "text", text: content }];
  return content.map((part) => part.type === "text" ? part : filePartOf(part, model));
}

/** What the assistant said before it asked for tools; some servers refuse a text that is empty. */
function saidBefore({ content, toolCalls = [] }: Message, model: AiSdkModel) {
  return content === "" && toolCalls.length > 0 ? [] : partsOf(content, model);
}

function callsOf({ toolCalls = [] }: Message, { provider }: AiSdkModel) {
  return toolCalls.flatMap((request) => {
    const said = saidWith(request, provider);
    const call: LanguageModelV4ToolCallPart = {
      type: "tool-call",
      toolCallId: request.id,
      toolName: request.name,
      input: inputOf(request),
      ...(said?.metadata !== undefined && { providerOptions: said.metadata }),
    };
    return [...said?.thoughts ?? [], call];
  });
}

/** Arguments that are no JSON are not told: most servers want an object, and the result of the tool says what was wrong. */
function inputOf({ args }: ToolRequest): unknown {
  try {
    return JSON.parse(args);
  } catch {
    return {};
  }
}

function resultOf(
  { content, toolCallId = "" }: Message,
  names: ReadonlyMap<string, string>,
): LanguageModelV4ToolResultPart {
  const toolName = names.get(toolCallId);
  if (toolName === undefined) {
    refuse(
      "a message of a tool must follow the message that asks for it: its toolCallId is not known",
    );
  }
  const value = plainText(content, "tool");
  return { type: "tool-result", toolCallId, toolName, output: { type: "text", value } };
}

function plainText(content: Message["content"], role: string): string {
  if (typeof content === "string") return content;
  return content.map((part) =>
    part.type === "text" ? part.text : refuse(`a message with the role "${role}" must be text`)
  ).join("");
}

function filePartOf(
  part: Exclude<ContentPart, { type: "text" }>,
  { specificationVersion, provider }: AiSdkModel,
): LanguageModelV4FilePart {
  const filename = part.type === "file" ? part.name : undefined;
  const newest = specificationVersion === "v4";
  // The older versions write a file without saying what it is written as.
  const file = (data: LanguageModelV4FilePart["data"], mediaType: string) => ({
    type: "file",
    ...(filename !== undefined && { filename }),
    data: newest ? data : data.type === "url" ? data.url : (data as { data: string }).data,
    mediaType,
  } as LanguageModelV4FilePart);

  const inline = /^data:([^;,]*)[^,]*;base64,/i.exec(part.url);
  const vague = part.type === "image" ? newest ? "image" : "image/*" : "application/octet-stream";
  if (inline !== null) {
    return file({ type: "data", data: part.url.slice(inline[0].length) }, inline[1] || vague);
  }
  if (/^data:/i.test(part.url)) refuse(`a data: URL of ${article(part)} must be base64`);
  if (/^https?:/i.test(part.url)) {
    const url = URL.parse(part.url) ?? refuse(`the URL of ${article(part)} must be a URL`);
    return file({ type: "url", url }, /\.pdf$/i.test(url.pathname) ? "application/pdf" : vague);
  }
  if (!newest || part.type === "image") {
    refuse(`the URL of ${article(part)} must begin with https: or data: for this model`);
  }
  // The models of a provider have names such as "openai.chat"; it knows its files by the first of them.
  const reference = { [provider.split(".")[0]!]: part.url };
  return file({ type: "reference", reference }, vague);
}

function article({ type }: ContentPart): string {
  return type === "image" ? "an image" : "a file";
}

/** Nothing was sent, and nobody else would understand it either. */
function refuse(what: string): never {
  throw new ProviderError(what, { code: "invalid_params", retryable: false });
}
