/** An answer in the words of Chat Completions, whole or in pieces. */
import type { OpenAI } from "openai";
import { ProviderError } from "../../model/errors.ts";
import type { FinishReason, ModelReply, ToolRequest } from "../../model/message.ts";
import type { RateReport } from "../../model/rate_report.ts";
import type { Usage } from "../../model/usage.ts";
import { readToolCalls, ToolCallBuilder } from "./tool_calls.ts";

/** A whole answer. */
export type ChatCompletion = OpenAI.Chat.Completions.ChatCompletion;

/** A piece of a streamed answer. */
export type ChatChunk = OpenAI.Chat.Completions.ChatCompletionChunk;

/** What an answer is made of, whole or in pieces; servers leave out what they like. */
interface AnyUsage {
  prompt_tokens?: number | null;
  completion_tokens?: number | null;
  prompt_tokens_details?: { cached_tokens?: number | null } | null;
  completion_tokens_details?: { reasoning_tokens?: number | null } | null;
}

/** What was used, if the server says so. */
export function readChatUsage(usage: AnyUsage | null | undefined): Usage | undefined {
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
export function readChatReply(
  completion: ChatCompletion,
  rates: RateReport | undefined,
): ModelReply {
  const choice = completion?.choices?.[0];
  if (typeof choice?.message !== "object" || choice.message === null) {
    throw new ProviderError("the server's answer has no choices", {
      code: "provider",
      retryable: true,
      usage: readChatUsage(completion?.usage),
      rates,
    });
  }
  const { content, refusal, tool_calls } = choice.message;
  const toolCalls = readToolCalls(tool_calls);
  return {
    text: textOf(content),
    finishReason: reasonOf(choice.finish_reason, toolCalls),
    usage: readChatUsage(completion.usage),
    refusal: textOf(refusal) || undefined,
    ...(toolCalls && { toolCalls }),
    ...(rates && { rates }),
  };
}

/** Some servers say "stop" beside tool calls, as OpenAI does if it was told which tool to call. */
function reasonOf(
  said: string | null,
  toolCalls: readonly ToolRequest[] | undefined,
): FinishReason {
  const reason = said || "stop";
  return toolCalls !== undefined && reason === "stop" ? "tool_calls" : reason;
}

/** Mistral's reasoning models say it in parts, of which some are thoughts. */
function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content.map((part) => part?.type === "text" ? textOf(part.text) : "").join("");
}

/** Puts the pieces of a streamed answer together. */
export class ChatStreamReader {
  #text = "";
  #refusal = "";
  #finishReason: string | undefined;
  #usage: Usage | undefined;
  readonly #toolCalls = new ToolCallBuilder();

  /** Takes a piece; gives its text. */
  add(chunk: ChatChunk): string {
    // The chunk with the usage has no choices; so have the first ones of some servers.
    const choice = chunk?.choices?.[0];
    this.#usage = readChatUsage(chunk?.usage) ?? this.#usage;
    // Some servers send an empty reason with each piece.
    this.#finishReason = choice?.finish_reason || this.#finishReason;
    this.#refusal += textOf(choice?.delta?.refusal);
    this.#toolCalls.add(choice?.delta?.tool_calls);
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
    const toolCalls = this.#toolCalls.calls();
    return {
      text: this.#text,
      finishReason: reasonOf(this.#finishReason, toolCalls),
      usage: this.#usage,
      refusal: this.#refusal === "" ? undefined : this.#refusal,
      ...(toolCalls && { toolCalls }),
      ...(rates && { rates }),
    };
  }
}
