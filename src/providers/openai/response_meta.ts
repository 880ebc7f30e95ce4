import type { ProviderOptions } from "../../model/provider.ts";
import type { RateReport } from "../../model/rate_report.ts";
import { readRateHeaders } from "../http/rate_headers.ts";

/**
 * What the headers of a response report. It applies to the reply and to any error after the
 * headers.
 */
export class ResponseMeta {
  readonly #onResponse: ProviderOptions["onResponse"];
  /** The state of the rate limits, if the server reports them. */
  rates: RateReport | undefined;
  /** The headers, when they have arrived. */
  headers: Headers | undefined;

  /** Creates the metadata of a response. `onResponse` is called when its headers arrive. */
  constructor(onResponse: ProviderOptions["onResponse"]) {
    this.#onResponse = onResponse;
  }

  /** Reads the headers of the response. */
  read({ headers, status }: Response): void {
    this.headers = headers;
    this.rates = readRateHeaders(headers, Date.now(), { rejected: status === 429 });
    this.#onResponse?.();
  }
}
