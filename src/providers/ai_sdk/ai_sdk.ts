/**
 * An adapter for the models of the AI SDK (the `ai` package).
 *
 * @module
 */
import type { LanguageModelV4, LanguageModelV4CallOptions } from "@ai-sdk/provider";
import { onAbort, untilAbort } from "../../async/abort.ts";
import {
  callback,
  checkOptions,
  flag,
  refuse,
  type RulesFor,
  text,
} from "../../model/check_options.ts";
import { type ProviderLimits, providerLimits } from "../../model/limits.ts";
import type { ModelChunk, ModelReply, ModelRequest } from "../../model/message.ts";
import type { Provider, ProviderOptions } from "../../model/provider.ts";
import { DEFAULT_MAX_ANSWER_BYTES, maxAnswerBytesRule } from "../http/bounds/answer_limits.ts";
import { BillingReader } from "../http/read_billing.ts";
import { addBilling, fillUsage } from "./billing.ts";
import {
  findChoiceError,
  fromAiSdkError,
  fromStreamError,
  isTruncation,
  wrongKind,
} from "./provider_error.ts";
import { hasJsonBody, readResponseHeaders } from "./response_headers.ts";
import {
  type AiSdkModel,
  type AiSdkModels,
  type FindModel,
  isModel,
  modelFinder,
} from "./find_model.ts";
import { withoutRequest, withResponse } from "./response_info.ts";
import { PartCounter } from "./part_counter.ts";
import { AiSdkStreamReader, readAiSdkReply, type StreamPart } from "./reply.ts";
import { buildCallOptions } from "./request.ts";
import { type AiSdkWarning, reportWarnings } from "./warnings.ts";

export { boundedFetch, type BoundedFetchOptions } from "../http/bounds/bounded_fetch.ts";
export type { AiSdkModel, AiSdkModels, AiSdkWarning };

/** Options of {@linkcode aiSdk}. */
export interface AiSdkOptions {
  /**
   * The provider's name in errors.
   *
   * @default The `provider` of a single model, such as `openai.chat`, otherwise "ai-sdk"
   */
  readonly name?: string;
  /**
   * Identifies the source of the replies in caches that outlive the process. Use the same string
   * wherever the same models reply, and include the server if it is your own. Without an `id`, a
   * cache recognizes only this provider object.
   *
   * @default None
   */
  readonly id?: string;
  /**
   * The limits of the API key: concurrency, and requests and tokens per minute.
   *
   * @default Those that the server reports
   */
  readonly limits?: ProviderLimits;
  /**
   * Identifies the API key, which the adapter does not see. Providers with the same object share
   * its limits.
   *
   * @default The model, provider or function that was passed
   */
  readonly account?: object;
  /**
   * Whether results have a `response`: the id of the answer, the served model, the id of the
   * request, and in `raw` what the model returned. That is the result of the SDK, or the list of
   * its stream parts, with all that is not read, such as `providerMetadata`, sources and, if the
   * SDK's provider passes it on, the JSON of the server. Answers from a cache have none.
   *
   * @default {false}
   */
  readonly raw?: boolean;
  /**
   * The maximum size of an answer, in bytes: a whole number from 1 to 500,000,000. The adapter sees
   * an answer after the SDK has read it, or a part of it if it is streamed, and counts its
   * characters. So that the SDK does not read more, pass `boundedFetch` to its provider.
   *
   * @default {67_108_864}
   */
  readonly maxAnswerBytes?: number;
  /**
   * Called, for each request, with each feature that the model does not support and ignores, such
   * as a setting or the output schema. If it throws, the call fails.
   *
   * @default Warnings are ignored
   */
  readonly onWarning?: (warning: AiSdkWarning) => void;
}

const AI_SDK_RULES: RulesFor<AiSdkOptions> = {
  name: text,
  id: text,
  limits: providerLimits,
  account(doing, name, value) {
    // `refuse` does not show a string: it may be the API key itself.
    if (typeof value !== "function" && (typeof value !== "object" || value === null)) {
      refuse(doing, name, "an object", value);
    }
  },
  raw: flag,
  maxAnswerBytes: maxAnswerBytesRule,
  onWarning: callback,
};

