/** A connection to a client: a socket whose writes wait for slow readers. */
import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";

/** What handles the bytes of a connection: HTTP/1.1 or HTTP/2. */
export interface ProtocolHandler {
  /**
   * Handles bytes that arrived.
   *
   * @throws If they break the protocol: the connection is closed then.
   */
  receive(bytes: Uint8Array<ArrayBuffer>): void;
  /** Called once, when the connection has closed, by whichever side. */
  disconnected(): void;
}

/** A connection to a client. */
export class ClientConnection {
  readonly #socket: Socket;
  #waiting: (() => void)[] = [];

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("drain", () => this.#wakeWriters());
  }

  /** Passes the bytes to a handler until the connection has closed. */
  run(handler: ProtocolHandler): void {
    const socket = this.#socket;
    socket.on("data", (bytes: Uint8Array<ArrayBuffer>) => {
      try {
        handler.receive(bytes);
      } catch {
        // The client sent something other than HTTP.
        this.close();
      }
    });
    // A client that ends its side has gone.
    socket.on("end", () => this.close());
    socket.on("close", () => {
      this.#wakeWriters();
      handler.disconnected();
    });
  }

  /** Writes bytes. Returns a promise if the client reads more slowly than that. */
  write(bytes: Uint8Array): Promise<void> | undefined {
    if (this.#socket.destroyed || this.#socket.write(bytes)) return undefined;
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Closes the connection after everything that was written. */
  end(): void {
    this.#socket.destroySoon();
  }

  /** Closes the connection at once. */
  close(): void {
    this.#socket.destroy();
  }

  /** Resets the connection. With TLS it closes without the alert that announces the end. */
  reset(): void {
    if (this.#socket instanceof TLSSocket) this.#socket.destroy();
    else this.#socket.resetAndDestroy();
  }

  #wakeWriters(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }
}
