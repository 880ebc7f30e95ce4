import { type ConnectionLease, Transport } from "./transport.ts";
import { certificateError } from "../certificate_error.ts";
import { FetchResponse } from "../fetch_response.ts";
import { fetchOptions } from "../fetch_sender.ts";
import { disposedError } from "../disposed_error.ts";
import type { HttpRequest, HttpResponse, HttpSender, SenderOptions } from "../http_sender.ts";

/**
 * The number of requests per connection before another is opened: the lowest stream limit known of
 * hosted APIs.
 */
const STREAMS_PER_CONNECTION = 100;

/** Sends requests with Deno's `fetch`, over as many HTTP/2 connections as are needed. */
export class DenoSender implements HttpSender {
  readonly #transport: Transport;

  /** Creates a sender. Connections are opened on demand. */
  constructor({ baseURL, connections, caCerts }: SenderOptions) {
    this.#transport = new Transport(baseURL, {
      streamsPerConnection: STREAMS_PER_CONNECTION,
      maxConnections: connections,
      caCerts,
    });
  }

  async send(request: HttpRequest): Promise<HttpResponse> {
    if (this.#transport.isClosed) throw disposedError();
    const lease = this.#lease();
    try {
      await lease.gate?.wait(request.signal);
      const options = { ...fetchOptions(request), client: lease.client } as RequestInit;
      const response = await fetch(request.url, options);
      lease.gate?.open();
      return new FetchResponse(response, { onEnd: () => lease[Symbol.dispose]() });
    } catch (thrown) {
      lease[Symbol.dispose]();
      throw thrown;
    }
  }

  #lease(): ConnectionLease {
    try {
      return this.#transport.lease();
    } catch (cause) {
      throw certificateError(cause);
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#transport[Symbol.dispose]();
    return Promise.resolve();
  }
}