/**
 * Creates a provider that uses models of the AI SDK. It takes one of three things:
 *
 * - A provider of the AI SDK. Agents name their `model` and `fallbackModels` as usual.
 * - A single model. It serves requests for its own `modelId` only.
 * - A function that returns the model with a given name.
 *
 * Retries happen only in the agent: the SDK's own are in its `generateText`, which is not used. Its
 * tools, agents and steps are not used either, and the `ai` package need not be installed.
 *
 * - `reasoningEffort` becomes the SDK's `reasoning`. Models of older versions of the interface have
 *   no such setting.
 * - `extra` holds the SDK's `providerOptions` by provider: `extra: { anthropic: { … } }`. It may
 *   also hold the SDK's call options, such as `topK`, `toolChoice` and `responseFormat`. They
 *   replace those that the adapter sets, `tools` are appended, and `null` removes one. The `extra`
 *   of messages, parts and tool calls holds `providerOptions`, too.
 * - The content of answers with tool calls, with their reasoning, is sent back with the results.
 * - Images and files are passed unchanged. For a model that accepts no URLs, pass them as `data:`
 *   URLs.
 * - A model ignores what it does not support: see `onWarning`. Many SDK providers need an option
 *   that says that the server supports output schemas (`supportsStructuredOutputs`), or that
 *   streams should report usage (`includeUsage`).
 * - The SDK's own `fetch` follows redirects, with all headers, and reads answers of any size: pass
 *   {@linkcode boundedFetch} to the SDK's provider for a server that you do not trust.
 * - Requests go through the SDK's own `fetch`, and so over one HTTP/2 connection per server, which
 *   carries 100 to 250 requests at once. For more, pass the SDK's provider a `fetch` that spreads
 *   requests over several connections.
 *
 * @throws {TypeError} If `model` is not a model, provider or function, or if an option is invalid.
 * @throws {RangeError} If `maxAnswerBytes` is out of range.
 *
 * @example Any provider of the AI SDK
 * ```ts
 * import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
 * import { defineAgent } from "@shoal/agents";
 * import { aiSdk } from "@shoal/agents/ai-sdk";
 * import { simulator } from "@shoal/agents/testing";
 *
 * await using server = simulator(); // in production: aiSdk(anthropic), aiSdk(google), …
 * const models = createOpenAICompatible({ name: "local", baseURL: server.url });
 * const Label = defineAgent({
 *   name: "label",
 *   model: "llama3.2",
 *   prompt: "Label the sentiment of this review as positive or negative: {text}",
 *   provider: aiSdk(models),
 * });
 * console.log((await Label.call({ text: "I love it" })).content);
 * ```
 */
