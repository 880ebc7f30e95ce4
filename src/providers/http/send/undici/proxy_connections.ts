import type { ConnectorOptions, Dispatcher, UndiciProxies } from "./undici.ts";
import type { Connections, RequestConnection } from "./connections.ts";

/** The connections to a server through a proxy, unless `NO_PROXY` lists the server. */
export class ProxyConnections implements Connections {
  readonly #connection: RequestConnection;
  readonly #dispatcher: Dispatcher;

  /** Creates the connections, on demand. */
  constructor(
    { EnvHttpProxyAgent, Pool }: UndiciProxies,
    proxy: string,
    trusted: ConnectorOptions,
  ) {
    // If a proxy closes a tunnel, undici would open it again without end, but for another code.
    class TunnelPool extends Pool {
      override connect(options: object): Promise<unknown> {
        return super.connect(options).catch((cause: Error) => {
          throw Object.assign(new Error(`the proxy failed: ${cause.message}`), {
            code: "PROXY_FAILED",
          });
        });
      }
    }
    this.#dispatcher = new EnvHttpProxyAgent({
      clientFactory: (origin, options) => new TunnelPool(origin, options),
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
