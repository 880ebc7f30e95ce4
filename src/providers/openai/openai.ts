/**
 * A provider for any OpenAI-compatible server.
 *
 * @module
 */
import { checkOptions } from "../../model/check_options.ts";
import { ProviderError } from "../../model/errors.ts";
import type { ModelChunk, ModelReply, ModelRequest } from "../../model/message.ts";
import type { Provider, ProviderOptions } from "../../model/provider.ts";
import type { Billing } from "../../model/usage.ts";
import { DEFAULT_MAX_ANSWER_BYTES } from "../http/bounds/answer_limits.ts";
import { apiKeyIdentity } from "../http/api_key_identity.ts";
import { createSender } from "../http/send/create_sender.ts";
import { chatApi, responsesApi } from "./api.ts";
import type { StructuredOutput } from "./structured_output.ts";
import { EndpointClient } from "./endpoint/client.ts";
import { endpointOf } from "./endpoint/endpoint.ts";
import { fromOpenAIError } from "./provider_error.ts";
import { parseDocument } from "./document.ts";
import { type AnyEvent, EventReader } from "./event_reader.ts";
import { registerPreview } from "./preview_request.ts";
import { readResponse } from "./read_response.ts";
import { ResponseMeta } from "./response_meta.ts";
import { findSecrets, publicURL, serverIdentity } from "./provider_identity.ts";
import { OPENAI_RULES, type OpenAIOptions } from "./openai_options.ts";
import { RequestSender } from "./form/request_sender.ts";
import { resolveServer } from "./server_options.ts";

export type { OpenAIOptions } from "./openai_options.ts";

/**
 * A provider with connections of its own, which are closed on dispose. Open connections do not keep
 * the process alive.
 */
export interface OpenAIProvider extends Provider, AsyncDisposable {}

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
 * Retries happen only in the agent. The one exception is a request that the server rejects because
 * of a field that this provider has added, such as `stream_options`: it is sent again without the
 * field, as are all later ones to that model. `attempts` lists both. Over HTTPS on Deno, requests
 * are spread over as many connections as needed. Redirects are not followed.
 *
 * - `extra` holds other fields of the request body. They replace all fields that this provider
 *   writes, and `null` removes one. Only `tools` and `include` are appended, and the members of
 *   `stream_options` and `text` are merged. `max_tokens` and `max_completion_tokens` count as one
 *   field. `stream` is rejected.
 * - The `extra` of messages, parts and tool calls does the same there: `cache_control`, `name`.
 * - What came with tool calls is sent back with their results to the same server and model:
 *   `reasoning_content`, `reasoning_details`, the signatures of Gemini.
 * - With the option `raw`, `response` of a result has the raw answer, its id, the served model and
 *   the id of the request.
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
  const resolved = resolveServer(doing, options);
  const { baseURL, isCustom, rejectsStreamOptions, authorization } = resolved;

  const keys = [...resolved.secrets, ...findSecrets(options.headers)];
  const http = createSender({
    baseURL,
    connections: options.connections ?? 100,
    caCerts: options.caCerts,
    fetch: options.fetch,
  });
  const structured: StructuredOutput = options.structuredOutput ?? "json_schema";
  const server = serverIdentity(baseURL, options.headers, keys);
  const { maxTokensField } = options;
  const api = options.api === "responses"
    ? responsesApi(server, structured)
    : chatApi({ server, isCustom, rejectsStreamOptions, maxTokensField, structured });
  const toError = (
    thrown: unknown,
    request: ModelRequest,
    meta: ResponseMeta,
    billing?: Billing,
  ) => {
    const usesSchema = request.output !== undefined && structured === "json_schema";
    const advice = isCustom && usesSchema ? SCHEMA_ADVICE : undefined;
    const { rates, headers, rejections } = meta;
    const error = fromOpenAIError(thrown, { keys, request, rates, headers, advice, billing });
    return rejections !== undefined && error instanceof ProviderError
      ? new ProviderError(error.message, { ...error, text: error.text, rejections })
      : error;
  };
  const describe = (thrown: unknown, request: ModelRequest) => {
    const error = fromOpenAIError(thrown, { keys, request });
    return error instanceof Error ? error.message : String(error);
  };
  const endpoint = endpointOf({
    baseURL,
    path: api.path,
    authorization,
    organization: options.organization,
    project: options.project,
    headers: options.headers,
  });
  const client = new EndpointClient(endpoint, http);
  const maxBytes = options.maxAnswerBytes ?? DEFAULT_MAX_ANSWER_BYTES;
  const sender = new RequestSender(client, api, { describe, maxBytes });

  const provider: OpenAIProvider = {
    name: options.name ?? "openai",
    id: [
      server,
      ...(options.api === "responses" ? ["api responses"] : []),
      ...(structured === "json_schema" ? [] : [`output as ${structured}`]),
    ].join("\n"),
    baseURL: publicURL(baseURL, keys),
    limits: options.limits,
    account: apiKeyIdentity(baseURL, authorization),
    async generate(request, { signal, onResponse }: ProviderOptions): Promise<ModelReply> {
      const meta = new ResponseMeta(onResponse);
      try {
        const keepsRaw = options.raw === true;
        return await sender.sendAndRead(
          request,
          { signal, meta },
          (response) => readResponse(response, { api, request, signal, meta, keepsRaw, maxBytes }),
        );
      } catch (thrown) {
        signal.throwIfAborted();
        throw toError(thrown, request, meta);
      }
    },
    async *stream(request, { signal, onResponse }: ProviderOptions): AsyncGenerator<ModelChunk> {
      const meta = new ResponseMeta(onResponse);
      const reader = api.createStreamReader(request);
      try {
        const response = await sender.send(request, { signal, meta });
        using events = new EventReader<AnyEvent>(response, signal, maxBytes);
        const raw: AnyEvent[] | undefined = options.raw ? [] : undefined;
        let last: AnyEvent;
        const chunks: ModelChunk[] = [];
        for (let batch; (batch = await events.next()) !== undefined;) {
          for (const event of batch) {
            raw?.push(event);
            last = event;
            reader.add(event, chunks);
            for (const chunk of chunks) yield chunk;
            chunks.length = 0;
          }
          if (reader.ended) events.expectEnd();
          else if (reader.isAnswered) events.expectRest();
        }
        if (events.document === undefined) {
          // The last event of the Responses API holds the response.
          const reply = reader.reply(meta.rates, events);
          yield { type: "reply", reply: meta.complete(reply, raw, last?.response ?? last) };
        } else {
          const document = parseDocument(events.document);
          const reply = api.readReply(document, meta.rates, request);
          if (reply.text !== "") yield { type: "delta", text: reply.text };
          yield { type: "reply", reply: meta.complete(reply, options.raw ? document : undefined) };
        }
      } catch (thrown) {
        signal.throwIfAborted();
        throw toError(thrown, request, meta, reader.billing);
      }
    },
    [Symbol.asyncDispose]: () => http[Symbol.asyncDispose](),
  };
  registerPreview(provider, (request) => ({
    url: publicURL(endpoint.url, keys),
    body: api.buildRequest(request),
  }));
  return provider;
}
