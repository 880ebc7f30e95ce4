import { callback, isRecord, refuse, type Rule, text } from "./check_options.ts";
import { type ProviderLimits, providerLimits } from "./limits.ts";
import type { ModelChunk, ModelReply, ModelRequest } from "./message.ts";

/** What a provider is told beside the request. */
export interface ProviderOptions {
  /** Aborts this one attempt. A provider must end its work when it fires. */
  readonly signal: AbortSignal;
  /** To be called when the server begins to answer: its headers are here. Tells how long connecting and waiting took. */
  readonly onResponse?: () => void;
}

/**
 * Something that answers model requests: the port between agents and the world.
 *
 * An adapter owns all translation: it gives replies in the shared words, and throws
 * {@linkcode ProviderError} for everything that goes wrong. It never retries: that is done
 * once, above it.
 *
 * @example A provider that echoes
 * ```ts
 * import { defineAgent, type Provider } from "@shoal/agents";
 *
 * const echo: Provider = {
 *   name: "echo",
 *   generate: (request) =>
 *     Promise.resolve({ text: String(request.messages.at(-1)?.content), finishReason: "stop" }),
 *   async *stream(request, options) {
 *     const reply = await this.generate(request, options);
 *     yield { type: "delta", text: reply.text };
 *     yield { type: "reply", reply };
 *   },
 * };
 * const Echo = defineAgent({ name: "echo", model: "none", prompt: "{text}", provider: echo });
 * console.log((await Echo.call({ text: "hello" })).content);
 * ```
 */
export interface Provider {
  /** A short name, such as `openai`. */
  readonly name: string;
  /**
   * Where its answers come from, so that they can be found again in a cache: the same text for every provider that would
   * answer alike, in any process. Without it a cache knows only this very object.
   */
  readonly id?: string;
  /** How much may be asked of it, at a time and in a minute. */
  readonly limits?: ProviderLimits;
  /** Stands for the key it asks with: providers that share one share its limits. The provider itself, if absent. */
  readonly account?: object;
  /** Answers at once, whole. */
  generate(request: ModelRequest, options: ProviderOptions): Promise<ModelReply>;
  /** Answers piece by piece; the last chunk is the whole reply. */
  stream(request: ModelRequest, options: ProviderOptions): AsyncIterable<ModelChunk>;
}

/** The rule for an option `provider`. */
export const provider: Rule = (doing, name, value) => {
  if (!isRecord(value)) refuse(doing, name, "a provider", value);
  text(doing, `${name}.name`, value.name);
  callback(doing, `${name}.generate`, value.generate);
  callback(doing, `${name}.stream`, value.stream);
  if (value.limits !== undefined) providerLimits(doing, `${name}.limits`, value.limits);
};
