/** Reads the responses of Chat Completions, complete or streamed. */
import type { OpenAI } from "openai";
import { ProviderError } from "../../model/errors.ts";
import type { FinishReason, ModelReply, ModelRequest, ToolRequest } from "../../model/message.ts";
import type { RateReport } from "../../model/rate_report.ts";
import type { Billing } from "../../model/usage.ts";
import { BillingReader, readBilling } from "../http/read_billing.ts";
import { readToolCalls, ToolCallBuilder } from "./tool_calls.ts";

/** A complete response. */
export type ChatCompletion = OpenAI.Chat.Completions.ChatCompletion;

/** An event of a streamed response. */
export type ChatChunk = OpenAI.Chat.Completions.ChatCompletionChunk;

/**
 * Reads a complete response.
 *
 * @param rates The state of the server's rate limits.
 * @param request The request that it answers.
 * @throws {ProviderError} If it has no message: a proxy may respond with anything.
 */
export function readChatReply(
  completion: ChatCompletion,
  rates: RateReport | undefined,
  request?: Pick<ModelRequest, "model">,
): ModelReply {
  const billing = readBilling(completion, request?.model);
  const choice = completion?.choices?.[0];
  if (typeof choice?.message !== "object" || choice.message === null) {
    throw new ProviderError("the server's response has no choices", {
      code: "provider",
      retryable: true,
      ...billing,
      rates,
    });
  }
  const { content, refusal, tool_calls } = choice.message;
  const toolCalls = readToolCalls(tool_calls);
  return {
    text: readText(content),
    finishReason: readFinishReason(choice.finish_reason, toolCalls),
    usage: undefined,
    ...billing,
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

/** Assembles a reply from the events of a stream. */
export class ChatStreamReader {
  #text = "";
  #refusal = "";
  #finishReason: string | undefined;
  readonly #billing = new BillingReader();
  readonly #model: string | undefined;
  readonly #toolCalls = new ToolCallBuilder();

  /** Creates a reader for the response to a request. */
  constructor(request?: Pick<ModelRequest, "model">) {
    this.#model = request?.model;
  }

  /** What the events until now say about the price. */
  get billing(): Billing {
    return this.#billing.billing(this.#model);
  }

  /** Adds an event and returns its text. */
  add(chunk: ChatChunk): string {
    // The event with the usage has no choices, nor do the first events of some servers.
    const choice = chunk?.choices?.[0];
    this.#billing.add(chunk);
    // Some servers send an empty reason with each event.
    this.#finishReason = choice?.finish_reason || this.#finishReason;
    this.#refusal += readText(choice?.delta?.refusal);
    this.#toolCalls.addDeltas(choice?.delta?.tool_calls);
    const text = readText(choice?.delta?.content);
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
        ...this.billing,
        rates,
        text: this.#text,
      });
    }
    const toolCalls = this.#toolCalls.calls();
    return {
      text: this.#text,
      finishReason: readFinishReason(this.#finishReason, toolCalls),
      usage: undefined,
      ...this.billing,
      refusal: this.#refusal === "" ? undefined : this.#refusal,
      ...(toolCalls && { toolCalls }),
      ...(rates && { rates }),
    };
  }
}
