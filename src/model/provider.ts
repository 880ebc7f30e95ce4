import { callback, isRecord, refuse, type Rule, text } from "./check_options.ts";
import { type ProviderLimits, providerLimits } from "./limits.ts";
import type { ModelChunk, ModelReply, ModelRequest } from "./message.ts";

/** Options of a request to a {@linkcode Provider}. */
export interface ProviderOptions {
  /** Aborts this attempt. The provider must stop when it fires. */
  readonly signal: AbortSignal;
  /** Called by the provider when the response headers arrive, to measure the time to connect. */
  readonly onResponse?: () => void;
}

/**
 * An adapter that sends requests to models.
 *
 * It translates requests and replies, and throws a {@linkcode ProviderError} for every failure. It
 * never retries: retries happen in one place, above it.
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
  /** A short name, such as `openai`. It appears in errors. */
  readonly name: string;
  /**
   * The identity of the provider for caches: equal for providers whose answers are
   * interchangeable, in any process. Without it, each provider object has a cache of its own.
   */
  readonly id?: string;
  /** The limits of the provider. */
  readonly limits?: ProviderLimits;
  /**
   * An object that stands for the API key. Providers with the same `account` share their limits.
   *
   * @default The provider itself
   */
  readonly account?: object;
  /** The URL of the server, without keys. Prices are looked up by it. */
  readonly baseURL?: string;
  /**
   * Returns the name of the company that serves a model, such as `openai` or `openrouter`. Prices
   * are looked up by it if there is no `baseURL`.
   */
  vendor?(model: string): string | undefined;
  /** Sends a request and returns the complete answer. */
  generate(request: ModelRequest, options: ProviderOptions): Promise<ModelReply>;
  /** Sends a request and yields the answer as it arrives. The last chunk is the complete reply. */
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
