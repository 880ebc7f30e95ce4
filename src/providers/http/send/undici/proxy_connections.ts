import type { ConnectorOptions, Dispatcher, ProxyOptions } from "./undici.ts";
import type { Connections, RequestConnection } from "./connections.ts";

/** The connections to a server through a proxy, unless `NO_PROXY` lists the server. */
export class ProxyConnections implements Connections {
  readonly #connection: RequestConnection;
  readonly #dispatcher: Dispatcher;

  /** Creates the connections, on demand. */
  constructor(
    Agent: new (options: ProxyOptions) => Dispatcher,
    proxy: string,
    trusted: ConnectorOptions,
  ) {
    this.#dispatcher = new Agent({
      httpProxy: proxy,
      httpsProxy: proxy,
      // A proxy may allow CONNECT only for servers with TLS.
      proxyTunnel: false,
      connect: trusted,
      requestTls: trusted,
      proxyTls: trusted,
    });
    // The agent manages the connections. An aborted request closes its own.
    this.#connection = { dispatcher: this.#dispatcher, release() {}, abandon() {} };
  }

  acquire(): RequestConnection {
    return this.#connection;
  }

  close(): void {
    this.#dispatcher.close().catch(() => {});
  }
}
