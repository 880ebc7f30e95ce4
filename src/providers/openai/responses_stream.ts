import { isRecord } from "../../model/check_options.ts";
import { ProviderError } from "../../model/errors.ts";
import type { ModelReply } from "../../model/message.ts";
import type { RateReport } from "../../model/rate_report.ts";
import { FailedResponseError } from "./provider_error.ts";
import type { ReasoningItems } from "./reasoning_items.ts";
import {
  collectText,
  readResponsesReply,
  readResponsesUsage,
  type ResponseObject,
} from "./responses_reply.ts";

/** An event; servers leave out what they like. */
interface AnyEvent {
  type?: string;
  delta?: unknown;
  output_index?: number;
  item?: unknown;
  arguments?: unknown;
  response?: ResponseObject | null;
  error?: object | null;
}

/** Puts the events of a streamed answer together. The last one holds the whole answer, at least with most servers. */
export class ResponsesStreamReader {
  readonly #where: Omit<ReasoningItems, "items">;
  #text = "";
  #last: ResponseObject | undefined;
  readonly #items = new Map<number, Record<string, unknown>>();

  /** Of an answer that comes from there. */
  constructor(where: Omit<ReasoningItems, "items">) {
    this.#where = where;
  }

  /** Was the last event there? */
  get ended(): boolean {
    return this.#last !== undefined;
  }

  /**
   * Takes an event; gives its text.
   *
   * @throws {FailedResponseError} If it says that the answer failed.
   */
  add(event: AnyEvent | null): string {
    const { type, output_index = 0, item, delta, response } = event ?? {};
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
        throw new FailedResponseError(response?.error, readResponsesUsage(response?.usage));
      case "error":
        throw new FailedResponseError(event?.error ?? event, undefined);
    }
    return "";
  }

  #end(type: string, response: ResponseObject): string {
    const status = type === "response.incomplete" ? "incomplete" : "completed";
    // Some servers end with an empty list: then the items count as they came one by one.
    const output = response.output?.length ? response.output : this.#output();
    this.#last = { status, ...response, output };
    // Others have no pieces, only the whole at the end.
    return this.#text === "" ? this.#text = collectText(output, "output_text", "text") : "";
  }

  #output(): NonNullable<ResponseObject["output"]> {
    const items: unknown[] = [...this.#items].sort(([a], [b]) => a - b).map(([, item]) => item);
    if (items.length === 0 && this.#text !== "") items.push({ type: "message", content: [] });
    return items as NonNullable<ResponseObject["output"]>;
  }

  /**
   * The whole.
   *
   * @param rates What the server said of its limits.
   * @throws {ProviderError} If the stream ended before the answer did.
   */
  reply(rates: RateReport | undefined): ModelReply {
    if (this.#last === undefined) {
      throw new ProviderError("the stream ended before the answer did", {
        code: "truncated",
        retryable: true,
        rates,
        text: this.#text,
      });
    }
    return { ...readResponsesReply(this.#last, rates, this.#where), text: this.#text };
  }
}
