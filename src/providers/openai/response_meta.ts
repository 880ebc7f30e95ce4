import { isRecord } from "../../model/check_options.ts";
import type { ModelReply } from "../../model/message.ts";
import type { ProviderOptions } from "../../model/provider.ts";
import type { RateReport } from "../../model/rate_report.ts";
import type { RejectedRequest, ResponseInfo } from "../../model/response_info.ts";
import type { HeaderReader } from "../http/header_reader.ts";
import { readRateHeaders } from "../http/rate_headers.ts";
import { readRequestId } from "../http/request_id.ts";
import type { HttpResponse } from "../http/send/http_sender.ts";

/**
 * What the headers of a response report. It applies to the reply and to any error after the
 * headers.
 */
export class ResponseMeta {
  readonly #onResponse: ProviderOptions["onResponse"];
  #rejections: RejectedRequest[] | undefined;
  /** The state of the rate limits, if the server reports them. */
  rates: RateReport | undefined;
  /** The headers, when they have arrived. */
  headers: HeaderReader | undefined;

  /** Creates the metadata of a response. `onResponse` is called when its headers arrive. */
  constructor(onResponse: ProviderOptions["onResponse"]) {
    this.#onResponse = onResponse;
  }

  /** Reads the headers of the response. */
  read({ headers, status }: HttpResponse): void {
    this.headers = headers;
    this.rates = readRateHeaders(headers, Date.now(), { rejected: status === 429 });
    this.#onResponse?.();
  }

  /** Adds a request that the server rejected before it is sent in another form. */
  addRejection(rejection: RejectedRequest): void {
    (this.#rejections ??= []).push(rejection);
  }

  /** The requests that the server rejected before, if there are any. */
  get rejections(): readonly RejectedRequest[] | undefined {
    return this.#rejections;
  }

  /**
   * Returns the reply with what was received with it.
   *
   * @param raw The raw answer, if it is kept.
   * @param answer The response, or an event of the stream, that has the id and the model.
   */
  complete(reply: ModelReply, raw: unknown, answer: unknown = raw): ModelReply {
    const rejections = this.#rejections;
    const response = raw === undefined ? undefined : this.#describe(raw, answer);
    if (rejections === undefined && response === undefined) return reply;
    return { ...reply, ...(response && { response }), ...(rejections && { rejections }) };
  }

  #describe(raw: unknown, answer: unknown): ResponseInfo {
    const { id, model } = isRecord(answer) ? answer : {};
    const requestId = this.headers && readRequestId(this.headers);
    return {
      ...(isText(id) && { id }),
      ...(isText(model) && { model }),
      ...(requestId !== undefined && { requestId }),
      raw,
    };
  }
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}
