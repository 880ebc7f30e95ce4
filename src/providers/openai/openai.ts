/**
 * Any OpenAI-compatible server, through the official SDK.
 *
 * @module
 */
import { OpenAI } from "openai";
import { checkOptions } from "../../model/check_options.ts";
import type { ModelChunk, ModelReply, ModelRequest } from "../../model/message.ts";
import type { Provider, ProviderOptions } from "../../model/provider.ts";
import { apiKeyIdentity } from "../http/api_key_identity.ts";
import { chatApi, responsesApi } from "./api.ts";
import type { StructuredOutput } from "./chat_request.ts";
import { EndpointClient } from "./client.ts";
import { fromOpenAIError } from "./provider_error.ts";
import { EventReader } from "./event_reader.ts";
import { ResponseMeta } from "./response_meta.ts";
import { findSecrets, serverIdentity } from "./provider_identity.ts";
import { OPENAI_RULES, type OpenAIOptions } from "./openai_options.ts";
import { resolveServer } from "./server_options.ts";
import { Transport } from "../http/transport.ts";

export type { OpenAIOptions } from "./openai_options.ts";

/** A provider that holds connections. They are closed when it is disposed; a process may also end without that. */
export interface OpenAIProvider extends Provider, AsyncDisposable {}

/** What a connection carries before the next one is opened: the lowest limit that hosted APIs are known to have. */
const STREAMS_PER_CONNECTION = 100;
/** What an error says where a schema may be the reason: nothing is downgraded behind anybody's back. */
const NO_SCHEMAS =
  'if it does not know json_schema, give openai() the option structuredOutput: "json_object" or "prompt"';

/**
 * A provider for OpenAI and every server that speaks its Chat Completions: Ollama, vLLM, llama.cpp, OpenRouter, Gemini's and
 * Anthropic's compatible endpoints. With `api: "responses"` for those that speak the Responses API.
 *
 * The SDK does not retry here, since that is done once, above it. Over HTTPS, requests are spread over as many connections
 * as are needed.
 *
 * @throws {TypeError} If an option is wrong, or if there is no key for OpenAI itself.
 *
 * @example A model on your own machine
 * ```ts
 * import { defineAgent } from "@shoal/agents";
 * import { openai } from "@shoal/agents/openai";
 * import { simulator } from "@shoal/agents/testing";
 *
 * await using server = simulator(); // for Ollama it would be http://localhost:11434/v1
 * await using provider = openai({ baseURL: server.url });
 * const Label = defineAgent({
 *   name: "label",
 *   model: "llama3.2",
 *   prompt: "Label the sentiment of this review as positive or negative: {text}",
 *   provider,
 * });
 * console.log((await Label.call({ text: "I love it" })).content);
 * ```
 */
export function openai(options: OpenAIOptions = {}): OpenAIProvider {
  const doing = "talk to an OpenAI server";
  checkOptions(doing, options, OPENAI_RULES);
  const { baseURL, isCustom: own, apiKey, hasKey } = resolveServer(doing, options, OPENAI_RULES);

  const sdk = new OpenAI({
    apiKey,
    baseURL,
    organization: options.organization ?? null,
    project: options.project ?? null,
    defaultHeaders: options.headers,
    // It would print parts of answers.
    logLevel: "off",
  });
  const keys = [...(hasKey ? [apiKey] : []), ...findSecrets(options.headers)];
  const transport = new Transport(baseURL, {
    streamsPerConnection: STREAMS_PER_CONNECTION,
    maxConnections: options.connections ?? 100,
    caCerts: options.caCerts,
  });
  // Servers that copied OpenAI know the old name of this setting, OpenAI's newer models only the new one.
  const maxTokensField = own ? "max_tokens" : "max_completion_tokens";
  const structured: StructuredOutput = options.structuredOutput ?? "json_schema";
  const server = serverIdentity(baseURL, options.headers, keys);
  const api = options.api === "responses"
    ? responsesApi(server, structured)
    : chatApi(maxTokensField, structured);
  const client = new EndpointClient(sdk, api.path);
  const errorOf = (thrown: unknown, { output }: ModelRequest, { rates }: ResponseMeta) =>
    fromOpenAIError(
      thrown,
      keys,
      rates,
      own && output !== undefined && structured === "json_schema" ? NO_SCHEMAS : undefined,
    );

  return {
    name: options.name ?? "openai",
    id: [
      server,
      ...(options.api === "responses" ? ["api responses"] : []),
      ...(structured === "json_schema" ? [] : [`output as ${structured}`]),
    ].join("\n"),
    limits: options.limits,
    account: apiKeyIdentity(baseURL, apiKey),
    async generate(request, { signal, onResponse }: ProviderOptions): Promise<ModelReply> {
      using lease = transport.lease();
      const heard = new ResponseMeta(onResponse);
      try {
        const answer = await client.sendForJson(api.buildRequest(request), {
          signal,
          lease,
          meta: heard,
        });
        return api.readReply(answer, heard.rates, request);
      } catch (thrown) {
        signal.throwIfAborted();
        throw errorOf(thrown, request, heard);
      }
    },
    async *stream(request, { signal, onResponse }: ProviderOptions): AsyncGenerator<ModelChunk> {
      using lease = transport.lease();
      const heard = new ResponseMeta(onResponse);
      try {
        const body = { ...api.buildRequest(request), ...api.streamParams };
        const response = await client.send(body, { signal, lease, meta: heard });
        using events = new EventReader(response, signal);
        const reader = api.createStreamReader(request);
        for (let some; (some = await events.next()) !== undefined;) {
          for (const event of some) {
            const text = reader.add(event);
            if (text !== "") yield { type: "delta", text };
          }
          if (reader.ended) events.expectEnd();
        }
        yield { type: "reply", reply: reader.reply(heard.rates) };
      } catch (thrown) {
        signal.throwIfAborted();
        throw errorOf(thrown, request, heard);
      }
    },
    [Symbol.asyncDispose]() {
      transport[Symbol.dispose]();
      return Promise.resolve();
    },
  };
}
