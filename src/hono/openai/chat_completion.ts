/** Maps outcomes to chat completions of OpenAI's API. */
import type { Usage } from "../../model/usage.ts";
import type { Outcome } from "./outcome.ts";

/** The fields that all chunks of a chat completion share. */
export interface ChatIdentity {
  /** The ID of the completion. */
  readonly id: string;
  /** When it was created, in seconds since 1970. */
  readonly created: number;
  /** The name of the agent. */
  readonly model: string;
}

/** A delta of a message. */
export interface ChatDelta {
  readonly role?: "assistant";
  readonly content?: string;
  readonly refusal?: string | null;
}

/** Creates the identity of a new completion. */
export function createChatIdentity(model: string): ChatIdentity {
  const id = `chatcmpl-${crypto.randomUUID().replaceAll("-", "")}`;
  return { id, created: Math.floor(Date.now() / 1000), model };
}

/** Maps an outcome to a chat completion. */
export function toChatCompletion(identity: ChatIdentity, outcome: Outcome): object {
  const { text, refusal = null, finishReason, usage } = outcome;
  return {
    ...identity,
    object: "chat.completion",
    choices: [{
      index: 0,
      message: {
        role: "assistant",
        content: refusal === null ? text : null,
        refusal,
        annotations: [],
      },
      logprobs: null,
      finish_reason: finishReason,
    }],
    usage: chatUsage(usage),
    service_tier: "default",
  };
}

/** Creates the chunks of a streamed chat completion. */
export class ChatChunks {
  readonly #common: object;

  /** With `includeUsage`, all chunks have a field `usage`, which is `null` until the last one. */
  constructor(identity: ChatIdentity, readonly includeUsage: boolean) {
    this.#common = {
      ...identity,
      object: "chat.completion.chunk",
      service_tier: "default",
      ...(includeUsage && { usage: null }),
    };
  }

  /** Creates a chunk with a delta. The last delta is empty and has the finish reason. */
  delta(delta: ChatDelta, finishReason: Outcome["finishReason"] | null = null): object {
    return {
      ...this.#common,
      choices: [{ index: 0, delta, logprobs: null, finish_reason: finishReason }],
    };
  }

  /** Creates the chunk with the usage. */
  usage(usage: Usage): object {
    return { ...this.#common, choices: [], usage: chatUsage(usage) };
  }
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
