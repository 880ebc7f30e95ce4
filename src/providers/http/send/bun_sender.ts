import { ConnectionError } from "./connection_error.ts";
import { disposedError } from "./disposed_error.ts";
import { FetchResponse } from "./fetch_response.ts";
import { fetchOptions } from "./fetch_sender.ts";
import type { HttpRequest, HttpResponse, HttpSender, SenderOptions } from "./http_sender.ts";

/** Sends requests with Bun's `fetch`. */
export class BunSender implements HttpSender {
  readonly #options: object;
  #isDisposed = false;

  /** Creates a sender. */
  constructor({ caCerts }: SenderOptions) {
    this.#options = {
      // The time limits of calls are Shoal's own, and may be longer than Bun's 5 minutes.
      timeout: false,
      ...(caCerts !== undefined && caCerts.length > 0 && { tls: { ca: caCerts } }),
    };
  }

  async send(request: HttpRequest): Promise<HttpResponse> {
    if (this.#isDisposed) throw disposedError();
    try {
      const options = { ...fetchOptions(request), ...this.#options };
      return new FetchResponse(await fetch(request.url, options), { toError });
    } catch (thrown) {
      throw toError(thrown);
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true;
    return Promise.resolve();
  }
}

function toError(thrown: unknown): ConnectionError {
  return new ConnectionError(thrown);
}
