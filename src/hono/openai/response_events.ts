/** Creates the events of a streamed response of OpenAI's Responses API. */
import type { WireEvent } from "../stream/wire_format.ts";
import type { AnswerEvent } from "./answer_stream.ts";
import type { OpenAIErrorBody } from "./openai_error.ts";
import type { Outcome } from "./outcome.ts";
import {
  contentPart,
  createId,
  endState,
  IN_PROGRESS,
  messageItem,
  type ResponseBase,
  statusOf,
} from "./response_object.ts";

type PartType = "output_text" | "refusal";

/** The members that hold the text in the events of a part, other than `delta`. */
const TEXT_MEMBERS = { output_text: "text", refusal: "refusal" } as const;

/**
 * Creates events in the order in which OpenAI's server sends them, each with the next sequence
 * number.
 */
export class ResponseEvents {
  readonly #base: ResponseBase;
  readonly #itemId = createId("msg");
  /** The parts that have ended. */
  readonly #content: object[] = [];
  /** The part that has begun. */
  #part: { readonly type: PartType; text: string } | undefined;
  #sequence = 0;

  /** For a new response. */
  constructor(base: ResponseBase) {
    this.#base = base;
  }

  /** Yields the events of an answer. */
  async *all(answer: AsyncIterable<AnswerEvent>): AsyncGenerator<WireEvent> {
    const response = { ...this.#base, ...IN_PROGRESS };
    yield { ...this.#event("response.created", { response }), isTentative: true };
    yield { ...this.#event("response.in_progress", { response }), isTentative: true };
    let hasItem = false;
    for await (const event of answer) {
      if (!hasItem) {
        const item = messageItem(this.#itemId, "in_progress", []);
        yield this.#event("response.output_item.added", { output_index: 0, item });
        hasItem = true;
      }
      if (event.type === "end") yield* this.#end(event.outcome);
      else if (event.text !== "") yield* this.#delta("output_text", event.text);
    }
  }

  /** Returns the last events of a response that failed. */
  failed({ message, code, param }: OpenAIErrorBody, status: number): WireEvent[] {
    const error = {
      code: status === 429 ? "rate_limit_exceeded" : "server_error",
      message,
    };
    const response = { ...this.#base, ...IN_PROGRESS, status: "failed", error };
    return [
      // Clients throw on `error`. Some ignore `response.failed`.
      this.#event("error", { code, message, param }),
      this.#event("response.failed", { response }),
    ];
  }

  *#end(outcome: Outcome): Generator<WireEvent> {
    const { refusal, finishReason } = outcome;
    if (refusal !== undefined) yield* this.#delta("refusal", refusal);
    else if (this.#part === undefined) yield* this.#beginPart("output_text");
    yield* this.#endPart();
    const status = statusOf(finishReason);
    const item = messageItem(this.#itemId, status, this.#content);
    yield this.#event("response.output_item.done", { output_index: 0, item });
    const response = { ...this.#base, ...endState(outcome, [item]) };
    yield this.#event(`response.${status}`, { response });
  }

  *#delta(type: PartType, text: string): Generator<WireEvent> {
    if (this.#part?.type !== type) {
      yield* this.#endPart();
      yield* this.#beginPart(type);
    }
    this.#part!.text += text;
    yield this.#partEvent(`response.${type}.delta`, { delta: text, ...logprobsOf(type) });
  }

  *#beginPart(type: PartType): Generator<WireEvent> {
    this.#part = { type, text: "" };
    yield this.#partEvent("response.content_part.added", { part: contentPart(type, "") });
  }

  *#endPart(): Generator<WireEvent> {
    if (this.#part === undefined) return;
    const { type, text } = this.#part;
    const part = contentPart(type, text);
    const members = { [TEXT_MEMBERS[type]]: text, ...logprobsOf(type) };
    yield this.#partEvent(`response.${type}.done`, members);
    yield this.#partEvent("response.content_part.done", { part });
    this.#content.push(part);
    this.#part = undefined;
  }

  #partEvent(type: string, members: object): WireEvent {
    const content_index = this.#content.length;
    return this.#event(type, { item_id: this.#itemId, output_index: 0, content_index, ...members });
  }

  #event(type: string, members: object): WireEvent {
    return { event: type, data: { type, sequence_number: this.#sequence++, ...members } };
  }
}

function logprobsOf(type: PartType): object {
  return type === "output_text" ? { logprobs: [] } : {};
}
