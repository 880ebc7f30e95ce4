import { isRecord } from "../../model/check_options.ts";
import { ProviderError } from "../../model/errors.ts";
import type { ModelReply } from "../../model/message.ts";
import type { RateReport } from "../../model/rate_report.ts";
import type { Billing } from "../../model/usage.ts";
import { BillingReader, withBilling } from "../http/read_billing.ts";
import { FailedResponseError } from "./provider_error.ts";
import type { ReplySource } from "./reasoning_items.ts";
import { collectText, readResponsesReply, type ResponseObject } from "./responses_reply.ts";

/** An event. Servers may omit any member. */
interface AnyEvent {
  type?: string;
  delta?: unknown;
  output_index?: number;
  item?: unknown;
  arguments?: unknown;
  response?: ResponseObject | null;
  error?: object | null;
}

/**
 * Assembles a reply from the events of a stream. With most servers, the last event holds the
 * complete response.
 */
export class ResponsesStreamReader {
  readonly #source: ReplySource;
  #text = "";
  #last: ResponseObject | undefined;
  readonly #billing = new BillingReader();
  readonly #items = new Map<number, Record<string, unknown>>();

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
   * Adds an event and returns its text.
   *
   * @throws {FailedResponseError} If the event reports a failure.
   */
  add(event: AnyEvent | null): string {
    const { type, output_index = 0, item, delta, response } = event ?? {};
    if (response) this.#billing.add(response);
    switch (type) {
      case "response.output_text.delta": {
        const text = typeof delta === "string" ? delta : "";
        this.#text += text;
        return text;
      }
      case "response.output_item.added":
      case "response.output_item.done":
        if (isRecord(item)) this.#items.set(output_index, { ...item });
        break;
      case "response.function_call_arguments.delta": {
        const call = this.#items.get(output_index);
        if (call) call.arguments = `${call.arguments ?? ""}${delta ?? ""}`;
        break;
      }
      case "response.completed":
      case "response.incomplete":
        return this.#end(type, response ?? {});
      case "response.failed":
        throw withBilling(new FailedResponseError(response?.error), event);
      case "error":
        throw withBilling(new FailedResponseError(event?.error ?? event), event);
    }
    return "";
  }

  #end(type: string, response: ResponseObject): string {
    const status = type === "response.incomplete" ? "incomplete" : "completed";
    // Some servers end with an empty list. The items of the earlier events are used instead.
    const output = response.output?.length ? response.output : this.#collectOutput();
    this.#last = { status, ...response, output };
    // Others send no deltas, only the complete response at the end.
    return this.#text === "" ? this.#text = collectText(output, "output_text", "text") : "";
  }

  #collectOutput(): NonNullable<ResponseObject["output"]> {
    const items: unknown[] = [...this.#items].sort(([a], [b]) => a - b).map(([, item]) => item);
    if (items.length === 0 && this.#text !== "") items.push({ type: "message", content: [] });
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
      throw new ProviderError("the stream ended before the reply was complete", {
        code: "truncated",
        retryable: true,
        ...this.billing,
        rates,
        text: this.#text,
      });
    }
    return { ...readResponsesReply(this.#last, rates, this.#source), text: this.#text };
  }
}
