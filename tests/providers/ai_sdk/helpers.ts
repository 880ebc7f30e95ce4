/** Helpers for the tests of the AI SDK adapter: models in memory with scripted results. */
import type { ModelReply, ModelRequest } from "@shoal/agents";
import { ProviderError } from "@shoal/agents";
import type {
  LanguageModelV4CallOptions,
  LanguageModelV4GenerateResult,
  LanguageModelV4StreamPart,
  LanguageModelV4Usage,
} from "@ai-sdk/provider";
import { assertRejects } from "@std/assert";

import { MockLanguageModelV3, MockLanguageModelV4, simulateReadableStream } from "ai/test";
import { aiSdk, type AiSdkOptions } from "../../../src/providers/ai_sdk/ai_sdk.ts";
import { neverAborts, read, request as requestOf, type Streamed } from "../openai/helpers.ts";

/** The name of the models in memory. */
export const MODEL = "mock-model-id";

/** A request to a model in memory. */
export function request(
  text: Parameters<typeof requestOf>[0] = "Hello",
  more: Partial<ModelRequest> = {},
): ModelRequest {
  return requestOf(text, { model: MODEL, ...more });
}

/** Returns a usage with the given numbers of input and output tokens. */
export function tokens(input: number | undefined, output: number | undefined) {
  return {
    inputTokens: { total: input, noCache: undefined, cacheRead: undefined, cacheWrite: undefined },
    outputTokens: { total: output, text: undefined, reasoning: undefined },
  } satisfies LanguageModelV4Usage;
}

/** Returns a complete result of a model, with the text "ok" by default. */
export function result(
  more: Partial<LanguageModelV4GenerateResult> = {},
): LanguageModelV4GenerateResult {
  return {
    content: [{ type: "text", text: "ok" }],
    finishReason: { unified: "stop", raw: "stop" },
    usage: tokens(11, 7),
    warnings: [],
    ...more,
  };
}

/** Returns the last part of a stream. */
export function finish(
  unified: LanguageModelV4GenerateResult["finishReason"]["unified"] = "stop",
  raw: string | undefined = unified,
): LanguageModelV4StreamPart {
  return { type: "finish", finishReason: { unified, raw }, usage: tokens(11, 7) };
}

/** Returns a stream of the given parts. */
export function streamOf(...chunks: LanguageModelV4StreamPart[]) {
  const stream = simulateReadableStream({
    chunks,
    initialDelayInMs: null,
    chunkDelayInMs: null,
  });
  return { stream };
}

/** Returns the call options that a model with this result receives. */
export async function callOptionsFor(
  what: ModelRequest,
  options?: AiSdkOptions,
): Promise<LanguageModelV4CallOptions> {
  const model = new MockLanguageModelV4({ doGenerate: result() });
  await aiSdk(model, options).generate(what, { signal: neverAborts() });
  return model.doGenerateCalls[0]!;
}

/** Returns the reply for a complete result of a model. */
export function replyTo(
  overrides: Partial<LanguageModelV4GenerateResult>,
  more: Partial<ModelRequest> = {},
  options?: AiSdkOptions,
): Promise<ModelReply> {
  const model = new MockLanguageModelV4({ doGenerate: result(overrides) });
  return aiSdk(model, options).generate(request("Hello", more), { signal: neverAborts() });
}

/** Returns the chunks for a stream of these parts. */
export function streamed(...parts: LanguageModelV4StreamPart[]): Promise<Streamed> {
  const model = new MockLanguageModelV4({ doStream: streamOf(...parts) });
  return read(aiSdk(model).stream(request(), { signal: neverAborts() }));
}

/** Returns the errors of a complete and a streamed request to a model that throws. */
export async function errorsOf(thrown: unknown): Promise<readonly [ProviderError, ProviderError]> {
  const fail = () => Promise.reject(thrown);
  const provider = aiSdk(new MockLanguageModelV4({ doGenerate: fail, doStream: fail }));
  return [
    await assertRejects(
      () => provider.generate(request(), { signal: neverAborts() }),
      ProviderError,
    ),
    await assertRejects(
      () => read(provider.stream(request(), { signal: neverAborts() })),
      ProviderError,
    ),
  ];
}

/** A model of an older version of the interface. */
export function older(
  version: "v3" | "v2",
  results: { doGenerate?: unknown; doStream?: unknown },
): MockLanguageModelV3 {
  const model = new MockLanguageModelV3(
    results as ConstructorParameters<typeof MockLanguageModelV3>[0],
  );
  Object.defineProperty(model, "specificationVersion", { value: version });
  return model;
}
