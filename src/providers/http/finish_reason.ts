/**
 * The finish reasons of all servers in one table, and the one rule for reasons that it does not
 * list.
 */
import type { FinishReason } from "../../model/message.ts";

/** The meaning of a finish reason. */
export type Ending = "stop" | "length" | "tool_calls" | "content_filter" | "error";

/**
 * The known reasons by meaning, in the form that `normalize` returns: lower case, words separated
 * by `_`. The names are those of OpenAI, Azure, Anthropic, Gemini, Bedrock, Mistral, Cohere,
 * DeepSeek, Z.ai, xAI, TGI, vLLM, SGLang and watsonx.
 */
const REASONS: Readonly<Record<Ending, string>> = {
  stop: "stop stop_sequence stop_string stop_token stop_str end end_turn end_of_turn end_of_text " +
    "end_of_sequence eos eos_token eos_found complete completed done finish finished normal " +
    "success",
  length: "length max_length model_length output_length context_length max_tokens max_token " +
    "max_output_tokens max_completion_tokens max_new_tokens max_len max_context " +
    "max_context_length max_tokens_reached max_output_tokens_reached token_limit " +
    "token_limit_reached error_limit length_limit context_length_exceeded " +
    "context_window_exceeded model_context_window_exceeded model_context_length " +
    "max_model_length max_model_len",
  tool_calls: "tool_calls tool_call tool_use tool_uses function_call function_calls tool",
  content_filter: "content_filter content_filtered content_filtering content_policy " +
    "content_policy_violation filter filtered safety sensitive recitation prohibited_content " +
    "blocklist blocked spii language refusal guardrail guardrails guardrail_intervened " +
    "moderation error_toxic toxic image_safety image_recitation image_prohibited_content " +
    "model_armor",
  error: "error failed failure internal_error server_error network_error " +
    "insufficient_system_resource insufficient_system_resources abort aborted cancel cancelled " +
    "canceled user_cancel timeout timed_out time_limit overloaded engine_overloaded " +
    "service_unavailable malformed_function_call malformed_tool_call malformed_tool_use " +
    "malformed_model_output malformed_response unexpected_tool_call",
};

const MEANINGS: ReadonlyMap<string, Ending> = new Map(
  Object.entries(REASONS).flatMap(([ending, names]) =>
    names.split(" ").map((name) => [name, ending as Ending] as const)
  ),
);

/** Returns the meaning of a server's finish reason, or `undefined` if it is not in the table. */
export function endingOf(reason: unknown): Ending | undefined {
  if (typeof reason !== "string") return undefined;
  return MEANINGS.get(reason) ?? readCompound(normalize(reason));
}

/**
 * Some servers append details after a colon: `content_filter: RECITATION`. Names that end in
 * "error" are those of errors: `engine_error`.
 */
function readCompound(reason: string): Ending | undefined {
  for (const part of [reason, ...reason.split(":")]) {
    const ending = MEANINGS.get(part.replaceAll(/^_+|_+$/g, ""));
    if (ending !== undefined) return ending;
  }
  return /_error$/.test(reason) ? "error" : undefined;
}

/** Converts `MaxTokens`, `MAX_TOKENS`, `max-tokens` and `FINISH_REASON_MAX_TOKENS` to one form. */
function normalize(reason: string): string {
  return reason.trim()
    .replaceAll(/([a-z])([A-Z])/g, "$1_$2")
    .toLowerCase()
    .replaceAll(/[\s.-]+/g, "_")
    .replace(/^(finish_|stop_)?reason_/, "");
}

/** What a reply consists of. */
export interface ReplyContent {
  /** Whether there is a text or a refusal. */
  readonly hasText: boolean;
  /** Whether there are tool calls that can be run. */
  readonly hasToolCalls: boolean;
  /** Whether there are tool calls that cannot be run: without a name, or of another type. */
  readonly hasUnusableCalls: boolean;
}

/** Either the finish reason of a reply, or what is wrong with it. */
export type FinishDecision =
  | { readonly finishReason: FinishReason; readonly problem?: undefined }
  | { readonly finishReason?: undefined; readonly problem: string };

/**
 * Decides whether a reply is an answer. A problem is worth a retry.
 *
 * - A reason that means an error is a problem, whatever was received.
 * - A tool call that cannot be run is a problem, unless the reply was cut off or filtered.
 * - Tool calls change the reason "stop" to "tool_calls": some servers send "stop" with them, as
 *   OpenAI does if the request named the tool to call.
 * - The reason "tool_calls" without a text and without a call is a problem.
 * - A reason that the table does not list is kept as the server sent it. The reply is an answer if
 *   it has a text or tool calls, and otherwise a problem.
 * - A complete response without a reason counts as "stop".
 */
export function decideFinish(
  reason: unknown,
  { hasText, hasToolCalls, hasUnusableCalls }: ReplyContent,
): FinishDecision {
  const given = typeof reason === "string" && reason !== "" ? reason : undefined;
  const ending = given === undefined ? "stop" : endingOf(given);
  if (ending === "error") return { problem: `the model stopped with the reason "${clip(given)}"` };
  if (ending === "length" || ending === "content_filter") return { finishReason: ending };
  if (hasUnusableCalls) {
    return { problem: "the model requested a tool call without a name or of an unsupported type" };
  }
  if (ending === "stop") return { finishReason: hasToolCalls ? "tool_calls" : "stop" };
  if (!hasText && !hasToolCalls) {
    return {
      problem: ending === "tool_calls"
        ? "the model requested tool calls, but the response has none"
        : `the model stopped without an answer, with the reason "${clip(given)}"`,
    };
  }
  return { finishReason: ending ?? given! };
}

/** A reason is a short word. Anything longer does not belong in a message. */
function clip(reason: string | undefined): string {
  return (reason ?? "").slice(0, 60);
}
