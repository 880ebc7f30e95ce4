/** Creates the responses of OpenAI's Responses API. */
import { isRecord } from "../../model/check_options.ts";
import type { ModelSettings } from "../../model/message.ts";
import type { Usage } from "../../model/usage.ts";
import type { Outcome } from "./outcome.ts";

type Fields = Readonly<Record<string, unknown>>;

/** The fields of a response that do not change while it is created. */
export interface ResponseBase extends Fields {
  /** The ID of the response. */
  readonly id: string;
}

/**
 * Creates the fields of a new response. It repeats the request, with the settings that are used:
 * those of the client within the bounds of the agent.
 */
export function createResponseBase(
  model: string,
  body: Fields,
  { maxTokens, temperature, topP, reasoningEffort }: ModelSettings,
): ResponseBase {
  const { text, reasoning } = body;
  return {
    id: createId("resp"),
    object: "response",
    created_at: Math.floor(Date.now() / 1000),
    model,
    background: false,
    instructions: body.instructions ?? null,
    max_output_tokens: maxTokens ?? null,
    max_tool_calls: null,
    metadata: body.metadata ?? {},
    parallel_tool_calls: body.parallel_tool_calls ?? true,
    previous_response_id: null,
    prompt_cache_key: body.prompt_cache_key ?? null,
    reasoning: {
      summary: null,
      ...(isRecord(reasoning) && reasoning),
      effort: reasoningEffort ?? null,
    },
    safety_identifier: body.safety_identifier ?? null,
    service_tier: "default",
    store: false,
    temperature: temperature ?? null,
    text: { format: { type: "text" }, ...(isRecord(text) && text) },
    tool_choice: body.tool_choice ?? "auto",
    tools: [],
    top_logprobs: 0,
    top_p: topP ?? null,
    truncation: "disabled",
    user: body.user ?? null,
  };
}

/** Creates a random ID with a prefix that names its kind. */
export function createId(prefix: string): string {
  return `${prefix}_${crypto.randomUUID().replaceAll("-", "")}`;
}

/** The state of a response that has not ended. */
export const IN_PROGRESS: Fields = {
  status: "in_progress",
  completed_at: null,
  error: null,
  incomplete_details: null,
  output: [],
  usage: null,
};

/** Creates a part of an answer: its text, or the text of a refusal. */
export function contentPart(type: "output_text" | "refusal", text: string): object {
  return type === "refusal"
    ? { type, refusal: text }
    : { type, annotations: [], logprobs: [], text };
}

/** Creates the item of an answer. */
export function messageItem(id: string, status: string, content: readonly object[]): object {
  return { id, type: "message", status, role: "assistant", content };
}

/** Returns the state of a response that has ended with this outcome. */
export function endState({ finishReason, usage }: Outcome, output: readonly object[]): Fields {
  const isComplete = finishReason === "stop";
  return {
    status: statusOf(finishReason),
    completed_at: isComplete ? Math.floor(Date.now() / 1000) : null,
    error: null,
    incomplete_details: isComplete
      ? null
      : { reason: finishReason === "length" ? "max_output_tokens" : finishReason },
    output,
    usage: responseUsage(usage),
  };
}

/** Maps a finish reason to the status of a response and of its item. */
export function statusOf(finishReason: Outcome["finishReason"]): "completed" | "incomplete" {
  return finishReason === "stop" ? "completed" : "incomplete";
}

/** Maps an outcome to a complete response. */
export function toResponse(base: ResponseBase, outcome: Outcome): object {
  const { text, refusal, finishReason } = outcome;
  const content = refusal === undefined
    ? contentPart("output_text", text)
    : contentPart("refusal", refusal);
  const item = messageItem(createId("msg"), statusOf(finishReason), [content]);
  return { ...base, ...endState(outcome, [item]) };
}

function responseUsage(usage: Usage): object {
  return {
    input_tokens: usage.inputTokens,
    input_tokens_details: {
      cached_tokens: usage.cachedInputTokens,
      cache_write_tokens: usage.cacheWriteTokens,
    },
    output_tokens: usage.outputTokens,
    output_tokens_details: { reasoning_tokens: usage.reasoningTokens },
    total_tokens: usage.totalTokens,
  };
}
