import { isRecord } from "../../model/check_options.ts";
import { ProviderError } from "../../model/errors.ts";
import type { ModelChunk, ModelReply } from "../../model/message.ts";
import type { RateReport } from "../../model/rate_report.ts";
import type { Billing } from "../../model/usage.ts";
import { argumentsTooLong, MAX_TOOL_ARGS } from "../http/bounds/answer_limits.ts";
import { isFailure } from "../http/classify_failure.ts";
import { MESSAGE_SEPARATOR } from "../http/message_separator.ts";
import { BillingReader } from "../http/read_billing.ts";
import { ServerError } from "./provider_error.ts";
import type { ReplySource } from "./reasoning_items.ts";
import {
  collectText,
  readResponsesReply,
  type ResponseObject,
  unfinishedResponse,
} from "./responses_reply.ts";

/** An event. Servers may omit any member. */
interface AnyEvent {
  type?: string;
  delta?: unknown;
  output_index?: number;
  item?: unknown;
  arguments?: unknown;
  response?: ResponseObject | null;
  error?: object | null;
  usage?: ResponseObject["usage"] | null;
}

/**
 * Assembles a reply from the events of a stream. With most servers, the last event holds the
 * complete response.
 */
export class ResponsesStreamReader {
  readonly #source: ReplySource;
  #text = "";
  #textIndex = 0;
  #reasoning = "";
  #refusal = "";
  #isQueued = false;
  #last: ResponseObject | undefined;
  readonly #items = new Map<number, Record<string, unknown>>();
  readonly #billing = new BillingReader();

  /** Creates a reader for a response from the given server and model. */
  constructor(source: ReplySource) {
    this.#source = source;
  }

  /** Whether the last event has been added. */
  get ended(): boolean {
    return this.#last !== undefined;
  }

  /** What the events until now say about the price. */
  get billing(): Billing {
    return this.#billing.billing(this.#source.model);
  }

  /**
   * Adds an event, and appends its chunks to `chunks`.
   *
   * @throws {ServerError} If the event reports a failure.
   */
  add(event: AnyEvent | null, chunks: ModelChunk[]): void {
    if (event?.response || event?.usage) this.#billing.add(event);
    if (isFailure(event)) throw this.#failure(event);
    const { type, output_index = 0, item, delta, response } = event ?? {};
    switch (type) {
      case "response.output_text.delta":
        return this.#addText(delta, output_index, chunks);
      case "response.output_item.added":
      case "response.output_item.done":
        if (!isRecord(item)) return;
        this.#items.set(output_index, { ...item });
        // A message has deltas. Encrypted reasoning and the calls of some tools have none.
        if (item.type === "reasoning") chunks.push(ENCRYPTED_REASONING);
        else if (item.type !== "message") chunks.push(PROGRESS);
        return;
      case "response.function_call_arguments.delta": {
        const call = this.#items.get(output_index);
        if (call) {
          const args = `${call.arguments ?? ""}${delta ?? ""}`;
          if (args.length > MAX_TOOL_ARGS) throw argumentsTooLong();
          call.arguments = args;
        }
        return addProgress(delta, chunks);
      }
      case "response.function_call_arguments.done": {
        // Some servers send no deltas.
        const call = this.#items.get(output_index);
        if (call && event?.arguments) call.arguments = event.arguments;
        return addProgress(event?.arguments, chunks);
      }
      case "response.refusal.delta":
        if (typeof delta === "string") this.#refusal += delta;
        return addProgress(delta, chunks);
      case "response.queued":
        this.#isQueued = true;
        return;
      case "response.in_progress":
        this.#isQueued = false;
        return;
      case "response.completed":
      case "response.incomplete":
      case "response.cancelled":
        return this.#end(type, response ?? {}, chunks);
      case "response.failed":
        // The response repeats the request, so only its error is read.
        throw this.#failure({ error: response?.error });
    }
    if (REASONING_DELTA.test(type ?? "")) {
      if (typeof delta !== "string" || delta === "") return;
      this.#reasoning += delta;
      chunks.push({ type: "reasoning", text: delta });
    } else if (PROGRESS_EVENT.test(type ?? "")) {
      addProgress(delta, chunks);
    }
  }

  #addText(delta: unknown, index: number, chunks: ModelChunk[]): void {
    if (typeof delta !== "string" || delta === "") return;
    const isNext = this.#text !== "" && index !== this.#textIndex;
    const text = isNext ? MESSAGE_SEPARATOR + delta : delta;
    this.#textIndex = index;
    this.#text += text;
    chunks.push({ type: "delta", text });
  }

  #failure(body: unknown): ServerError {
    return new ServerError(body, { billing: this.billing, text: this.#text });
  }

  #end(type: string, response: ResponseObject, chunks: ModelChunk[]): void {
    // Some servers end with an empty list. The items of the earlier events are used instead.
    const output = response.output?.length ? response.output : this.#collectOutput();
    const status = type.slice("response.".length) as ResponseObject["status"];
    this.#last = { status, ...response, output };
    // Others send no deltas, only the complete response at the end.
    if (this.#text === "") this.#addText(collectText(output, "output_text", "text"), 0, chunks);
  }

  #collectOutput(): NonNullable<ResponseObject["output"]> {
    const items: unknown[] = [...this.#items].sort(([a], [b]) => a - b).map(([, item]) => item);
    const hasDeltas = this.#text !== "" || this.#refusal !== "";
    if (items.length === 0 && hasDeltas) items.push({ type: "message", content: [] });
    return items as NonNullable<ResponseObject["output"]>;
  }

  /**
   * Returns the complete reply.
   *
   * @param rates The state of the server's rate limits.
   * @throws {ProviderError} If the stream ended early.
   */
  reply(rates: RateReport | undefined): ModelReply {
    if (this.#last === undefined) {
      if (this.#isQueued) {
        throw unfinishedResponse("queued", { billing: this.billing, rates });
      }
      throw new ProviderError("the stream ended before the reply was complete", {
        code: "truncated",
        retryable: true,
        ...this.billing,
        rates,
        text: this.#text,
      });
    }
    const reply = readResponsesReply(this.#last, rates, this.#source);
    // Some servers omit the reasoning or the refusal from the complete response.
    const reasoning = reply.reasoning ?? this.#reasoning;
    const refusal = reply.refusal ?? this.#refusal;
    return {
      ...reply,
      text: this.#text,
      ...(refusal && { refusal }),
      ...(reasoning && { reasoning }),
    };
  }
}

const PROGRESS: ModelChunk = { type: "progress" };
const ENCRYPTED_REASONING: ModelChunk = { type: "reasoning", text: "" };
const REASONING_DELTA = /^response\.reasoning\w*(\.\w+)?\.delta$/;
/** Deltas of refusals and of tool calls, and the steps of tools that the server runs. */
const PROGRESS_EVENT = /^response\.(refusal|\w*call\w*)\.\w+$/;

function addProgress(delta: unknown, chunks: ModelChunk[]): void {
  // An empty delta is no sign of life.
  if (delta !== "" && delta !== null) chunks.push(PROGRESS);
}
