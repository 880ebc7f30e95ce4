/**
 * Keeps the reasoning that must be sent back with tool calls.
 *
 * Some reasoning models reject tool results without the reasoning that led to the calls, or without
 * its signature. The provider port has no field for either, so both are kept in a `WeakMap`, for as
 * long as the tool requests themselves exist.
 */
import type { SharedV4ProviderMetadata } from "@ai-sdk/provider";
import type { ToolRequest } from "../../model/message.ts";

/** A piece of a model's reasoning. */
export interface ReasoningPart {
  readonly type: "reasoning";
  readonly text: string;
  readonly providerOptions?: SharedV4ProviderMetadata;
}

/** What the model sent along with a tool request. */
export interface ToolCallContext {
  /** The provider that sent it. Others do not understand it. */
  readonly provider: string;
  /** The model's reasoning since the previous tool request. */
  readonly reasoning: readonly ReasoningPart[];
  /** Other data that the provider requires to be sent back. */
  readonly metadata: SharedV4ProviderMetadata | undefined;
}

const contexts = new WeakMap<ToolRequest, ToolCallContext>();

/** Keeps the context of a tool request. */
export function rememberContext(request: ToolRequest, context: ToolCallContext): void {
  if (context.reasoning.length > 0 || context.metadata !== undefined) {
    contexts.set(request, context);
  }
}

/** Returns the context of a tool request, if it came from this provider. */
export function recallContext(request: ToolRequest, provider: string): ToolCallContext | undefined {
  const context = contexts.get(request);
  return context?.provider === provider ? context : undefined;
}
