/** Reads the replies of AI SDK models, complete or streamed. */
import type {
  LanguageModelV2StreamPart,
  LanguageModelV3StreamPart,
  LanguageModelV4Content,
  LanguageModelV4GenerateResult,
  LanguageModelV4StreamPart,
  SharedV4ProviderMetadata,
} from "@ai-sdk/provider";
import { ProviderError } from "../../model/errors.ts";
import type { ModelChunk, ModelReply } from "../../model/message.ts";
import type { RateReport } from "../../model/rate_report.ts";
import type { Billing } from "../../model/usage.ts";
import { checkToolCalls } from "../http/bounds/answer_limits.ts";
import { decideFinish, endingOf } from "../http/finish_reason.ts";
import { readAiSdkBilling } from "./billing.ts";
import type { ContentSource } from "./assistant_content.ts";
import { ContentCollector, isText } from "./content_collector.ts";
import { type Finish, isCutOff, readCompleteFinish, readFinish } from "./finish.ts";

/** A part of a stream, in any version of the interface. */
export type StreamPart =
  | LanguageModelV4StreamPart
  | LanguageModelV3StreamPart
  | LanguageModelV2StreamPart;

/**
 * Reads the result of `doGenerate`.
 *
 * @param source.json Whether the request has an output schema.
 * @throws {ProviderError} If the result is malformed, cut off or an error.
 */
export function readAiSdkReply(
  // Models are third-party code, and the older versions return something else.
  result: Partial<LanguageModelV4GenerateResult> | undefined,
  source: ContentSource & {
    readonly json: boolean;
    readonly rates?: RateReport;
    readonly model?: string;
  },
): ModelReply {
  if (!Array.isArray(result?.content)) {
    throw new ProviderError("the AI SDK's model returned a result without content", {
      code: "provider",
      retryable: true,
    });
  }
  const content = new ContentCollector();
  for (const part of result.content) content.add(part);
  const { structuredOutputText } = result;
  return buildReply({
    text: source.json && structuredOutputText !== undefined ? structuredOutputText : content.text,
    content,
    source,
    finish: readCompleteFinish(result.finishReason),
    billing: readAiSdkBilling({
      usage: result.usage,
      metadata: result.providerMetadata,
      servedModel: result.response?.modelId,
    }, source.model),
    rates: source.rates,
  });
}

/** Assembles a reply from the parts of a stream. */
export class AiSdkStreamReader {
  readonly #content = new ContentCollector();
  readonly #source: ContentSource;
  readonly #reasoning = new Map<string, { text: string; metadata?: SharedV4ProviderMetadata }>();
  readonly #rates: RateReport | undefined;
  #finish: Finish | undefined;
  #billing: Billing = {};
  readonly #model: string | undefined;
  #servedModel: unknown;

  /** Creates a reader for a stream of the given model, for a request to the model of this name. */
  constructor(source: ContentSource, rates: RateReport | undefined, model?: string) {
    this.#source = source;
    this.#rates = rates;
    this.#model = model;
  }

  /** Whether the last part of the reply has been added. */
  get ended(): boolean {
    return this.#finish !== undefined;
  }

  /** Whether nothing has arrived: no finish reason of the server and no content. */
  get isEmpty(): boolean {
    const hasReason = this.#finish !== undefined && !isCutOff(this.#finish);
    return !hasReason && this.#content.isEmpty;
  }

