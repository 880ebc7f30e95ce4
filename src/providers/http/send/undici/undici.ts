/** The parts of undici that are used, and their types. */

/** Options of a client. Times are in milliseconds; 0 means no limit. */
export interface ClientOptions {
  readonly connect: Connector;
  readonly headersTimeout: number;
  readonly bodyTimeout: number;
  readonly pipelining: number;
}

/** A socket that is being connected. */
export interface Socket {
  /** Closes it at once. */
  destroy(): unknown;
}

/** Opens a connection, and calls back when it is open or has failed. */
export type Connector = (
  options: object,
  callback: (error: Error | null, socket: Socket | null) => void,
) => Socket;

/** What {@linkcode Dispatcher.dispatch} sends. */
export interface DispatchOptions {
  readonly origin?: string;
  readonly path: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly headersTimeout?: number;
  readonly bodyTimeout?: number;
}

/** Controls a request that is being sent. */
export interface Controller {
  pause(): void;
  resume(): void;
  /** Closes the connection. */
  abort(reason: Error): void;
}

/** The headers of a response, by their names in lower case. */
export type RawHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** Receives a response. */
export interface DispatchHandler {
  onRequestStart(controller: Controller): void;
  onResponseStart(controller: Controller, status: number, headers: RawHeaders): void;
  onResponseData(controller: Controller, chunk: Uint8Array): void;
  onResponseEnd(): void;
  /** Called instead of {@linkcode onResponseEnd}, also if no connection could be opened. */
  onResponseError(controller: Controller | undefined, error: Error): void;
}

/** Sends requests. */
export interface Dispatcher {
  dispatch(options: DispatchOptions, handler: DispatchHandler): boolean;
  /** Closes the connections at once. */
  destroy(): Promise<void>;
  /** Closes the connections when the requests have ended. */
  close(): Promise<void>;
}

/** One connection, which is opened again after it was closed. */
export interface Client extends Dispatcher {
  on(event: "disconnect", listener: () => void): void;
}

/** Options of a connector. */
export interface ConnectorOptions {
  /** The time limit for a connection, in milliseconds; 0 means none. */
  readonly timeout?: number;
  /** The certificates to trust, in PEM format. */
  readonly ca?: readonly string[];
  /** The same, prepared once for all connections. */
  readonly secureContext?: unknown;
}

/** The parts of undici. */
export interface Undici {
  /** The class of clients. */
  readonly Client: new (origin: string, options: ClientOptions) => Client;
  /** Returns a function that opens connections. */
  readonly buildConnector: (options: ConnectorOptions) => Connector;
}

/**
 * Imports the two modules of undici that send requests: the whole package takes longer to load than
 * a first call. Rejects where they cannot be loaded, as in a bundle without `require`.
 */
export async function importUndici(): Promise<Undici> {
  const [client, connect] = await Promise.all([
    import("undici/lib/dispatcher/client.js"),
    import("undici/lib/core/connect.js"),
  ]);
  return {
    Client: (client as { default: unknown }).default as Undici["Client"],
    buildConnector: (connect as { default: unknown }).default as Undici["buildConnector"],
  };
}

/** A pool of connections to a proxy. */
export interface ProxyPool extends Dispatcher {
  /** Opens a tunnel. */
  connect(options: object): Promise<unknown>;
}

/** Options of a dispatcher that uses a proxy. */
export interface ProxyOptions {
  /** Creates the pool of connections to the proxy. */
  readonly clientFactory: (origin: string, options: object) => ProxyPool;
  readonly httpProxy: string;
  readonly httpsProxy: string;
  /** Whether servers without TLS are reached by CONNECT, too. */
  readonly proxyTunnel: boolean;
  readonly connect: ConnectorOptions;
  readonly requestTls: ConnectorOptions;
  readonly proxyTls: ConnectorOptions;
}

/** The parts of undici for proxies. */
export interface UndiciProxies {
  /** A dispatcher that uses a proxy, except for the hosts in `NO_PROXY`. */
  readonly EnvHttpProxyAgent: new (options: ProxyOptions) => Dispatcher;
  /** The pools of connections to a proxy. */
  readonly Pool: new (origin: string, options: object) => ProxyPool;
}

/**
 * Imports the parts for proxies: they need methods that the whole package adds to its classes. For
 * the name of the package alone, Bun has a package of its own, whose classes send nothing.
 */
export async function importProxies(): Promise<UndiciProxies> {
  const { EnvHttpProxyAgent, Pool } = await import("undici/index.js");
  return { EnvHttpProxyAgent, Pool } as unknown as UndiciProxies;
}
