/** An answer in the words of Responses, whole or as events. */
import type { OpenAI } from "openai";
import { isRecord } from "../../model/check_options.ts";
import { ProviderError } from "../../model/errors.ts";
import type { FinishReason, ModelReply, ToolRequest } from "../../model/message.ts";
import type { RateReport } from "../../model/rate_report.ts";
import type { Usage } from "../../model/usage.ts";
import { FailedResponseError } from "./provider_error.ts";
import { extractReasoningItems, type ReasoningItems } from "./reasoning_items.ts";
import { readToolCalls } from "./tool_calls.ts";

/** A whole answer; servers leave out what they like. */
export type ResponseObject = Partial<OpenAI.Responses.Response>;

/** The reasons for which an answer is not complete, in our words. */
const REASONS: Readonly<Record<string, FinishReason>> = { max_output_tokens: "length" };

/**
 * The reply of a whole answer.
 *
 * @param rates What the server said of its limits.
 * @param where Where it came from.
 * @throws {FailedResponseError} If the server says that it failed.
 * @throws {ProviderError} If it is none, or if it is not finished.
 */
export function readResponsesReply(
  response: ResponseObject,
  rates: RateReport | undefined,
  where: Omit<ReasoningItems, "items">,
): ModelReply {
  const { output, incomplete_details: cut } = response ?? {};
  const status = response?.status ?? "completed";
  const usage = readResponsesUsage(response?.usage);
  if (status === "failed") throw new FailedResponseError(response.error, usage);
  const why = status !== "completed" && status !== "incomplete"
    ? "is not finished"
    : !Array.isArray(output) || (output.length === 0 && status === "completed")
    ? "has no output"
    : undefined;
  if (why !== undefined) {
    throw new ProviderError(`the server's answer ${why}`, {
      code: "provider",
      retryable: true,
      usage,
      rates,
    });
  }
  const toolCalls = callsIn(output!);
  const reason = cut?.reason ?? (status === "incomplete" ? "length" : undefined);
  const providerData = extractReasoningItems(output!, where);
  return {
    text: collectText(output!, "output_text", "text"),
    finishReason: reason === undefined
      ? toolCalls === undefined ? "stop" : "tool_calls"
      : REASONS[reason] ?? reason,
    usage,
    refusal: collectText(output!, "refusal", "refusal") || undefined,
    ...(toolCalls && { toolCalls }),
    ...(providerData && { providerData }),
    ...(rates && { rates }),
  };
}

/** All that was said in parts of this type. */
export function collectText(output: readonly unknown[], type: string, name: string): string {
  return output.filter(isRecord)
    .flatMap((item) => item.type === "message" && Array.isArray(item.content) ? item.content : [])
    .map((part) => part?.type === type && typeof part[name] === "string" ? part[name] : "")
    .join("");
}

function callsIn(output: readonly unknown[]): readonly ToolRequest[] | undefined {
  return readToolCalls(
    output.filter(isRecord).filter(({ type }) => type === "function_call")
      .map((call) => ({ id: call.call_id || call.id, function: call })),
  );
}

/** What was used, if the server says so. */
export function readResponsesUsage(usage: ResponseObject["usage"] | null): Usage | undefined {
  if (typeof usage?.input_tokens !== "number") return undefined;
  const inputTokens = usage.input_tokens;
  const outputTokens = usage.output_tokens ?? 0;
  return {
    inputTokens,
    cachedInputTokens: usage.input_tokens_details?.cached_tokens ?? 0,
    outputTokens,
    reasoningTokens: usage.output_tokens_details?.reasoning_tokens ?? 0,
    totalTokens: inputTokens + outputTokens,
  };
}
