/**
 * Opens enough connections for the requests in flight.
 *
 * Over HTTP/2, `fetch` keeps one connection per origin and client. It silently queues requests
 * above the server's limit of concurrent streams, 100 to 250 with hosted APIs: "1,000 at once" is
 * then about
 * 200. So requests are spread over as many clients as needed.
 */

import { ConnectionGate } from "./connection_gate.ts";
import { createHttpClient, type HttpClient } from "./http_client.ts";

/** A stream of a connection, held until the response has been read completely. */
export interface ConnectionLease extends Disposable {
  /** The client to pass to `fetch`. Absent where the default client is used. */
  readonly client?: HttpClient;
  /** Where to wait before sending. Absent if the connection is open. */
  readonly gate?: ConnectionGate;
}

/** Options of a {@linkcode Transport}. */
export interface TransportOptions {
  /** The maximum number of requests per connection, until `maxConnections` is reached. */
  readonly streamsPerConnection: number;
  /** The maximum number of connections. */
  readonly maxConnections: number;
  /** Certificates to trust besides the default ones, in PEM format. */
  readonly caCerts?: readonly string[];
}

interface Shard {
  readonly client: HttpClient;
  readonly gate: ConnectionGate;
  inFlight: number;
}

const DEFAULT_CLIENT: ConnectionLease = { [Symbol.dispose]() {} };

/** Spreads requests over HTTP clients, which are created on demand. */
export class Transport implements Disposable {
  readonly #url: string;
  readonly #options: TransportOptions;
  readonly #shards: Shard[] = [];
  readonly #isSharded: boolean;
  #isClosed = false;

  /**
   * Creates a transport for requests to a URL. Over plain HTTP it uses the default client, which
   * opens as many connections as needed.
   */
  constructor(url: string, options: TransportOptions) {
    this.#url = url;
    this.#options = options;
    this.#isSharded = new URL(url).protocol === "https:" && createHttpClient !== undefined;
  }

  /** Whether the transport was disposed. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** The number of clients. */
  get size(): number {
    return this.#shards.length;
  }

  /**
   * Leases a stream of the connection with the fewest requests in flight.
   *
   * @throws {TypeError} If the transport was disposed: a new connection would never be closed.
   */
  lease(): ConnectionLease {
    if (this.#isClosed) throw new TypeError("Cannot send a request as the provider was disposed");
    if (!this.#isSharded) return DEFAULT_CLIENT;
    const shard = this.#pickShard();
    shard.inFlight++;
    let held = true;
    return {
      client: shard.client,
      gate: shard.gate.isOpen ? undefined : shard.gate,
      [Symbol.dispose]() {
        if (!held) return;
        held = false;
        if (--shard.inFlight === 0) shard.gate.reset();
      },
    };
  }

  /** Closes all connections. */
  [Symbol.dispose](): void {
    this.#isClosed = true;
    for (const { client, gate } of this.#shards) {
      gate.close();
      client.close();
    }
    this.#shards.length = 0;
  }

  #pickShard(): Shard {
    let best: Shard | undefined;
    for (const shard of this.#shards) {
      if (best === undefined || shard.inFlight < best.inFlight) best = shard;
    }
    const { streamsPerConnection, maxConnections, caCerts } = this.#options;
    const isFull = this.#shards.length >= maxConnections;
    if (best !== undefined && (best.inFlight < streamsPerConnection || isFull)) return best;
    const client = createHttpClient!(caCerts === undefined ? {} : { caCerts: [...caCerts] });
    // Most programs never need a second client. So the requests of the first one do not wait: they
    // are few enough to open a connection each.
    const maxUnblocked = best === undefined ? streamsPerConnection : 1;
    const gate = new ConnectionGate(this.#url, client, maxUnblocked);
    const shard = { client, gate, inFlight: 0 };
    this.#shards.push(shard);
    return shard;
  }
}
