/** Accepts connections and serves each by its protocol. */
import type { Handler, HttpExchange } from "./http_exchange.ts";
import { serveHttp1 } from "./http1.ts";
import { serveHttp2 } from "./http2.ts";

/** How long to wait after a failed accept, in milliseconds. */
const RETRY_DELAY = 20;

/** What answers the requests of a {@linkcode Listener}. */
export interface ExchangeHandler {
  /** Counts of connections, which the listener keeps. */
  readonly stats: {
    /** The number of connections with a request. */
    connections: number;
    /** The maximum number of streams open at once on a connection. */
    peakStreams: number;
  };
  /** Handles a request; resolves when the response has ended. Never rejects. */
  handle(exchange: HttpExchange): Promise<void>;
}

/** The listening socket and its connections. */
export class Listener {
  readonly port: number;
  readonly #listener: Deno.Listener;
  readonly #open = new Set<Deno.Conn>();
  /** Connections that wait for their next request. */
  readonly #idle = new Set<Deno.Conn>();
  /** The running work: a promise for each connection and each request. */
  readonly #running = new Set<Promise<void>>();
  #closing: Promise<void> | undefined;
  #endPause: (() => void) | undefined;

  constructor(
    readonly handler: ExchangeHandler,
    port: number,
    tls: { readonly cert: string; readonly key: string } | undefined,
    readonly maxStreams: number,
  ) {
    const address = { hostname: "127.0.0.1", port };
    this.#listener = tls
      ? Deno.listenTls({ ...address, ...tls, alpnProtocols: ["h2", "http/1.1"] })
      : Deno.listen(address);
    this.port = (this.#listener.addr as Deno.NetAddr).port;
    this.#track(this.#accept());
  }

  /** Closes the connections that wait for their next request. */
  closeIdle(): void {
    for (const conn of this.#idle) closeQuietly(conn);
  }

  /** Closes every connection and resolves when nothing is left running. */
  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  async #close(): Promise<void> {
    this.#listener.close();
    this.#endPause?.();
    for (const conn of this.#open) closeQuietly(conn);
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  async #accept(): Promise<void> {
    while (!this.#closing) {
      try {
        const conn = await this.#listener.accept();
        if (this.#closing) return closeQuietly(conn);
        this.#open.add(conn);
        this.#track(this.#serve(conn));
      } catch {
        // File descriptors are exhausted, or the client gave up: later connections may succeed.
        if (!this.#closing) await this.#pause();
      }
    }
  }

  async #serve(conn: Deno.Conn): Promise<void> {
    // A client may open connections that it never uses: those are not counted.
    let used = false, multiplexed = false;
    const handle: Handler = (exchange) => {
      if (!used) this.handler.stats.connections++;
      used = true;
      this.#idle.delete(conn);
      return this.#track(this.handler.handle(exchange)).then(() => {
        if (!multiplexed && this.#open.has(conn)) this.#idle.add(conn);
      });
    };
    try {
      const protocol = "handshake" in conn
        ? (await (conn as Deno.TlsConn).handshake()).alpnProtocol
        : null;
      if (protocol === "h2") {
        multiplexed = true;
        await serveHttp2(conn, handle, this.maxStreams, (open) => {
          const { stats } = this.handler;
          stats.peakStreams = Math.max(stats.peakStreams, open);
        });
      } else await serveHttp1(conn, handle);
    } catch {
      // The handshake failed: the client disconnected, or does not trust the certificate.
      closeQuietly(conn);
    } finally {
      this.#open.delete(conn);
      this.#idle.delete(conn);
    }
  }

  #track(running: Promise<void>): Promise<void> {
    this.#running.add(running);
    return running.finally(() => this.#running.delete(running));
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, RETRY_DELAY);
      this.#endPause = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

function closeQuietly(conn: Deno.Conn): void {
  try {
    conn.close();
  } catch {
    // It was closed already.
  }
}
