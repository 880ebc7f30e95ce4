import type { ProviderOptions } from "../../model/provider.ts";
import type { RateReport } from "../../model/rate_report.ts";
import { ratesOf } from "../http/rate_headers.ts";

/** What the headers of an answer said: it holds for the reply as for every error that comes after them. */
export class Heard {
  readonly #onResponse: ProviderOptions["onResponse"];
  /** Where the rate limits stand, if the server says. */
  rates: RateReport | undefined;

  /** Tells `onResponse` when the answer begins. */
  constructor(onResponse: ProviderOptions["onResponse"]) {
    this.#onResponse = onResponse;
  }

  /** The headers are there. */
  begin({ headers, status }: Response): void {
    this.rates = ratesOf(headers, Date.now(), status === 429);
    this.#onResponse?.();
  }
}
