/**
 * A provider for any OpenAI-compatible server, based on the official SDK.
 *
 * @module
 */
import { OpenAI } from "openai";
import { checkOptions } from "../../model/check_options.ts";
import type { ModelChunk, ModelReply, ModelRequest } from "../../model/message.ts";
import type { Provider, ProviderOptions } from "../../model/provider.ts";
import { apiKeyIdentity } from "../http/api_key_identity.ts";
import { chatApi, responsesApi } from "./api.ts";
import type { StructuredOutput } from "./structured_output.ts";
import { EndpointClient } from "./client.ts";
import { fromOpenAIError } from "./provider_error.ts";
import { EventReader } from "./event_reader.ts";
import { ResponseMeta } from "./response_meta.ts";
import { findSecrets, serverIdentity } from "./provider_identity.ts";
import { OPENAI_RULES, type OpenAIOptions } from "./openai_options.ts";
import { resolveServer } from "./server_options.ts";
import { Transport } from "../http/transport.ts";

export type { OpenAIOptions } from "./openai_options.ts";

/**
 * A provider with connections of its own, which are closed on dispose. Open connections do not keep
 * the process alive.
 */
export interface OpenAIProvider extends Provider, AsyncDisposable {}

/**
 * The number of requests per connection before another is opened: the lowest stream limit known of
 * hosted APIs.
 */
const STREAMS_PER_CONNECTION = 100;
/**
 * Advice in errors that an unsupported schema may have caused. The format is never downgraded
 * silently.
 */
const SCHEMA_ADVICE = "if the server does not support json_schema, give openai() the option " +
  'structuredOutput: "json_object" or "prompt"';

/**
 * Creates a provider for OpenAI and all servers that support its Chat Completions API: Ollama,
 * vLLM, llama.cpp, OpenRouter, Gemini's and Anthropic's compatible endpoints. With `api:
 * "responses"` it uses the Responses API.
 *
 * Retries happen only in the agent: the SDK's are off. Over HTTPS, requests are spread over as many
 * connections as needed.
 *
 * @throws {TypeError} If an option is invalid, or if there is no API key for OpenAI itself.
 *
 * @example A model on your own machine
 * ```ts
 * import { defineAgent } from "@shoal/agents";
 * import { openai } from "@shoal/agents/openai";
 * import { simulator } from "@shoal/agents/testing";
 *
 * await using server = simulator(); // for Ollama, http://localhost:11434/v1
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
  const doing = "create the OpenAI provider";
  checkOptions(doing, options, OPENAI_RULES);
  const { baseURL, isCustom, apiKey, hasKey } = resolveServer(doing, options);

  const sdk = new OpenAI({
    apiKey,
    baseURL,
    organization: options.organization ?? null,
    project: options.project ?? null,
    defaultHeaders: options.headers,
    // Its logs contain parts of responses.
    logLevel: "off",
  });
  const keys = [...(hasKey ? [apiKey] : []), ...findSecrets(options.headers)];
  const transport = new Transport(baseURL, {
    streamsPerConnection: STREAMS_PER_CONNECTION,
    maxConnections: options.connections ?? 100,
    caCerts: options.caCerts,
    isSharded: options.fetch === undefined,
  });
  // Compatible servers support the old name of this setting, OpenAI's newer models only the new
  // one.
  const maxTokensField = isCustom ? "max_tokens" : "max_completion_tokens";
  const structured: StructuredOutput = options.structuredOutput ?? "json_schema";
  const server = serverIdentity(baseURL, options.headers, keys);
  const api = options.api === "responses"
    ? responsesApi(server, structured)
    : chatApi(maxTokensField, structured);
  const client = new EndpointClient(sdk, api.path, options.fetch);
  const toError = (thrown: unknown, { output }: ModelRequest, { rates }: ResponseMeta) =>
    fromOpenAIError(
      thrown,
      keys,
      rates,
      isCustom && output !== undefined && structured === "json_schema" ? SCHEMA_ADVICE : undefined,
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
      const meta = new ResponseMeta(onResponse);
      try {
        const response = await client.sendForJson(api.buildRequest(request), {
          signal,
          lease,
          meta,
        });
        return api.readReply(response, meta.rates, request);
      } catch (thrown) {
        signal.throwIfAborted();
        throw toError(thrown, request, meta);
      }
    },
    async *stream(request, { signal, onResponse }: ProviderOptions): AsyncGenerator<ModelChunk> {
      using lease = transport.lease();
      const meta = new ResponseMeta(onResponse);
      try {
        const body = { ...api.buildRequest(request), ...api.streamParams };
        const response = await client.send(body, { signal, lease, meta });
        using events = new EventReader(response, signal);
        const reader = api.createStreamReader(request);
        for (let batch; (batch = await events.next()) !== undefined;) {
          for (const event of batch) {
            const text = reader.add(event);
            if (text !== "") yield { type: "delta", text };
          }
          if (reader.ended) events.expectEnd();
        }
        yield { type: "reply", reply: reader.reply(meta.rates) };
      } catch (thrown) {
        signal.throwIfAborted();
        throw toError(thrown, request, meta);
      }
    },
    [Symbol.asyncDispose]() {
      transport[Symbol.dispose]();
      return Promise.resolve();
    },
  };
}
