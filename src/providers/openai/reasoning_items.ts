/**
 * Keeps the reasoning that led to tool calls.
 *
 * The server stores nothing, so its reasoning must be sent back with the tool results: otherwise
 * the model reasons from scratch in each round. The items are encrypted by the server.
 */
import type { OpenAI } from "openai";
import { isRecord } from "../../model/check_options.ts";
import type { ModelRequest } from "../../model/message.ts";
import { isPlainModel } from "./model_family.ts";

/** The item of `include` that requests the reasoning. */
export const ENCRYPTED_REASONING = "reasoning.encrypted_content";

/** The server and the model of a reply. */
export interface ReplySource {
  /** The identity of the server. */
  readonly server: string;
  /** The model. Another model has no use for the items, and may reject them. */
  readonly model: string;
}

/**
 * The output items of a response, and where they are valid. Plain JSON, so that it can be stored.
 */
export interface ReasoningItems extends ReplySource {
  /** All output items, in order. */
  readonly items: readonly unknown[];
}

/**
 * Whether to request encrypted reasoning. Only if the request has tools, as the reasoning is long,
 * and not for models that are known to have none. A name often does not tell: then it is requested,
 * as a server that rejects the parameter gets one request with it, and one that would have sent the
 * reasoning does not say that it did not.
 */
export function needsReasoningItems({ model, settings, tools = [] }: ModelRequest): boolean {
  const { reasoningEffort } = settings;
  return tools.length > 0 && reasoningEffort !== "none" &&
    (reasoningEffort !== undefined || !isPlainModel(model));
}

/**
 * Returns the items to send back with the tool results, or `undefined` if the messages are enough.
 */
export function extractReasoningItems(
  output: readonly unknown[],
  source: ReplySource,
): ReasoningItems | undefined {
  const items = output.filter(isRecord);
  const reasoning = items.filter(({ type }) => type === "reasoning");
  const hasToolCalls = items.some(({ type }) => type === "function_call");
  // Reasoning without content is a reference to an item that the server did not store.
  const isComplete = reasoning.every(({ encrypted_content, content }) =>
    encrypted_content || (Array.isArray(content) && content.length > 0)
  );
  return hasToolCalls && reasoning.length > 0 && isComplete ? { ...source, items } : undefined;
}

/** Returns the items to send back, if they came from this server and model. */
export function restoreReasoningItems(
  data: unknown,
  { server, model }: ReplySource,
): OpenAI.Responses.ResponseInputItem[] | undefined {
  if (!isRecord(data) || data.server !== server || data.model !== model) return undefined;
  return Array.isArray(data.items) ? data.items : undefined;
}
