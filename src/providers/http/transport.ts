/**
 * Connections enough for what is in flight. Over HTTP/2, `fetch` keeps one connection per origin and client and queues
 * silently above the server's limit of streams, 100 to 250 with hosted APIs: "1,000 at once" is then about 200. So requests
 * are spread over as many clients as are needed.
 */

import { Opening } from "./connection_gate.ts";

/** A share of a connection, held until the answer was read to its end. */
export interface Lease extends Disposable {
  /** What to hand to `fetch`; absent where there is no choice. */
  readonly client?: Deno.HttpClient;
  /** Tells when to send, where the connection may not be there yet. */
  readonly opening?: Opening;
}

/** How a {@linkcode Transport} spreads requests. */
export interface TransportOptions {
  /** How many requests one connection carries at most, as far as `connections` allows. */
  readonly streams: number;
  /** The most connections. */
  readonly connections: number;
  /** Certificates to trust beside the usual ones, in PEM. */
  readonly caCerts?: readonly string[];
}

interface Shard {
  readonly client: Deno.HttpClient;
  readonly opening: Opening;
  inFlight: number;
}

const NO_LEASE: Lease = { [Symbol.dispose]() {} };

/** Spreads requests over HTTP clients, which are made as they are needed. */
export class Transport implements Disposable {
  readonly #url: string;
  readonly #options: TransportOptions;
  readonly #shards: Shard[] = [];
  readonly #spread: boolean;
  #closed = false;

  /** For requests to this URL. Plain HTTP opens as many connections as it needs, so there is nothing to do. */
  constructor(url: string, options: TransportOptions) {
    this.#url = url;
    this.#options = options;
    this.#spread = new URL(url).protocol === "https:" &&
      typeof globalThis.Deno?.createHttpClient === "function";
  }

  /** How many clients there are. */
  get size(): number {
    return this.#shards.length;
  }

  /**
   * A share of the connection that has the most room.
   *
   * @throws {TypeError} If everything was closed: what is opened then would stay open.
   */
  lease(): Lease {
    if (this.#closed) throw new TypeError("Cannot send a request as the provider was disposed");
    if (!this.#spread) return NO_LEASE;
    const shard = this.#roomiest();
    shard.inFlight++;
    let held = true;
    return {
      client: shard.client,
      opening: shard.opening.over ? undefined : shard.opening,
      [Symbol.dispose]() {
        if (!held) return;
        held = false;
        if (--shard.inFlight === 0) shard.opening.leave();
      },
    };
  }

  /** Closes all connections. */
  [Symbol.dispose](): void {
    this.#closed = true;
    for (const { client, opening } of this.#shards) {
      opening.close();
      client.close();
    }
    this.#shards.length = 0;
  }

  #roomiest(): Shard {
    let best: Shard | undefined;
    for (const shard of this.#shards) {
      if (best === undefined || shard.inFlight < best.inFlight) best = shard;
    }
    const { streams, connections, caCerts } = this.#options;
    if (best !== undefined && (best.inFlight < streams || this.#shards.length >= connections)) {
      return best;
    }
    const client = Deno.createHttpClient(caCerts === undefined ? {} : { caCerts: [...caCerts] });
    // Most programs never need a second client. So those of the first all go ahead: few enough to open a connection each.
    const opening = new Opening(this.#url, client, best === undefined ? streams : 1);
    const shard = { client, opening, inFlight: 0 };
    this.#shards.push(shard);
    return shard;
  }
}
