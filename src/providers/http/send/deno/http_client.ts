/** The part of Deno's HTTP clients that is used. Users of other runtimes have no types of Deno. */

/** An HTTP client of Deno, with connections of its own. */
export interface HttpClient {
  /** Closes the connections. Requests in flight finish. */
  close(): void;
}

/** Options of {@linkcode createHttpClient}. */
export interface HttpClientOptions {
  /** Certificates to trust besides the default ones, in PEM format. */
  readonly caCerts?: string[];
}

/** Creates an HTTP client; `undefined` where the runtime has none. */
export const createHttpClient: ((options: HttpClientOptions) => HttpClient) | undefined =
  (globalThis as { Deno?: { createHttpClient?(options: HttpClientOptions): HttpClient } }).Deno
    ?.createHttpClient;
