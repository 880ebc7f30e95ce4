/** Servers for the clients of other runtimes. */
import type { Connection } from "../../sockets.ts";
import { completion, listen, type Served } from "../openai/helpers.ts";

/** The complete response with an answer. */
export const answer = (content = "a"): string =>
  JSON.stringify(completion({ message: { content }, finish_reason: "stop" }));

/** A request that has arrived on a bare connection. */
export interface RawRequest {
  /** The first line and the headers. */
  readonly head: string;
  /** The number of the request on all connections, from 1. */
  readonly number: number;
  /** The number of the request on its connection, from 1. */
  readonly onConnection: number;
}

/** A server on bare connections that records what arrives. */
export interface RawServer extends Served {
  readonly port: number;
  readonly requests: readonly RawRequest[];
  /** The number of connections that the client has closed. */
  readonly closed: number;
}

/**
 * Starts a server that reads whole requests.
 *
 * @param respond Answers a request, or does not. The connection stays open unless it returns
 * `"close"`.
 */
export function rawServer(
  respond: (conn: Connection, request: RawRequest) => Promise<"close" | void>,
): RawServer {
  const requests: RawRequest[] = [];
  let closed = 0;
  const server = listen(async (conn) => {
    const decoder = new TextDecoder("latin1");
    let text = "";
    let onConnection = 0;
    for (;;) {
      const bytes = await conn.read().catch(() => undefined);
      if (bytes === undefined) {
        closed++;
        return conn.close();
      }
      text += decoder.decode(bytes);
      const end = text.indexOf("\r\n\r\n");
      if (end < 0) continue;
      const head = text.slice(0, end);
      const size = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
      if (text.length < end + 4 + size) continue;
      text = text.slice(end + 4 + size);
      const request = { head, number: requests.length + 1, onConnection: ++onConnection };
      requests.push(request);
      if (await respond(conn, request) === "close") return conn.close();
    }
  });
  return {
    url: server.url,
    port: server.port,
    requests,
    get closed() {
      return closed;
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** Writes a complete response. */
export async function write(
  conn: Connection,
  body: string | Uint8Array,
  { status = "200 OK", headers = {}, length }: {
    readonly status?: string;
    readonly headers?: Readonly<Record<string, string>>;
    /** The announced length, if it differs from the body's. */
    readonly length?: number;
  } = {},
): Promise<void> {
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
  const all = {
    "content-type": "application/json",
    "content-length": `${length ?? bytes.length}`,
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`).join("");
  const head = new TextEncoder().encode(`HTTP/1.1 ${status}\r\n${lines}\r\n`);
  await conn.write(new Uint8Array([...head, ...bytes]));
}
