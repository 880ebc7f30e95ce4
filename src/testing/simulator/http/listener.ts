/** Accepts connections and serves each by its protocol. */
import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type TLSSocket } from "node:tls";
import { bindPort } from "./bind_port.ts";
import { ClientConnection } from "./client_connection.ts";
import type { Handler, HttpExchange } from "./http_exchange.ts";
import { Http1Connection } from "./http1.ts";
import { Http2Connection } from "./http2.ts";

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
  readonly #server: Server;
  /** The open sockets. With TLS there are two for each connection. */
  readonly #open = new Set<Socket>();
  /** Connections that wait for their next request. */
  readonly #idle = new Set<ClientConnection>();
  /** The requests in progress. */
  readonly #running = new Set<Promise<void>>();
  #closing: Promise<void> | undefined;

  constructor(
    readonly handler: ExchangeHandler,
    port: number,
    tls: { readonly cert: string; readonly key: string } | undefined,
    readonly maxStreams: number,
  ) {
    this.#server = tls
      ? createTlsServer({ ...tls, ALPNProtocols: ["h2", "http/1.1"], noDelay: true })
      : createServer({ noDelay: true });
    this.port = bindPort(this.#server, port);
    this.#server.on("connection", (socket) => this.#hold(socket));
    this.#server.on(tls ? "secureConnection" : "connection", (socket) => this.#serve(socket));
    // The client disconnected, or does not trust the certificate.
    this.#server.on("tlsClientError", (_error: Error, socket: Socket) => socket.destroy());
  }

  /** Closes the connections that wait for their next request. */
  closeIdle(): void {
    for (const connection of this.#idle) connection.close();
  }

  /** Closes every connection and resolves when nothing is left running. */
  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  async #close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#open) socket.destroy();
    await closed;
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  /** Keeps a socket until it has closed. */
  #hold(socket: Socket): void {
    if (this.#open.has(socket)) return;
    this.#open.add(socket);
    socket.on("close", () => this.#open.delete(socket));
    // The event "close" follows.
    socket.on("error", () => {});
    if (this.#closing) socket.destroy();
  }

  #serve(socket: Socket): void {
    // With TLS it is not the socket that was accepted.
    this.#hold(socket);
    const connection = new ClientConnection(socket);
    socket.on("close", () => this.#idle.delete(connection));
    const isHttp2 = (socket as TLSSocket).alpnProtocol === "h2";
    // A client may open connections that it never uses: those are not counted.
    let isUsed = false;
    const handle: Handler = (exchange) => {
      if (!isUsed) this.handler.stats.connections++;
      isUsed = true;
      this.#idle.delete(connection);
      return this.#track(this.handler.handle(exchange)).then(() => {
        if (!isHttp2 && this.#open.has(socket)) this.#idle.add(connection);
      });
    };
    connection.run(
      isHttp2
        ? new Http2Connection(connection, handle, this.maxStreams, (open) => {
          const { stats } = this.handler;
          stats.peakStreams = Math.max(stats.peakStreams, open);
        })
        : new Http1Connection(connection, handle),
    );
  }

  #track(running: Promise<void>): Promise<void> {
    this.#running.add(running);
    return running.finally(() => this.#running.delete(running));
  }
}