export function aiSdk(
  model: AiSdkModel | AiSdkModels | ((name: string) => AiSdkModel),
  options: AiSdkOptions = {},
): Provider {
  checkOptions("use a model of the AI SDK", options, AI_SDK_RULES);
  const findModel = modelFinder(model);
  const { name, id, limits, account = model, raw: keepsRaw = false, onWarning } = options;
  const { maxAnswerBytes = DEFAULT_MAX_ANSWER_BYTES } = options;

  const prepare = (request: ModelRequest, signal: AbortSignal): Prepared => {
    const model = findModel(request.model);
    if (request.settings.reasoningEffort !== undefined && model.specificationVersion !== "v4") {
      reportWarnings(onWarning, model, [{ type: "unsupported", feature: "reasoning" }]);
    }
    // All versions have everything that is used here in common.
    return { model: model as LanguageModelV4, call: buildCallOptions(request, model, signal) };
  };

  return {
    name: name ?? (isModel(model) ? model.provider : "ai-sdk"),
    ...(id !== undefined && { id }),
    limits,
    account,
    vendor: (name) => findVendor(findModel, name),
    async generate(request: ModelRequest, { signal }: ProviderOptions): Promise<ModelReply> {
      signal.throwIfAborted();
      try {
        const { model, call } = prepare(request, signal);
        const result = await untilAbort(model.doGenerate(call), signal);
        new PartCounter(maxAnswerBytes).addAll(result?.content);
        const failure = findChoiceError(result?.response?.body, { request });
        if (failure !== undefined) throw failure;
        const reply = readAiSdkReply(result, {
          provider: model.provider,
          modelId: model.modelId,
          json: request.output !== undefined,
          model: request.model,
          rates: readResponseHeaders(result?.response?.headers).rates,
        });
        reportWarnings(onWarning, model, result.warnings, reply.usage);
        return withResponse(reply, result.response, keepsRaw ? withoutRequest(result) : undefined);
      } catch (thrown) {
        signal.throwIfAborted();
        throw fromAiSdkError(thrown, request);
      }
    },
    async *stream(
      request: ModelRequest,
      { signal, onResponse }: ProviderOptions,
    ): AsyncGenerator<ModelChunk> {
      signal.throwIfAborted();
      // Also aborts the request when the consumer stops reading early.
      const controller = new AbortController();
      let reader: ReadableStreamDefaultReader<StreamPart> | undefined;
      const stop = (reason: unknown) => {
        reader?.cancel(reason).catch(() => {});
        controller.abort(reason);
      };
      const release = onAbort(signal, () => stop(signal.reason));
      // The SDK leaves out the usage that a server sends before or with an error, or elsewhere.
      const events = new BillingReader();
      let ended = false;
      try {
        const { model, call } = prepare(request, controller.signal);
        const { stream, response } = await openStream(model, call, signal);
        reader = stream.getReader();
        onResponse?.();
        const { rates } = readResponseHeaders(response?.headers);
        const parts = new AiSdkStreamReader(model, rates, request.model);
        const chunks: ModelChunk[] = [];
        const counter = new PartCounter(maxAnswerBytes);
        const raw: StreamPart[] | undefined = keepsRaw ? [] : undefined;
        let metadata: object | undefined;
        while (!parts.ended) {
          const { done, value } = await reader.read();
          if (done) break;
          counter.add(value);
          if (value.type === "raw") events.add(value.rawValue);
          raw?.push(value);
          if (value.type === "response-metadata") metadata = value;
          if (value.type === "error") {
            if (isTruncation(value.error)) break;
            throw fromStreamError(value.error, { request, text: parts.text });
          }
          if (value.type === "stream-start") reportWarnings(onWarning, model, value.warnings);
          parts.add(value, chunks);
          for (const chunk of chunks) yield chunk;
          chunks.length = 0;
        }
        ended = true;
        // The SDK's provider has found no events in it.
        if (parts.isEmpty && hasJsonBody(response?.headers)) {
          throw wrongKind("JSON where a stream was requested");
        }
        const complete = fillUsage(parts.reply(), events.billing(request.model));
        const reply = withResponse(complete, { ...response, ...metadata }, raw);
        yield { type: "reply", reply };
      } catch (thrown) {
        // A cancelled stream looks as if it had ended early: report the abort instead.
        signal.throwIfAborted();
        throw addBilling(fromAiSdkError(thrown, request), events.billing(request.model));
      } finally {
        release();
        if (ended) reader?.cancel().catch(() => {});
        else stop(new DOMException("The stream is no longer read", "AbortError"));
      }
    },
  };
}

/**
 * Returns the vendor of a model: the first part of the SDK's name of a provider, such as `openai`
 * of `openai.chat`.
 */
function findVendor(findModel: FindModel, name: string): string | undefined {
  try {
    return findModel(name).provider.split(".")[0];
  } catch {
    // The request to the model will report the error.
    return undefined;
  }
}

interface Prepared {
  readonly model: LanguageModelV4;
  readonly call: LanguageModelV4CallOptions;
}

/** Opens the stream of a response. A stream that opens after the abort is cancelled at once. */
async function openStream(
  model: LanguageModelV4,
  call: LanguageModelV4CallOptions,
  signal: AbortSignal,
) {
  const opening = model.doStream({ includeRawChunks: true, ...call });
  try {
    return await untilAbort(opening, signal);
  } catch (thrown) {
    opening.then(({ stream }) => stream.cancel()).then(undefined, () => {});
    throw thrown;
  }
}
