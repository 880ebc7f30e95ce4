import type { Dispatcher } from "./undici.ts";

/** A connection that one request uses at a time. */
export interface RequestConnection {
  /** Sends the request. */
  readonly dispatcher: Dispatcher;
  /** Takes the connection back: its response was read to the end. */
  release(): void;
  /** Closes the connection, also while it is being opened. */
  abandon(): void;
}

/** The connections to one server. */
export interface Connections {
  /** Returns a connection that no other request uses. */
  acquire(): RequestConnection;
  /** Closes the idle connections, and the others when their requests end. */
  close(): void;
}
