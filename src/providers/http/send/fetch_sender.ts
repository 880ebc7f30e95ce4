import { FetchResponse } from "./fetch_response.ts";
import { disposedError } from "./disposed_error.ts";
import type { HttpRequest, HttpResponse, HttpSender } from "./http_sender.ts";

/** Returns the options of `fetch` for a request. */
export function fetchOptions({ headers, body, signal }: HttpRequest): RequestInit {
  // The prompt and the key are for this server only.
  return { method: "POST", headers, body, signal, redirect: "manual" };
}

/** Sends requests with a `fetch` that manages its connections itself. */
export class FetchSender implements HttpSender {
  readonly #fetch: typeof fetch | undefined;
  #isDisposed = false;

  /** Creates a sender. Without a `fetch` of its own it uses the global one. */
  constructor(send?: typeof fetch) {
    this.#fetch = send;
  }

  async send(request: HttpRequest): Promise<HttpResponse> {
    if (this.#isDisposed) throw disposedError();
    const send = this.#fetch ?? fetch;
    return new FetchResponse(await send(request.url, fetchOptions(request)));
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true;
    return Promise.resolve();
  }
}
