/** Servers of the tests that send without end. */
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import { pipeline, Readable } from "node:stream";
import zlib from "node:zlib";
import { bindPort } from "../../../src/testing/simulator/http/bind_port.ts";
import type { Served } from "../openai/helpers.ts";

/** What a server sends. */
export interface Endless {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** What it sends first. */
  readonly start?: string;
  /** What it sends then, again and again. */
  readonly repeat: string;
  /** How the body is compressed. */
  readonly encoding?: "gzip" | "br" | "zstd" | "deflate";
}

/** A server that sends without end, as fast as the client reads. */
export interface EndlessServer extends Served {
  /** The number of requests. */
  readonly requests: number;
  /** The number of bytes before compression that it could send. */
  readonly sent: number;
  /** The number of connections that clients have closed. */
  readonly closed: number;
}

const COMPRESS = {
  gzip: () => zlib.createGzip({ level: 9 }),
  br: () => zlib.createBrotliCompress({ params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 4 } }),
  zstd: () => zlib.createZstdCompress(),
  deflate: () => zlib.createDeflate(),
};

/** Starts a server that sends each client the same. */
export function endlessServer(what: (request: number) => Endless): EndlessServer {
  let requests = 0;
  let sent = 0;
  let closed = 0;
  const server = createServer((request, response) => {
    const sends = what(++requests);
    const { status = 200, headers, encoding } = sends;
    request.resume();
    response.on("close", () => closed++);
    response.writeHead(status, {
      "content-type": "application/json",
      ...headers,
      ...(encoding !== undefined && { "content-encoding": encoding }),
    });
    send(response, sends, (bytes) => sent += bytes);
  });
  const port = bindPort(server, 0);
  return {
    url: `http://127.0.0.1:${port}/v1`,
    get requests() {
      return requests;
    },
    get sent() {
      return sent;
    },
    get closed() {
      return closed;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

function send(response: ServerResponse, what: Endless, onSent: (bytes: number) => void): void {
  const { start = "", repeat, encoding } = what;
  const part = new TextEncoder().encode(repeat.repeat(Math.ceil(65_536 / repeat.length)));
  function* body() {
    if (start !== "") yield new TextEncoder().encode(start);
    for (;;) {
      onSent(part.length);
      yield part;
    }
  }
  const source = Readable.from(body(), { objectMode: false });
  // The client closes the connection.
  const done = () => {};
  if (encoding === undefined) pipeline(source, response, done);
  else pipeline(source, COMPRESS[encoding](), response, done);
}

/** The bytes that fit into the buffers of both sides. */
export const BUFFERED = 24_000_000;
