/** Reads the replies of AI SDK models, complete or streamed. */
import type {
  LanguageModelV2StreamPart,
  LanguageModelV3StreamPart,
  LanguageModelV4Content,
  LanguageModelV4GenerateResult,
  LanguageModelV4StreamPart,
  SharedV4ProviderMetadata,
} from "@ai-sdk/provider";
import { isRecord } from "../../model/check_options.ts";
import { ProviderError } from "../../model/errors.ts";
import type { ModelChunk, ModelReply, ToolRequest } from "../../model/message.ts";
import type { RateReport } from "../../model/rate_report.ts";
import type { Billing } from "../../model/usage.ts";
import { decideFinish, endingOf } from "../http/finish_reason.ts";
import { readAiSdkBilling } from "./billing.ts";
import { type ReasoningPart, rememberContext } from "./reasoning_items.ts";

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
  source: {
    readonly provider: string;
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
  const content = new ContentCollector(source.provider);
  for (const part of result.content) content.add(part);
  const { structuredOutputText } = result;
  return buildReply({
    text: source.json && structuredOutputText !== undefined ? structuredOutputText : content.text,
    content,
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
  readonly #content: ContentCollector;
  readonly #reasoning = new Map<string, { text: string; metadata?: SharedV4ProviderMetadata }>();
  readonly #rates: RateReport | undefined;
  #finish: Finish | undefined;
  #billing: Billing = {};
  readonly #model: string | undefined;
  #servedModel: unknown;

  /** Creates a reader for a stream of the given provider, for a request to the given model. */
  constructor(provider: string, rates: RateReport | undefined, model?: string) {
    this.#content = new ContentCollector(provider);
    this.#rates = rates;
    this.#model = model;
  }

  /** Whether the last part of the reply has been added. */
  get ended(): boolean {
    return this.#finish !== undefined;
  }

  /** Adds a part, and appends its chunks to `chunks`. */
  add(part: StreamPart, chunks: ModelChunk[]): void {
    switch (part.type) {
      case "text-delta":
        this.#content.add({ type: "text", text: part.delta });
        if (isText(part.delta)) chunks.push({ type: "delta", text: part.delta });
        return;
      case "reasoning-delta":
        if (isText(part.delta)) chunks.push({ type: "reasoning", text: part.delta });
        return this.#addReasoning(part);
      case "reasoning-start":
      case "reasoning-end":
        return this.#addReasoning(part);
      case "tool-input-start":
        chunks.push(PROGRESS);
        return;
      case "tool-input-delta":
        if (isText(part.delta)) chunks.push(PROGRESS);
        return;
      case "tool-call":
        // It holds the complete input. The deltas before it are ignored.
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
    // If the connection was cut off, there is no finish reason of the server's.
    const isCutOff = finish.raw === undefined && UNKNOWN_REASONS.has(finish.unified);
    return buildReply({
      text: this.#content.text,
      content: this.#content,
      finish: isCutOff ? { unified: "interrupted" } : finish,
      billing: this.#billing,
      rates: this.#rates,
    });
  }
}

/**
 * Collects text, reasoning and tool calls. Sources, files and tools run by the provider are
 * ignored.
 */
class ContentCollector {
  text = "";
  reasoning = "";
  readonly calls: ToolRequest[] = [];
  hasUnusableCalls = false;
  readonly #provider: string;
  #reasoning: ReasoningPart[] = [];

  constructor(provider: string) {
    this.#provider = provider;
  }

  add(part: LanguageModelV4Content): void {
    if (part?.type === "text" && typeof part.text === "string") this.text += part.text;
    else if (part?.type === "reasoning") {
      const { text, providerMetadata } = part;
      if (isText(text)) this.reasoning += text;
      this.#reasoning.push({
        type: "reasoning",
        text,
        ...(providerMetadata !== undefined && { providerOptions: providerMetadata }),
      });
    } else if (part?.type === "tool-call" && !part.providerExecuted) {
      const { toolCallId: id, toolName: name, input, providerMetadata: metadata } = part;
      if (!isText(name)) {
        this.hasUnusableCalls = true;
        return;
      }
      const args = typeof input === "string" ? input : JSON.stringify(input) ?? "";
      const request: ToolRequest = { id, name, args };
      rememberContext(request, { provider: this.#provider, reasoning: this.#reasoning, metadata });
      this.#reasoning = [];
      this.calls.push(request);
    }
  }
}

/** Why a model stopped: the AI SDK's unified reason, and the server's own. */
interface Finish {
  readonly unified: string;
  readonly raw?: string;
}

/** The unified reasons where the server gave none. */
const UNKNOWN_REASONS: ReadonlySet<string> = new Set(["other", "unknown"]);
/**
 * The server's reasons for which `content-filter` means a refusal by the model, and not by a
 * filter.
 */
const REFUSAL_REASONS: ReadonlySet<string | undefined> = new Set(["stop", "refusal"]);

function readFinish(reason: unknown): Finish {
  if (typeof reason === "string") return { unified: reason };
  const { unified, raw } = isRecord(reason) ? reason : {};
  return {
    unified: typeof unified === "string" ? unified : "unknown",
    raw: typeof raw === "string" && raw !== "" ? raw : undefined,
  };
}

/** Some servers send an empty reason with a complete response. */
function readCompleteFinish(reason: unknown): Finish {
  const finish = readFinish(reason);
  const isEmpty = isRecord(reason) && reason.raw === "" && UNKNOWN_REASONS.has(finish.unified);
  return isEmpty ? { unified: "stop" } : finish;
}

interface ReplyParts {
  readonly text: string;
  readonly content: ContentCollector;
  readonly finish: Finish;
  readonly billing: Billing;
  readonly rates: RateReport | undefined;
}

function buildReply({ text, content, finish, billing, rates }: ReplyParts): ModelReply {
  const { unified, raw } = finish;
  const { calls, hasUnusableCalls, reasoning } = content;
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
  };
}

const PROGRESS: ModelChunk = { type: "progress" };

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}
