/** The words of Chat Completions, to and from ours. */
import type { OpenAI } from "openai";
import { ProviderError } from "../model/errors.ts";
import type { ContentPart, Message, ModelReply, ModelRequest } from "../model/message.ts";
import type { RateReport } from "../model/rates.ts";
import type { Usage } from "../model/usage.ts";

type Params = OpenAI.Chat.Completions.ChatCompletionCreateParamsNonStreaming;

/** A whole answer. */
export type Completion = OpenAI.Chat.Completions.ChatCompletion;

/** A piece of a streamed answer. */
export type Chunk = OpenAI.Chat.Completions.ChatCompletionChunk;

/** The body of a request. `maxTokensField` is what this server calls the limit of the answer. */
export function bodyOf(
  { model, messages, settings, output }: ModelRequest,
  maxTokensField: "max_tokens" | "max_completion_tokens",
): Params {
  const { temperature, maxTokens, topP, stop, seed, extra } = settings;
  return {
    model,
    messages: messages.map(messageOf),
    ...(temperature !== undefined && { temperature }),
    ...(maxTokens !== undefined && { [maxTokensField]: maxTokens }),
    ...(topP !== undefined && { top_p: topP }),
    ...(stop !== undefined && { stop: typeof stop === "string" ? stop : [...stop] }),
    ...(seed !== undefined && { seed }),
    ...(output !== undefined && {
      response_format: {
        type: "json_schema",
        json_schema: { name: output.name, schema: output.schema },
      },
    }),
    ...extra,
  };
}

function messageOf({ role, content }: Message): Params["messages"][number] {
  if (typeof content === "string") return { role, content } as Params["messages"][number];
  return { role, content: content.map(partOf) } as Params["messages"][number];
}

function partOf(part: ContentPart) {
  return part.type === "text"
    ? { type: "text", text: part.text }
    : { type: "image_url", image_url: { url: part.url } };
}

/** What an answer is made of, whole or in pieces; servers leave out what they like. */
interface AnyUsage {
  prompt_tokens?: number | null;
  completion_tokens?: number | null;
  prompt_tokens_details?: { cached_tokens?: number | null } | null;
  completion_tokens_details?: { reasoning_tokens?: number | null } | null;
}

/** What was used, if the server says so. */
export function usageOf(usage: AnyUsage | null | undefined): Usage | undefined {
  if (typeof usage?.prompt_tokens !== "number") return undefined;
  const inputTokens = usage.prompt_tokens;
  const outputTokens = usage.completion_tokens ?? 0;
  return {
    inputTokens,
    cachedInputTokens: usage.prompt_tokens_details?.cached_tokens ?? 0,
    outputTokens,
    reasoningTokens: usage.completion_tokens_details?.reasoning_tokens ?? 0,
    totalTokens: inputTokens + outputTokens,
  };
}

/**
 * The reply of a whole answer.
 *
 * @param rates What the server said of its limits.
 * @throws {ProviderError} If it is none: a proxy in between may answer anything at all.
 */
export function replyOf(completion: Completion, rates: RateReport | undefined): ModelReply {
  const choice = completion?.choices?.[0];
  if (typeof choice?.message !== "object" || choice.message === null) {
    throw new ProviderError("the server's answer has no choices", {
      code: "provider",
      retryable: true,
      usage: usageOf(completion?.usage),
      rates,
    });
  }
  const { content, refusal } = choice.message;
  return {
    text: textOf(content),
    finishReason: choice.finish_reason || "stop",
    usage: usageOf(completion.usage),
    refusal: textOf(refusal) || undefined,
    ...(rates && { rates }),
  };
}

/** Mistral's reasoning models say it in parts, of which some are thoughts. */
function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content.map((part) => part?.type === "text" ? textOf(part.text) : "").join("");
}

/** Puts the pieces of a streamed answer together. */
export class ReplyBuilder {
  #text = "";
  #refusal = "";
  #finishReason: string | undefined;
  #usage: Usage | undefined;

  /** Takes a piece; gives its text. */
  add(chunk: Chunk): string {
    // The chunk with the usage has no choices; so have the first ones of some servers.
    const choice = chunk?.choices?.[0];
    this.#usage = usageOf(chunk?.usage) ?? this.#usage;
    // Some servers send an empty reason with each piece.
    this.#finishReason = choice?.finish_reason || this.#finishReason;
    this.#refusal += textOf(choice?.delta?.refusal);
    const text = textOf(choice?.delta?.content);
    this.#text += text;
    return text;
  }

  /**
   * The whole.
   *
   * @param rates What the server said of its limits.
   * @throws {ProviderError} If the stream ended before the answer did.
   */
  reply(rates: RateReport | undefined): ModelReply {
    if (this.#finishReason === undefined) {
      throw new ProviderError("the stream ended before the answer did", {
        code: "truncated",
        retryable: true,
        usage: this.#usage,
        rates,
        text: this.#text,
      });
    }
    return {
      text: this.#text,
      finishReason: this.#finishReason,
      usage: this.#usage,
      refusal: this.#refusal === "" ? undefined : this.#refusal,
      ...(rates && { rates }),
    };
  }
}
