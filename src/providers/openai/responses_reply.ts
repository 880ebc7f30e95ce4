/** Reads the responses of the Responses API. */
import type { OpenAI } from "openai";
import { isRecord } from "../../model/check_options.ts";
import { ProviderError } from "../../model/errors.ts";
import type { FinishReason, ModelReply, ToolRequest } from "../../model/message.ts";
import type { RateReport } from "../../model/rate_report.ts";
import { readBilling, withBilling } from "../http/read_billing.ts";
import { FailedResponseError } from "./provider_error.ts";
import { extractReasoningItems, type ReplySource } from "./reasoning_items.ts";
import { readToolCalls } from "./tool_calls.ts";

/** A complete response. Servers may omit any member. */
export type ResponseObject = Partial<OpenAI.Responses.Response>;

/** The finish reasons of incomplete responses. */
const INCOMPLETE_REASONS: Readonly<Record<string, FinishReason>> = { max_output_tokens: "length" };

/**
 * Reads a complete response.
 *
 * @param rates The state of the server's rate limits.
 * @throws {FailedResponseError} If the response reports a failure.
 * @throws {ProviderError} If the response has no output or is not finished.
 */
export function readResponsesReply(
  response: ResponseObject,
  rates: RateReport | undefined,
  source: ReplySource,
): ModelReply {
  const { output, incomplete_details: incomplete } = response ?? {};
  const status = response?.status ?? "completed";
  const billing = readBilling(response, source.model);
  if (status === "failed") throw withBilling(new FailedResponseError(response.error), response);
  const problem = status !== "completed" && status !== "incomplete"
    ? "is not finished"
    : !Array.isArray(output) || (output.length === 0 && status === "completed")
    ? "has no output"
    : undefined;
  if (problem !== undefined) {
    throw new ProviderError(`the server's response ${problem}`, {
      code: "provider",
      retryable: true,
      ...billing,
      rates,
    });
  }
  const toolCalls = findToolCalls(output!);
  const reason = incomplete?.reason ?? (status === "incomplete" ? "length" : undefined);
  const providerData = extractReasoningItems(output!, source);
  return {
    text: collectText(output!, "output_text", "text"),
    finishReason: reason === undefined
      ? toolCalls === undefined ? "stop" : "tool_calls"
      : INCOMPLETE_REASONS[reason] ?? reason,
    usage: undefined,
    ...billing,
    refusal: collectText(output!, "refusal", "refusal") || undefined,
    ...(toolCalls && { toolCalls }),
    ...(providerData && { providerData }),
    ...(rates && { rates }),
  };
}

/** Joins the texts of all message parts of a type; `name` is the member that holds the text. */
export function collectText(output: readonly unknown[], type: string, name: string): string {
  return output.filter(isRecord)
    .flatMap((item) => item.type === "message" && Array.isArray(item.content) ? item.content : [])
    .map((part) => part?.type === type && typeof part[name] === "string" ? part[name] : "")
    .join("");
}

function findToolCalls(output: readonly unknown[]): readonly ToolRequest[] | undefined {
  return readToolCalls(
    output.filter(isRecord).filter(({ type }) => type === "function_call")
      .map((call) => ({ id: call.call_id || call.id, function: call })),
  );
}
