/** Maps results to chat completions of OpenAI's API. */
import type { Success } from "../../model/result.ts";
import type { Usage } from "../../model/usage.ts";

/** The fields that all chunks of a chat completion share. */
export interface ChatIdentity {
  /** The ID of the completion. */
  readonly id: string;
  /** When it was created, in seconds since 1970. */
  readonly created: number;
  /** The name of the agent. */
  readonly model: string;
}

/** Creates the identity of a new completion. */
export function createChatIdentity(model: string): ChatIdentity {
  const id = `chatcmpl-${crypto.randomUUID().replaceAll("-", "")}`;
  return { id, created: Math.floor(Date.now() / 1000), model };
}

/** Maps a result to a chat completion. */
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

/** Creates a chunk of a streamed chat completion. */
export function toChatChunk(
  identity: ChatIdentity,
  delta: { readonly role?: "assistant"; readonly content?: string },
  finishReason: string | null = null,
): object {
  return {
    ...identity,
    object: "chat.completion.chunk",
    choices: [{ index: 0, delta, logprobs: null, finish_reason: finishReason }],
  };
}

/** Creates the chunk with the usage, which clients may ask for. */
export function toUsageChunk(identity: ChatIdentity, usage: Usage): object {
  return { ...identity, object: "chat.completion.chunk", choices: [], usage: chatUsage(usage) };
}

/** Returns an answer as text; anything but a string is serialized as JSON. */
export function contentText(content: unknown): string {
  return typeof content === "string" ? content : JSON.stringify(content ?? null);
}

/** Maps the finish reason to one of OpenAI's API. */
export function finishReasonOf({ finishReason }: Success): string {
  return ["length", "content_filter"].includes(finishReason) ? finishReason : "stop";
}

function chatUsage(usage: Usage): object {
  return {
    prompt_tokens: usage.inputTokens,
    completion_tokens: usage.outputTokens,
    total_tokens: usage.totalTokens,
    prompt_tokens_details: {
      cached_tokens: usage.cachedInputTokens,
      cache_write_tokens: usage.cacheWriteTokens,
    },
    completion_tokens_details: { reasoning_tokens: usage.reasoningTokens },
  };
}
