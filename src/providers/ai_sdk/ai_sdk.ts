/**
 * Every model of the AI SDK (the `ai` package): its providers bring their own words, and this brings them to ours.
 *
 * @module
 */
import type { LanguageModelV4, LanguageModelV4CallOptions } from "@ai-sdk/provider";
import { onAbort, untilAbort } from "../../async/abort.ts";
import { callback, checkOptions, refuse, type Rules, text } from "../../model/check_options.ts";
import { type ProviderLimits, providerLimits } from "../../model/limits.ts";
import type { ModelChunk, ModelReply, ModelRequest } from "../../model/message.ts";
import type { Provider, ProviderOptions } from "../../model/provider.ts";
import { aiSdkError, errorInStream, isCutOff } from "./provider_error.ts";
import { toldBy } from "./response_headers.ts";
import { type AiSdkModel, type AiSdkModels, finder, isModel } from "./find_model.ts";
import { type Piece, ReplyBuilder, replyOf } from "./reply.ts";
import { callOptionsOf } from "./request.ts";
import { type AiSdkWarning, warn } from "./warnings.ts";

export type { AiSdkModel, AiSdkModels, AiSdkWarning };

/** How a model of the AI SDK is asked. */
export interface AiSdkOptions {
  /**
   * How the provider is called in errors.
   *
   * @default The provider of a single model, such as `openai.chat`, else "ai-sdk"
   */
  readonly name?: string;
  /**
   * Where its answers come from, for caches that outlive the process: the same text wherever the same model would answer, with the
   * server if it is one of your own. Without it a cache knows only this very object.
   */
  readonly id?: string;
  /** How much may be asked with this key, at a time and in a minute. */
  readonly limits?: ProviderLimits;
  /**
   * Stands for the key, which is not known here: providers with the same object share its limits.
   *
   * @default What was handed over
   */
  readonly account?: object;
  /**
   * Told what a model does not support and leaves out, such as a setting or the schema of an answer, with each request. What it throws
   * fails the call.
   */
  readonly onWarning?: (warning: AiSdkWarning) => void;
}

const RULES: Rules = {
  name: text,
  id: text,
  limits: providerLimits,
  account(doing, name, value) {
    // Whoever passes the key itself shall not see it in an error.
    if (typeof value !== "function" && (typeof value !== "object" || value === null)) {
      refuse(doing, name, "an object", value);
    }
  },
  onWarning: callback,
};

/**
 * A provider that asks models of the AI SDK. Hand over one of its providers, and agents name their `model` and `fallbackModels` as usual;
 * a single model answers for its own `modelId` only, and a function finds the model of a name by itself.
 *
 * Nothing is repeated below: the SDK's own retries are in its `generateText`, which is not used. Its tools, agents and steps are not used
 * either, and the `ai` package need not be there.
 *
 * - `reasoningEffort` is the SDK's `reasoning`. Models of the interface's older versions have no such setting.
 * - `extra` holds the SDK's `providerOptions`, by provider: `extra: { anthropic: { … } }`. Beside them may stand `topK`,
 *   `presencePenalty`, `frequencyPenalty` and `toolChoice`, which are for all.
 * - Images and files are handed on as they are: a model that takes no URLs wants them as `data:` URLs.
 * - What a model does not support it leaves out: see `onWarning`. Many want to be told that they support the schema of an answer
 *   (`supportsStructuredOutputs`), or that the usage of a stream is wanted (`includeUsage`).
 * - Requests go through the SDK's own `fetch`, and so over one HTTP/2 connection to each server, which carries 100 to 250 at a time: for more,
 *   give the SDK's provider a `fetch` that spreads them.
 *
 * @throws {TypeError} If it is no model and has none, or if an option is wrong.
 *
 * @example Any provider of the AI SDK
 * ```ts
 * import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
 * import { defineAgent } from "@shoal/agents";
 * import { aiSdk } from "@shoal/agents/ai-sdk";
 * import { simulator } from "@shoal/agents/testing";
 *
 * await using server = simulator(); // for the real ones: aiSdk(anthropic), aiSdk(google), aiSdk(mistral), …
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
  checkOptions("ask a model of the AI SDK", options, RULES);
  const find = finder(model);
  const { name, id, limits, account = model, onWarning } = options;

  const prepare = (request: ModelRequest, signal: AbortSignal): Prepared => {
    const found = find(request.model);
    if (request.settings.reasoningEffort !== undefined && found.specificationVersion !== "v4") {
      warn(onWarning, found, [{ type: "unsupported", feature: "reasoning" }]);
    }
    // The versions agree on everything that is asked and read here.
    return { model: found as LanguageModelV4, call: callOptionsOf(request, found, signal) };
  };

  return {
    name: name ?? (isModel(model) ? model.provider : "ai-sdk"),
    ...(id !== undefined && { id }),
    limits,
    account,
    async generate(request: ModelRequest, { signal }: ProviderOptions): Promise<ModelReply> {
      signal.throwIfAborted();
      try {
        const { model, call } = prepare(request, signal);
        const result = await untilAbort(model.doGenerate(call), signal);
        const reply = replyOf(result, {
          provider: model.provider,
          json: request.output !== undefined,
          rates: toldBy(result?.response?.headers).rates,
        });
        warn(onWarning, model, result.warnings, reply.usage);
        return reply;
      } catch (thrown) {
        signal.throwIfAborted();
        throw aiSdkError(thrown, request);
      }
    },
    async *stream(
      request: ModelRequest,
      { signal, onResponse }: ProviderOptions,
    ): AsyncGenerator<ModelChunk> {
      signal.throwIfAborted();
      // Models end their work when it aborts; that must also happen when the reading ends early.
      const controller = new AbortController();
      let reader: ReadableStreamDefaultReader<Piece> | undefined;
      const stop = (reason: unknown) => {
        reader?.cancel(reason).catch(() => {});
        controller.abort(reason);
      };
      const release = onAbort(signal, () => stop(signal.reason));
      let ended = false;
      try {
        const { model, call } = prepare(request, controller.signal);
        const { stream, response } = await opened(model, call, signal);
        reader = stream.getReader();
        onResponse?.();
        const builder = new ReplyBuilder(model.provider, toldBy(response?.headers).rates);
        while (!builder.ended) {
          const { done, value } = await reader.read();
          if (done) break;
          if (value.type === "error") {
            if (isCutOff(value.error)) break;
            throw errorInStream(value.error);
          }
          if (value.type === "stream-start") warn(onWarning, model, value.warnings);
          const text = builder.add(value);
          if (text !== "") yield { type: "delta", text };
        }
        ended = true;
        yield { type: "reply", reply: builder.reply() };
      } catch (thrown) {
        // The reading of a stream that was cancelled ends as if it were at its end, too early.
        signal.throwIfAborted();
        throw aiSdkError(thrown, request);
      } finally {
        release();
        if (ended) reader?.cancel().catch(() => {});
        else stop(new DOMException("Nobody reads the answer any more", "AbortError"));
      }
    },
  };
}

interface Prepared {
  readonly model: LanguageModelV4;
  readonly call: LanguageModelV4CallOptions;
}

/** The stream of an answer. One that opens after the abort is closed at once. */
async function opened(
  model: LanguageModelV4,
  call: LanguageModelV4CallOptions,
  signal: AbortSignal,
) {
  const opening = model.doStream(call);
  try {
    return await untilAbort(opening, signal);
  } catch (thrown) {
    opening.then(({ stream }) => stream.cancel()).then(undefined, () => {});
    throw thrown;
  }
}
