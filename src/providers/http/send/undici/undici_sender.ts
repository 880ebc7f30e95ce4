import { disposedError } from "../disposed_error.ts";
import type { HttpRequest, HttpResponse, HttpSender, SenderOptions } from "../http_sender.ts";
import { proxyOf } from "../proxy_of.ts";
import { ClientPool } from "./client_pool.ts";
import type { Connections } from "./connections.ts";
import { Exchange } from "./exchange.ts";
import { ProxyConnections } from "./proxy_connections.ts";
import { trustCertificates } from "./trusted_certificates.ts";
import {
  type ConnectorOptions,
  type DispatchOptions,
  importProxies,
  importUndici,
} from "./undici.ts";

/** Sends requests with undici, below its `request`: without streams, and with few promises. */
export class UndiciSender implements HttpSender {
  readonly #origin: string;
  readonly #connections: Connections;
  #isDisposed = false;
  #path: { readonly url: string; readonly path: string } | undefined;

  /** Creates a sender for the server at an origin. */
  constructor(origin: string, connections: Connections) {
    this.#origin = origin;
    this.#connections = connections;
  }

  send({ url, headers, body, signal }: HttpRequest): Promise<HttpResponse> {
    return new Promise((resolve, reject) => {
      if (this.#isDisposed) return reject(disposedError());
      if (signal.aborted) return reject(signal.reason);
      const connection = this.#connections.acquire();
      const exchange = new Exchange(signal, { resolve, reject }, connection);
      const options: DispatchOptions = {
        origin: this.#origin,
        path: this.#pathOf(url),
        method: "POST",
        // Decompressing costs more than a request, and as much memory as thousands of streams
        // need. Answers are short.
        headers: { "accept-encoding": "identity", ...headers },
        body,
        headersTimeout: 0,
        bodyTimeout: 0,
      };
      connection.dispatcher.dispatch(options, exchange);
    });
  }

  /** All requests of a provider have the same URL. */
  #pathOf(url: string): string {
    if (this.#path?.url !== url) {
      const { pathname, search } = new URL(url);
      this.#path = { url, path: pathname + search };
    }
    return this.#path.path;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true;
    this.#connections.close();
    return Promise.resolve();
  }
}

/** Loads undici. Rejects if it cannot be loaded. */
export async function loadUndici(): Promise<(options: SenderOptions) => Promise<UndiciSender>> {
  const undici = await importUndici();
  return async ({ baseURL, caCerts }) => {
    const { origin, protocol } = new URL(baseURL);
    const trusted: ConnectorOptions = protocol === "https:" ? trustCertificates(caCerts) : {};
    const proxy = proxyOf(protocol);
    const connections = proxy === undefined
      ? new ClientPool(undici, origin, trusted)
      : new ProxyConnections(await importProxies(), proxy, trusted);
    return new UndiciSender(origin, connections);
  };
}
