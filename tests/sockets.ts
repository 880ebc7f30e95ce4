/** Bare connections of the tests. */
import { connect as open, createServer, type Socket } from "node:net";
import { bindPort } from "../src/testing/simulator/http/bind_port.ts";

/** One side of a connection. */
export class Connection implements Disposable {
  #isOver = false;
  #error: Error | undefined;
  #wake = () => {};

  constructor(readonly socket: Socket) {
    socket.on("readable", () => this.#wake());
    socket.on("end", () => this.#end());
    socket.on("close", () => this.#end());
    // Reads and writes reject; a connection that is only held must not fail.
    socket.on("error", (error) => this.#end(error));
  }

  /**
   * Resolves with the next bytes, or with `undefined` when either side has closed. It is no
   * iterator of the socket: on Deno, the read of one may never end if the socket is destroyed.
   */
  async read(): Promise<Uint8Array | undefined> {
    for (;;) {
      const bytes = this.socket.destroyed ? null : this.socket.read();
      if (bytes !== null) return bytes;
      if (this.#error !== undefined) throw this.#error;
      if (this.#isOver) return undefined;
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  /** Resolves with the next bytes as text, which is empty when the other side has closed. */
  async readText(): Promise<string> {
    return new TextDecoder().decode(await this.read());
  }

  /** Resolves when everything is handed to the system, and rejects if the connection is closed. */
  write(data: string | Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      // Deno does not report a write that is pending when the connection is closed.
      const onClose = () => reject(new Error("the connection is closed"));
      if (this.socket.destroyed) return onClose();
      this.socket.once("close", onClose);
      this.socket.write(data, (error) => {
        this.socket.off("close", onClose);
        error ? reject(error) : resolve();
      });
    });
  }

  /** Resolves when the other side has closed the connection. */
  async untilClosed(): Promise<void> {
    while (await this.read().catch(() => undefined) !== undefined);
  }

  /** Closes the connection in both directions. */
  close(): void {
    this.socket.destroy();
    this.#end();
  }

  #end(error?: Error): void {
    this.#isOver = true;
    this.#error ??= error;
    this.#wake();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** Connects to a port of the loopback. */
export function connect(port: number): Promise<Connection> {
  return new Promise((resolve, reject) => {
    const socket = open({ host: "127.0.0.1", port, noDelay: true });
    socket.once("error", reject);
    socket.once("connect", () => {
      socket.off("error", reject);
      resolve(new Connection(socket));
    });
  });
}

/** A server on bare connections. */
export interface Listening extends AsyncDisposable {
  readonly port: number;
}

/** Starts a server on bare connections, all of which are closed at the end. */
export function listen(handler: (connection: Connection) => unknown): Listening {
  const connections: Connection[] = [];
  const running: unknown[] = [];
  const server = createServer({ noDelay: true }, (socket) => {
    const connection = new Connection(socket);
    connections.push(connection);
    running.push(Promise.resolve(handler(connection)).catch(() => {}));
  });
  const port = bindPort(server, 0);
  return {
    port,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const connection of connections) connection.close();
      await Promise.all([closed, ...running]);
    },
  };
}

/** Returns a port on which nothing listens. */
export async function closedPort(): Promise<number> {
  const { port, [Symbol.asyncDispose]: close } = listen(() => {});
  await close();
  return port;
}
