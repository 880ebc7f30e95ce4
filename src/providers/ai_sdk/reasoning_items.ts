/**
 * What a model wants to hear again with its tool calls. Some that reason refuse the results of their tools without the thoughts that
 * led to the calls, or without a signature, and the port has no words for either. So both are kept beside the requests for
 * tools, as long as somebody holds those.
 */
import type { SharedV4ProviderMetadata } from "@ai-sdk/provider";
import type { ToolRequest } from "../../model/message.ts";

/** A thought of a model. */
export interface Thought {
  readonly type: "reasoning";
  readonly text: string;
  readonly providerOptions?: SharedV4ProviderMetadata;
}

/** What was said with a request for a tool. */
export interface Said {
  /** Who said it: nobody else would understand. */
  readonly provider: string;
  /** What the model thought before, since the last such request. */
  readonly thoughts: readonly Thought[];
  /** Whatever else the provider wants to hear again. */
  readonly metadata: SharedV4ProviderMetadata | undefined;
}

const kept = new WeakMap<ToolRequest, Said>();

/** Keeps what was said with a request. */
export function keepSaid(request: ToolRequest, said: Said): void {
  if (said.thoughts.length > 0 || said.metadata !== undefined) kept.set(request, said);
}

/** What this provider said with a request. */
export function saidWith(request: ToolRequest, provider: string): Said | undefined {
  const said = kept.get(request);
  return said?.provider === provider ? said : undefined;
}
