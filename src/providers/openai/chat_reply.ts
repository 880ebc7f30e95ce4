/** Reads the responses of Chat Completions, complete or streamed. */
import type { OpenAI } from "openai";
import { isRecord } from "../../model/check_options.ts";
import { ProviderError } from "../../model/errors.ts";
import type { ModelChunk, ModelReply } from "../../model/message.ts";
import type { RateReport } from "../../model/rate_report.ts";
import type { Billing } from "../../model/usage.ts";
import { isFailure } from "../http/classify_failure.ts";
import { decideFinish, type Ending, endingOf } from "../http/finish_reason.ts";
import { BillingReader, readBilling } from "../http/read_billing.ts";
import { EchoCollector } from "./messages/assistant_echo.ts";
import { malformedResponse, ServerError } from "./provider_error.ts";
import type { ReplySource } from "./reasoning_items.ts";
import { readReasoning } from "./reasoning_text.ts";
import { ToolCallBuilder } from "./tool_calls.ts";

/** A complete response. */
export type ChatCompletion = OpenAI.Chat.Completions.ChatCompletion;

/** An event of a streamed response. */
export type ChatChunk = OpenAI.Chat.Completions.ChatCompletionChunk;

/** A message, or a delta of one. Servers may omit any member. */
interface AnyMessage {
  content?: unknown;
  refusal?: unknown;
  tool_calls?: unknown;
  function_call?: unknown;
}

/** A choice of a response or of an event. Servers may omit any member. */
interface AnyChoice {
  index?: number;
  message?: AnyMessage | null;
  delta?: AnyMessage | null;
  finish_reason?: string | null;
  error?: unknown;
}

const UNKNOWN_SOURCE: ReplySource = { server: "", model: "" };

/** The endings with which a choice may have no message. */
const MESSAGE_OPTIONAL: ReadonlySet<Ending | undefined> = new Set(["content_filter", "length"]);

/**
 * Reads a complete response.
 *
 * @param rates The state of the server's rate limits.
 * @param source The server and model: what must be sent back goes only there.
 * @throws {ServerError} If the response reports an error.
 * @throws {ProviderError} If it has no message, or no answer.
 */
export function readChatReply(
  completion: ChatCompletion,
  rates: RateReport | undefined,
  source: ReplySource = UNKNOWN_SOURCE,
): ModelReply {
  const billing = readBilling(completion, source.model);
  if (isFailure(completion)) throw new ServerError(completion, { billing });
  const choice = firstChoice(completion?.choices);
  const message = choice?.message ?? choice?.delta;
  const text = readContent(message?.content);
  if (hasError(choice)) throw new ServerError({ error: choice!.error }, { billing, text });
  // A filter may remove the whole message, and reasoning may take all tokens that it could have.
  if (!isRecord(message) && !MESSAGE_OPTIONAL.has(endingOf(choice?.finish_reason))) {
    throw malformedResponse("has no choices", { billing, rates });
  }
  const calls = new ToolCallBuilder();
  calls.addCalls(message?.tool_calls);
  if (calls.isEmpty && message?.function_call) {
    calls.addCalls([{ function: message.function_call }]);
  }
  const echo = new EchoCollector();
  echo.add(message);
  return buildReply({
    text,
    refusal: readText(message?.refusal),
    reasoning: readReasoning(message),
    calls,
    reason: choice?.finish_reason,
    billing,
    rates,
    echo,
    source,
  });
}

/** Returns the first choice by its index: with `n`, events of other choices may come before it. */
function firstChoice(choices: unknown): AnyChoice | undefined {
  if (!Array.isArray(choices)) return undefined;
  const first: AnyChoice | undefined = choices[0];
  return first?.index ? choices.find((choice) => !choice?.index) : first;
}

/** OpenRouter reports errors of a provider in the choice. */
function hasError(choice: AnyChoice | undefined): boolean {
  return !!choice?.error && isFailure({ error: choice.error });
}

interface ReplyParts {
  readonly text: string;
  readonly refusal: string;
  readonly reasoning: string | undefined;
  readonly calls: ToolCallBuilder;
  readonly reason: unknown;
  readonly billing: Billing;
  readonly rates: RateReport | undefined;
  /** What must be sent back with the tool calls. */
  readonly echo: EchoCollector;
  readonly source: ReplySource;
}

