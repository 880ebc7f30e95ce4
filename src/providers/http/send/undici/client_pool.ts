import { LinkedList, type ListItem } from "../../../../async/linked_list.ts";
import type { Client, Connector, ConnectorOptions, Socket, Undici } from "./undici.ts";
import type { Connections, RequestConnection } from "./connections.ts";

/** A client with one connection, which one request uses at a time. */
class PooledClient implements RequestConnection, ListItem<PooledClient> {
  readonly dispatcher: Client;
  previous: PooledClient | undefined;
  next: PooledClient | undefined;
  readonly #pool: ClientPool;
  #socket: Socket | undefined;

  constructor(pool: ClientPool, { Client }: Undici, origin: string, connect: Connector) {
    this.#pool = pool;
    this.dispatcher = new Client(origin, {
      connect: (options, callback) => this.#socket = connect(options, callback),
      // The time limits of calls are Shoal's own, and may be longer.
      headersTimeout: 0,
      bodyTimeout: 0,
      pipelining: 1,
    });
  }

  release(): void {
    this.#pool.release(this);
  }

  abandon(): void {
    this.dispatcher.destroy().catch(() => {});
    this.#socket?.destroy();
  }
}

/**
 * Holds the connections to a server: as many as there are requests in flight. The one that was used
 * last is used first, so that the others can close when fewer are needed.
 */
export class ClientPool implements Connections {
  readonly #undici: Undici;
  readonly #origin: string;
  readonly #connect: Connector;
  readonly #idle = new LinkedList<PooledClient>();
  #isClosed = false;

  /** Creates a pool for the server at an origin. */
  constructor(undici: Undici, origin: string, options: ConnectorOptions) {
    this.#undici = undici;
    this.#origin = origin;
    this.#connect = undici.buildConnector({ ...options, timeout: 0 });
  }

  /** Returns an idle connection, or a new one. */
  acquire(): RequestConnection {
    const idle = this.#idle.last;
    if (idle !== undefined) {
      this.#idle.remove(idle);
      return idle;
    }
    const created = new PooledClient(this, this.#undici, this.#origin, this.#connect);
    // A client without a connection is of no use.
    created.dispatcher.on("disconnect", () => this.#idle.remove(created));
    return created;
  }

  /** Takes back a connection whose response was read to the end. */
  release(client: PooledClient): void {
    if (this.#isClosed) client.abandon();
    else this.#idle.push(client);
  }

  /** Closes the idle connections, and the others when their requests end. */
  close(): void {
    this.#isClosed = true;
    for (let idle; (idle = this.#idle.first) !== undefined;) {
      this.#idle.remove(idle);
      idle.abandon();
    }
  }
}
