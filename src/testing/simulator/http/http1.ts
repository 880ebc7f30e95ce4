/**
 * An HTTP/1.1 server on a bare TCP connection. It is our own, not a library's, as no library can
 * reset a connection before the headers or send half a body, which is what a simulator is for.
 * Supports bodies with a length and chunked ones, keep-alive, pipelining and `Expect:
 * 100-continue`.
 */
import { Buffer } from "node:buffer";
import {
  byteLength,
  headLength,
  LARGEST_BODY,
  parseHead,
  readChunks,
  type RequestHead,
} from "./http1_parse.ts";
import { type Handler, type HeaderMap, HttpExchange } from "./http_exchange.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The initial read buffer: small, for many idle connections. It grows for a long request. */
const BUFFER_SIZE = 2048;
/** The last bytes of a long response, which are sent separately: see `onSettled`. */
const LAST_BYTES = 4096;
const LARGEST_HEAD = 64 * 1024;

/** Reason phrases: clients ignore them, but people read them. */
const REASONS: Readonly<Record<number, string>> = {
  200: "OK",
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  429: "Too Many Requests",
  500: "Internal Server Error",
  503: "Service Unavailable",
};

/** Serves one connection until it ends. Never rejects. */
export async function serveHttp1(conn: Deno.Conn, handle: Handler): Promise<void> {
  await new Http1Connection(conn, handle).run();
}

class Http1Connection {
  #buffer = new Uint8Array(BUFFER_SIZE);
  #start = 0;
  #end = 0;
  #head: RequestHead | undefined;
  #active: Http1Exchange | undefined;
  #closed = false;

  constructor(readonly conn: Deno.Conn, readonly handle: Handler) {}

  async run(): Promise<void> {
    try {
      for (;;) {
        this.#makeRoom();
        const n = await this.conn.read(this.#buffer.subarray(this.#end));
        if (n === null) break;
        this.#end += n;
        this.#advance();
      }
    } catch {
      // The client broke the connection or sent something other than HTTP.
    }
    this.#active?.disconnected();
    this.close();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    try {
      this.conn.close();
    } catch {
      // It was closed already.
    }
  }

  /** Starts the next request, if it was received already, or closes the connection. */
  next(): void {
    const keepAlive = this.#active?.keepAlive;
    this.#active = undefined;
    if (!keepAlive) return this.close();
    try {
      this.#advance();
    } catch {
      this.close();
    }
  }

  /** Makes room in the buffer. It must not be called while a read is pending. */
  #makeRoom(): void {
    const used = this.#end - this.#start;
    if (used === 0) {
      this.#start = this.#end = 0;
      if (this.#buffer.length > BUFFER_SIZE * 8) this.#buffer = new Uint8Array(BUFFER_SIZE);
      return;
    }
    if (this.#buffer.length - this.#end >= BUFFER_SIZE / 4) return;
    if (used > LARGEST_HEAD + LARGEST_BODY) throw new RangeError("The request is too large");
    const bigger = new Uint8Array(Math.max(this.#head?.total ?? 0, used * 2) + BUFFER_SIZE);
    bigger.set(this.#buffer.subarray(this.#start, this.#end));
    this.#buffer = bigger;
    this.#start = 0;
    this.#end = used;
  }

  /** Starts the next exchange once its request is complete. */
  #advance(): void {
    if (this.#active) return;
    const bytes = this.#buffer.subarray(this.#start, this.#end);
    if (!this.#head) {
      const length = headLength(bytes);
      if (length < 0) {
        if (bytes.length > LARGEST_HEAD) throw new RangeError("The head is too large");
        return;
      }
      this.#head = parseHead(decoder.decode(bytes.subarray(0, length)), length);
      if (this.#head.headers["expect"] === "100-continue") {
        this.conn.write(encoder.encode("HTTP/1.1 100 Continue\r\n\r\n")).catch(() => {});
      }
    }
    const head = this.#head;
    let body: string;
    if (head.chunked) {
      const chunks = readChunks(bytes, head.length);
      if (!chunks) return;
      body = chunks.body;
      this.#start += chunks.end;
    } else {
      if (bytes.length < head.total) return;
      body = decoder.decode(bytes.subarray(head.length, head.total));
      this.#start += head.total;
    }
    this.#head = undefined;
    this.#active = new Http1Exchange(this, head, body);
    this.handle(this.#active);
  }
}

class Http1Exchange extends HttpExchange {
  readonly #connection: Http1Connection;
  #heldHead = "";
  #chunked = false;

  constructor(connection: Http1Connection, request: RequestHead, body: string) {
    super(request.method, request.path, request.headers, body);
    this.#connection = connection;
    this.keepAlive = request.keepAlive;
  }

  writeHead(status: number, headers: HeaderMap, length?: number): void {
    this.#chunked = length === undefined;
    let text = `HTTP/1.1 ${status} ${REASONS[status] ?? "Status"}\r\n`;
    for (const name in headers) text += `${name}: ${headers[name]}\r\n`;
    text += this.#chunked ? "transfer-encoding: chunked\r\n" : `content-length: ${length}\r\n`;
    if (!this.keepAlive) text += "connection: close\r\n";
    this.#heldHead = text + "\r\n";
  }

  async write(data: string | Uint8Array, then: "more" | "end"): Promise<void> {
    if (this.isOver) return;
    const end = then === "end";
    const size = typeof data === "string" ? byteLength(data) : data.length;
    const isChunk = this.#chunked && size > 0;
    const before = `${this.#heldHead}${isChunk ? `${size.toString(16)}\r\n` : ""}`;
    const after = `${isChunk ? "\r\n" : ""}${this.#chunked && end ? "0\r\n\r\n" : ""}`;
    this.#heldHead = "";
    const bytes = typeof data === "string"
      ? encoder.encode(before + data + after)
      : Buffer.concat([encoder.encode(before), data, encoder.encode(after)]);
    await this.#send(bytes, then);
    if (end && !this.isOver) {
      this.isOver = true;
      this.#connection.next();
    }
  }

  async trickle(ms: number): Promise<boolean> {
    const bytes = encoder.encode(this.#heldHead);
    const piece = Math.ceil(bytes.length / 10);
    this.#heldHead = "";
    for (let at = 0; at < bytes.length; at += piece) {
      if (!await this.wait(ms / 10)) return false;
      await this.#send(bytes.subarray(at, at + piece), "more");
    }
    return !this.isOver;
  }

  drop(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.settle();
    this.#connection.close();
  }

  async #send(bytes: Uint8Array, then: "more" | "end"): Promise<void> {
    const end = then === "end";
    try {
      for (let sent = 0; sent < bytes.length && !this.isOver;) {
        const last = end && bytes.length - sent <= LAST_BYTES;
        if (last) this.settle();
        const stop = end && !last ? bytes.length - LAST_BYTES : bytes.length;
        sent += await this.#connection.conn.write(bytes.subarray(sent, stop));
      }
    } catch {
      this.disconnected();
    }
  }
}