function buildReply(parts: ReplyParts): ModelReply {
  const { text, refusal, reasoning, calls, billing, rates } = parts;
  const toolCalls = calls.calls();
  const providerData = parts.echo.data(parts.source, toolCalls, calls.echoed());
  const { finishReason, problem } = decideFinish(parts.reason, {
    hasText: text !== "" || refusal !== "",
    hasToolCalls: toolCalls !== undefined,
    hasUnusableCalls: calls.hasUnusable,
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
  return {
    text,
    finishReason,
    usage: undefined,
    ...billing,
    refusal: refusal || undefined,
    ...(reasoning && { reasoning }),
    ...(toolCalls && { toolCalls }),
    ...(providerData && { providerData }),
    ...(rates && { rates }),
  };
}

/** The types of parts that hold a text. Some servers leave the type out. */
const TEXT_TYPES: ReadonlySet<unknown> = new Set(["text", "output_text", undefined, null]);

/** Mistral's reasoning models send a list of parts, some of which are reasoning. */
function readText(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content.map((part) => {
    if (typeof part === "string") return part;
    return isRecord(part) && TEXT_TYPES.has(part.type) ? readText(part.text) : "";
  }).join("");
}

/** Cloudflare sends the value of a typed answer instead of its JSON. */
function readContent(content: unknown): string {
  const isValue = isRecord(content) || typeof content === "number" || typeof content === "boolean";
  return isValue ? JSON.stringify(content) : readText(content);
}

/** Assembles a reply from the events of a stream. */
export class ChatStreamReader {
  #text = "";
  #refusal = "";
  #reasoning = "";
  #finishReason: string | undefined;
  readonly #billing = new BillingReader();
  readonly #calls = new ToolCallBuilder();
  readonly #echo = new EchoCollector();
  readonly #source: ReplySource;

  /** Creates a reader for a response from the given server and model. */
  constructor(source: ReplySource = UNKNOWN_SOURCE) {
    this.#source = source;
  }

  /** What the events until now say about the price. */
  get billing(): Billing {
    return this.#billing.billing(this.#source.model);
  }

  /** Whether the server has sent a finish reason. */
  get isAnswered(): boolean {
    return this.#finishReason !== undefined;
  }

  /**
   * Adds an event, and appends its chunks to `chunks`. An empty delta has none.
   *
   * @throws {ServerError} If the event reports an error.
   */
  add(chunk: ChatChunk, chunks: ModelChunk[]): void {
    this.#billing.add(chunk);
    if (isFailure(chunk)) throw this.#failure(chunk);
    // The event with the usage has no choices, nor do the first events of some servers.
    const choice = firstChoice(chunk?.choices);
    if (choice === undefined) return;
    // Some servers send an empty reason with each event.
    this.#finishReason = choice.finish_reason || this.#finishReason;
    if (choice.delta) this.#addDelta(choice.delta, chunks);
    else if (choice.message) this.#addMessage(choice.message, chunks);
    if (hasError(choice)) throw this.#failure({ error: choice.error });
  }

  #addDelta(delta: AnyMessage, chunks: ModelChunk[]): void {
    this.#echo.add(delta, this.#text);
    const refusal = readText(delta.refusal);
    if (refusal !== "") {
      this.#refusal += refusal;
      chunks.push(PROGRESS);
    }
    const reasoning = readReasoning(delta);
    if (reasoning !== undefined) {
      this.#reasoning += reasoning;
      chunks.push({ type: "reasoning", text: reasoning });
    }
    const calls = delta.tool_calls ??
      (delta.function_call ? [{ index: 0, function: delta.function_call }] : undefined);
    if (this.#calls.addDeltas(calls)) chunks.push(PROGRESS);
    const text = readContent(delta.content);
    if (text === "") return;
    this.#text += text;
    chunks.push({ type: "delta", text });
  }

  /** Some servers send the message until now, or the complete one at the end. */
  #addMessage(message: AnyMessage, chunks: ModelChunk[]): void {
    const text = readContent(message.content);
    const content = text.startsWith(this.#text) ? text.slice(this.#text.length) : text;
    const { tool_calls, refusal } = message;
    if (this.#calls.isEmpty) this.#calls.addCalls(tool_calls);
    this.#echo.add({ ...message, content: undefined });
    this.#addDelta({ content, refusal: this.#refusal === "" ? refusal : "" }, chunks);
  }

  #failure(body: unknown): ServerError {
    return new ServerError(body, { billing: this.billing, text: this.#text });
  }

  /**
   * Returns the complete reply.
   *
   * @param rates The state of the server's rate limits.
   * @param options.done Whether the server marked the end of the stream. Then some send no reason.
   * @throws {ProviderError} If the stream ended early, or without an answer.
   */
  reply(rates: RateReport | undefined, { done }: { readonly done: boolean }): ModelReply {
    const hasContent = this.#text !== "" || this.#refusal !== "" || !this.#calls.isEmpty;
    if (this.#finishReason === undefined && !(done && hasContent && this.#calls.isComplete)) {
      throw new ProviderError("the stream ended before the reply was complete", {
        code: "truncated",
        retryable: true,
        ...this.billing,
        rates,
        text: this.#text,
      });
    }
    return buildReply({
      text: this.#text,
      refusal: this.#refusal,
      reasoning: this.#reasoning,
      calls: this.#calls,
      reason: this.#finishReason,
      billing: this.billing,
      rates,
      echo: this.#echo,
      source: this.#source,
    });
  }
}

const PROGRESS: ModelChunk = { type: "progress" };
