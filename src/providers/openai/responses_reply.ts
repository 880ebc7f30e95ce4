/** Reads the responses of the Responses API. */
import type { OpenAI } from "openai";
import { isRecord } from "../../model/check_options.ts";
import { ProviderError } from "../../model/errors.ts";
import type { ModelReply } from "../../model/message.ts";
import type { RateReport } from "../../model/rate_report.ts";
import type { Billing } from "../../model/usage.ts";
import { isFailure } from "../http/classify_failure.ts";
import { decideFinish } from "../http/finish_reason.ts";
import { readBilling } from "../http/read_billing.ts";
import { malformedResponse, ServerError } from "./provider_error.ts";
import { extractReasoningItems, type ReplySource } from "./reasoning_items.ts";
import { ToolCallBuilder } from "./tool_calls.ts";

/** A complete response. Servers may omit any member. */
export type ResponseObject = Partial<OpenAI.Responses.Response>;

/** The calls of tools that the client must run, and that an agent cannot. */
const UNUSABLE_CALLS = new Set<unknown>([
  "custom_tool_call",
  "computer_call",
  "local_shell_call",
  "shell_call",
  "apply_patch_call",
  "mcp_approval_request",
]);

/** Separates the texts of messages, such as a commentary and the final answer. */
export const MESSAGE_SEPARATOR = "\n\n";

/**
 * Reads a complete response.
 *
 * @param rates The state of the server's rate limits.
 * @throws {ServerError} If the response reports a failure.
 * @throws {ProviderError} If the response has no output, no answer or is not finished.
 */
export function readResponsesReply(
  response: ResponseObject,
  rates: RateReport | undefined,
  source: ReplySource,
): ModelReply {
  const billing = readBilling(response, source.model);
  if (isFailure(response)) throw new ServerError(response, { billing });
  const { output, incomplete_details: incomplete, status } = response ?? {};
  if (status === "failed") throw new ServerError({ error: response.error }, { billing });
  if (status === "queued" || status === "in_progress") {
    throw unfinishedResponse(status, { billing, rates });
  }
  const isIncomplete = status === "incomplete";
  if (status && status !== "completed" && !isIncomplete) {
    throw malformedResponse("is not finished", { billing, rates });
  }
  if (!Array.isArray(output) || (output.length === 0 && !isIncomplete)) {
    throw malformedResponse("has no output", { billing, rates });
  }
  const text = collectText(output, "output_text", "text");
  const refusal = collectText(output, "refusal", "refusal");
  const reasoning = collectReasoning(output);
  const calls = collectCalls(output);
  const toolCalls = calls.calls();
  const { finishReason, problem } = decideFinish(
    incomplete?.reason ?? (isIncomplete ? "length" : undefined),
    {
      hasText: text !== "" || refusal !== "",
      hasToolCalls: toolCalls !== undefined,
      hasUnusableCalls: calls.hasUnusable ||
        output.some((item: unknown) => isRecord(item) && UNUSABLE_CALLS.has(item.type)),
    },
  );
  if (problem !== undefined) {
    throw new ProviderError(problem, {
      code: "provider",
      retryable: true,
      ...billing,
      rates,
      text,
    });
  }
  const providerData = extractReasoningItems(output, source);
  return {
    text,
    finishReason,
    usage: undefined,
    ...billing,
    refusal: refusal || undefined,
    ...(reasoning && { reasoning }),
    ...(toolCalls && { toolCalls }),
    ...(providerData && { providerData }),
    ...(rates && { rates }),
  };
}

/**
 * Returns the error of a response that the server is still processing: a second request would be
 * paid for, too.
 */
export function unfinishedResponse(
  status: string,
  { billing, rates }: { readonly billing: Billing; readonly rates?: RateReport },
): ProviderError {
  return new ProviderError(
    `the server's response is "${status}" and not an answer: do not set background in extra`,
    { code: "provider", retryable: false, ...billing, rates },
  );
}

/**
 * Joins the texts of all message parts of a type; `name` is the member that holds the text. A blank
 * line separates messages.
 */
export function collectText(output: readonly unknown[], type: string, name: string): string {
  return output.filter(isRecord).filter((item) => item.type === "message")
    .map(({ content }) => joinParts(content, type, name))
    .filter((text) => text !== "").join(MESSAGE_SEPARATOR);
}

function joinParts(parts: unknown, type: string, name: string): string {
  // Some servers send the content in the form of Chat Completions.
  if (typeof parts === "string") return name === "text" ? parts : "";
  if (!Array.isArray(parts)) return "";
  return parts.map((part) =>
    (part?.type === type || part?.type === name) && typeof part[name] === "string" ? part[name] : ""
  ).join("");
}

/** Joins the reasoning: the texts if the server sends them, otherwise the summaries. */
function collectReasoning(output: readonly unknown[]): string {
  return output.filter(isRecord).filter(({ type }) => type === "reasoning")
    .flatMap(({ content, summary }) => {
      const texts = textsOf(content);
      return texts.length > 0 ? texts : textsOf(summary);
    }).join(MESSAGE_SEPARATOR);
}

function textsOf(parts: unknown): readonly string[] {
  if (!Array.isArray(parts)) return [];
  return parts.map((part) => part?.text).filter((text) => typeof text === "string" && text !== "");
}

function collectCalls(output: readonly unknown[]): ToolCallBuilder {
  const calls = new ToolCallBuilder();
  calls.addCalls(
    output.filter(isRecord).filter(({ type }) => type === "function_call")
      .map((call) => ({ id: call.call_id || call.id, function: call })),
  );
  return calls;
}
