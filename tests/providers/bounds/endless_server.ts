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
  /** How the body is compressed: to a few kilobytes, which decompress to 128 MiB. */
  readonly encoding?: "gzip" | "br" | "zstd" | "deflate";
}

/** A server that sends without end, as fast as the client reads. */
export interface EndlessServer extends Served {
  /** The number of requests. */
  readonly requests: number;
  /** The number of bytes that it could send, of bodies that are not compressed. */
  readonly sent: number;
  /** The number of connections that clients have closed. */
  readonly closed: number;
}

/** The size of a compressed body before compression, in bytes. */
const BOMB = 134_217_728;

const COMPRESS = {
  gzip: (bytes: Uint8Array) => zlib.gzipSync(bytes, { level: 1 }),
  br: (bytes: Uint8Array) =>
    zlib.brotliCompressSync(bytes, { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 1 } }),
  zstd: (bytes: Uint8Array) => zlib.zstdCompressSync(bytes),
  deflate: (bytes: Uint8Array) => zlib.deflateSync(bytes, { level: 1 }),
};

const bombs = new Map<string, Uint8Array>();

/** Returns a small body that decompresses to a large one. */
function bombOf({ start = "", repeat, encoding }: Endless): Uint8Array {
  const key = `${encoding} ${start} ${repeat}`;
  let bomb = bombs.get(key);
  if (bomb === undefined) {
    const bytes = new Uint8Array(BOMB).fill(repeat.charCodeAt(0));
    bytes.set(new TextEncoder().encode(start));
    bombs.set(key, bomb = COMPRESS[encoding!](bytes));
  }
  return bomb;
}

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
  // The body does not end: the client has to close the connection.
  if (encoding !== undefined) return void response.write(bombOf(what));
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
  pipeline(source, response, () => {});
}

/** The bytes that fit into the buffers of both sides. */
export const BUFFERED = 24_000_000;
