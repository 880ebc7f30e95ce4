/** Results in the form of chat completions. */
import type { Success } from "../../model/result.ts";
import type { Usage } from "../../model/usage.ts";

/** What every part of one answer has in common. */
export interface ChatIdentity {
  /** The id of the answer. */
  readonly id: string;
  /** When it was made, in seconds since 1970. */
  readonly created: number;
  /** The name of the agent. */
  readonly model: string;
}

/** The identity of an answer that is made now. */
export function createChatIdentity(model: string): ChatIdentity {
  const id = `chatcmpl-${crypto.randomUUID().replaceAll("-", "")}`;
  return { id, created: Math.floor(Date.now() / 1000), model };
}

/** A whole answer. */
export function toChatCompletion(identity: ChatIdentity, result: Success): object {
  return {
    ...identity,
    object: "chat.completion",
    choices: [{
      index: 0,
      message: { role: "assistant", content: contentText(result.content), refusal: null },
      logprobs: null,
      finish_reason: finishReasonOf(result),
    }],
    usage: chatUsage(result.usage),
  };
}

/** A piece of an answer: text, or nothing but its beginning or end. */
export function toChatChunk(
  identity: ChatIdentity,
  delta: { readonly role?: "assistant"; readonly content?: string },
  finish: string | null = null,
): object {
  return {
    ...identity,
    object: "chat.completion.chunk",
    choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
  };
}

/** The last piece, if the client wants to know what was used. */
export function toUsageChunk(identity: ChatIdentity, usage: Usage): object {
  return { ...identity, object: "chat.completion.chunk", choices: [], usage: chatUsage(usage) };
}

/** An answer as text: what is no text is written as JSON. */
export function contentText(content: unknown): string {
  return typeof content === "string" ? content : JSON.stringify(content ?? null);
}

/** Why it ended, in the words that these clients know. */
export function finishReasonOf({ finishReason }: Success): string {
  return ["length", "content_filter"].includes(finishReason) ? finishReason : "stop";
}

function chatUsage(usage: Usage): object {
  return {
    prompt_tokens: usage.inputTokens,
    completion_tokens: usage.outputTokens,
    total_tokens: usage.totalTokens,
    prompt_tokens_details: { cached_tokens: usage.cachedInputTokens },
    completion_tokens_details: { reasoning_tokens: usage.reasoningTokens },
  };
}