  /** Adds a part, and appends its chunks to `chunks`. */
  add(part: StreamPart, chunks: ModelChunk[]): void {
    switch (part.type) {
      case "text-delta":
        if (isText(part.delta)) {
          chunks.push({ type: "delta", text: this.#content.addText(part.delta) });
        }
        return;
      case "text-start":
        return this.#content.startText(part.providerMetadata);
      case "reasoning-delta":
        if (isText(part.delta)) chunks.push({ type: "reasoning", text: part.delta });
        return this.#addReasoning(part);
      case "reasoning-start":
      case "reasoning-end":
        return this.#addReasoning(part);
      case "text-end":
        return this.#content.endText(part.providerMetadata);
      case "tool-input-start":
        chunks.push(PROGRESS);
        return;
      case "tool-input-delta":
        if (isText(part.delta)) chunks.push(PROGRESS);
        return;
      case "tool-call":
      case "tool-result":
        // A call holds the complete input. The deltas before it are ignored.
        chunks.push(PROGRESS);
        return this.#content.add(part as LanguageModelV4Content);
      case "finish":
        this.#finish = readFinish(part.finishReason);
        this.#billing = readAiSdkBilling({
          usage: part.usage,
          metadata: part.providerMetadata,
          servedModel: this.#servedModel,
        }, this.#model);
        return;
      case "response-metadata":
        this.#servedModel = part.modelId;
    }
  }

  /** Returns the text until now, for an error in the middle. */
  get text(): string {
    return this.#content.text;
  }

  #addReasoning(part: StreamPart): void {
    const { id, delta = "", providerMetadata } = part as {
      id: string;
      delta?: string;
      providerMetadata?: SharedV4ProviderMetadata;
    };
    const reasoning = this.#reasoning.get(id) ?? { text: "" };
    reasoning.text += delta;
    // The signature of the reasoning comes with its last part.
    reasoning.metadata = providerMetadata ?? reasoning.metadata;
    this.#reasoning.set(id, reasoning);
    if (part.type !== "reasoning-end") return;
    this.#reasoning.delete(id);
    const { text, metadata } = reasoning;
    this.#content.add({
      type: "reasoning",
      text,
      ...(metadata && { providerMetadata: metadata }),
    });
  }

  /**
   * Returns the complete reply.
   *
   * @throws {ProviderError} If the stream ended early, or with an error.
   */
  reply(): ModelReply {
    const finish = this.#finish ?? { unified: "interrupted" };
    return buildReply({
      text: this.#content.text,
      content: this.#content,
      source: this.#source,
      finish: isCutOff(finish) ? { unified: "interrupted" } : finish,
      billing: this.#billing,
      rates: this.#rates,
    });
  }
}

/**
 * The server's reasons for which `content-filter` means a refusal by the model, and not by a
 * filter.
 */
const REFUSAL_REASONS: ReadonlySet<string | undefined> = new Set(["stop", "refusal"]);

interface ReplyParts {
  readonly text: string;
  readonly content: ContentCollector;
  readonly source: ContentSource;
  readonly finish: Finish;
  readonly billing: Billing;
  readonly rates: RateReport | undefined;
}

function buildReply({ text, content, source, finish, billing, rates }: ReplyParts): ModelReply {
  const { unified, raw } = finish;
  const { calls, hasUnusableCalls, reasoning } = content;
  checkToolCalls(calls);
  const providerData = content.providerData(source);
  if (unified === "interrupted") {
    throw new ProviderError("the stream ended before the reply was complete", {
      code: "truncated",
      retryable: true,
      ...billing,
      rates,
      text,
    });
  }
  // The unified reason is "other" for reasons that the SDK's provider does not know.
  const reason = endingOf(unified) === undefined ? raw ?? unified : unified;
  const { finishReason, problem } = decideFinish(reason, {
    hasText: text !== "",
    hasToolCalls: calls.length > 0,
    hasUnusableCalls,
  });
  if (problem !== undefined) {
    throw new ProviderError(problem, {
      code: "provider",
      retryable: true,
      ...billing,
      rates,
      text,
    });
  }
  const isRefusal = finishReason === "content_filter" && REFUSAL_REASONS.has(raw) && text !== "";
  return {
    text,
    finishReason,
    usage: undefined,
    ...billing,
    ...(rates !== undefined && { rates }),
    ...(reasoning !== "" && { reasoning }),
    ...(isRefusal && { refusal: text }),
    ...(calls.length > 0 && { toolCalls: calls }),
    ...(providerData !== undefined && { providerData }),
  };
}

const PROGRESS: ModelChunk = { type: "progress" };
