/** Reads the responses of Chat Completions, complete or streamed. */
import type { OpenAI } from "openai";
import { isRecord } from "../../model/check_options.ts";
import { ProviderError } from "../../model/errors.ts";
import type { FinishReason, ModelReply, ToolRequest } from "../../model/message.ts";
import type { RateReport } from "../../model/rate_report.ts";
import type { Usage } from "../../model/usage.ts";
import { readToolCalls, ToolCallBuilder } from "./tool_calls.ts";

/** A complete response. */
export type ChatCompletion = OpenAI.Chat.Completions.ChatCompletion;

/** An event of a streamed response. */
export type ChatChunk = OpenAI.Chat.Completions.ChatCompletionChunk;

/** The usage in a response. Servers may omit any member. */
interface AnyUsage {
  prompt_tokens?: number | null;
  completion_tokens?: number | null;
  prompt_tokens_details?: { cached_tokens?: number | null } | null;
  completion_tokens_details?: { reasoning_tokens?: number | null } | null;
}

/** Reads the usage, if the server reports it. */
export function readChatUsage(usage: AnyUsage | null | undefined): Usage | undefined {
  if (typeof usage?.prompt_tokens !== "number") return undefined;
  const inputTokens = usage.prompt_tokens;
  const outputTokens = usage.completion_tokens ?? 0;
  return {
    inputTokens,
    cachedInputTokens: usage.prompt_tokens_details?.cached_tokens ?? 0,
    cacheWriteTokens: 0,
    outputTokens,
    reasoningTokens: usage.completion_tokens_details?.reasoning_tokens ?? 0,
    totalTokens: inputTokens + outputTokens,
  };
}

/**
 * Reads a complete response.
 *
 * @param rates The state of the server's rate limits.
 * @throws {ProviderError} If it has no message: a proxy may respond with anything.
 */
export function readChatReply(
  completion: ChatCompletion,
  rates: RateReport | undefined,
): ModelReply {
  const choice = completion?.choices?.[0];
  if (typeof choice?.message !== "object" || choice.message === null) {
    throw new ProviderError("the server's response has no choices", {
      code: "provider",
      retryable: true,
      usage: readChatUsage(completion?.usage),
      rates,
    });
  }
  const { content, refusal, tool_calls } = choice.message;
  const toolCalls = readToolCalls(tool_calls);
  return {
    text: readContent(content),
    finishReason: readFinishReason(choice.finish_reason, toolCalls),
    usage: readChatUsage(completion.usage),
    refusal: readText(refusal) || undefined,
    ...(toolCalls && { toolCalls }),
    ...(rates && { rates }),
  };
}

/**
 * Some servers send "stop" with tool calls, as OpenAI does if the request named the tool to call.
 */
function readFinishReason(
  reason: string | null,
  toolCalls: readonly ToolRequest[] | undefined,
): FinishReason {
  if (toolCalls !== undefined && (!reason || reason === "stop")) return "tool_calls";
  return reason || "stop";
}

/** Mistral's reasoning models send a list of parts, some of which are reasoning. */
function readText(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content.map((part) => part?.type === "text" ? readText(part.text) : "").join("");
}

/** Cloudflare sends the value of a typed answer in the place of its JSON. */
function readContent(content: unknown): string {
  const isValue = isRecord(content) || typeof content === "number" || typeof content === "boolean";
  return isValue ? JSON.stringify(content) : readText(content);
}

/** Assembles a reply from the events of a stream. */
export class ChatStreamReader {
  #text = "";
  #refusal = "";
  #finishReason: string | undefined;
  #usage: Usage | undefined;
  readonly #toolCalls = new ToolCallBuilder();

  /** Adds an event and returns its text. */
  add(chunk: ChatChunk): string {
    // The event with the usage has no choices, nor do the first events of some servers.
    const choice = chunk?.choices?.[0];
    this.#usage = readChatUsage(chunk?.usage) ?? this.#usage;
    // Some servers send an empty reason with each event.
    this.#finishReason = choice?.finish_reason || this.#finishReason;
    this.#refusal += readText(choice?.delta?.refusal);
    this.#toolCalls.addDeltas(choice?.delta?.tool_calls);
    const text = readContent(choice?.delta?.content);
    this.#text += text;
    return text;
  }

  /**
   * Returns the complete reply.
   *
   * @param rates The state of the server's rate limits.
   * @throws {ProviderError} If the stream ended early.
   */
  reply(rates: RateReport | undefined): ModelReply {
    if (this.#finishReason === undefined) {
      throw new ProviderError("the stream ended before the reply was complete", {
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
      finishReason: readFinishReason(this.#finishReason, toolCalls),
      usage: this.#usage,
      refusal: this.#refusal === "" ? undefined : this.#refusal,
      ...(toolCalls && { toolCalls }),
      ...(rates && { rates }),
    };
  }
}
