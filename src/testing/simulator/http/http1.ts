/**
 * An HTTP/1.1 server on a bare TCP connection. It is our own, not a library's, as no library can
 * reset a connection before the headers or send half a body, which is what a simulator is for.
 * Supports bodies with a length and chunked ones, keep-alive, pipelining and `Expect:
 * 100-continue`.
 */
import { Buffer } from "node:buffer";
import type { ClientConnection, ProtocolHandler } from "./client_connection.ts";
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

const EMPTY = new Uint8Array();
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

/** Serves one connection until it ends. */
export class Http1Connection implements ProtocolHandler {
  /** Bytes of a request that is incomplete, or waits for its turn: empty while idle. */
  #buffer: Uint8Array<ArrayBuffer> = EMPTY;
  #start = 0;
  #end = 0;
  #head: RequestHead | undefined;
  #active: Http1Exchange | undefined;

  constructor(readonly connection: ClientConnection, readonly handle: Handler) {}

  receive(bytes: Uint8Array<ArrayBuffer>): void {
    this.#append(bytes);
    this.#advance();
    // What is left is copied: the bytes belong to the socket.
    if (this.#buffer === bytes) {
      this.#buffer = this.#buffer.slice(this.#start, this.#end);
      this.#end -= this.#start;
      this.#start = 0;
    }
  }

  disconnected(): void {
    this.#buffer = EMPTY;
    this.#active?.disconnected();
  }

  /** Starts the next request, if it was received already, or closes the connection. */
  next(): void {
    const keepAlive = this.#active?.keepAlive;
    this.#active = undefined;
    if (!keepAlive) return this.connection.end();
    try {
      this.#advance();
    } catch {
      this.connection.close();
    }
  }

  /** Adds bytes to the buffer. Where it is empty, they are the buffer, without a copy. */
  #append(bytes: Uint8Array<ArrayBuffer>): void {
    const used = this.#end - this.#start;
    if (used === 0) {
      this.#buffer = bytes;
      this.#start = 0;
      this.#end = bytes.length;
      return;
    }
    const size = used + bytes.length;
    if (size > LARGEST_HEAD + LARGEST_BODY) throw new RangeError("The request is too large");
    if (this.#buffer.length - this.#end < bytes.length) {
      const bigger = new Uint8Array(Math.max(this.#head?.total ?? 0, size * 2));
      bigger.set(this.#buffer.subarray(this.#start, this.#end));
      this.#buffer = bigger;
      this.#start = 0;
      this.#end = used;
    }
    this.#buffer.set(bytes, this.#end);
    this.#end += bytes.length;
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
        this.connection.write(encoder.encode("HTTP/1.1 100 Continue\r\n\r\n"));
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
    if (this.#start === this.#end) this.#buffer = EMPTY;
    this.#active = new Http1Exchange(this, head, body);
    this.handle(this.#active);
  }
}

class Http1Exchange extends HttpExchange {
  readonly #server: Http1Connection;
  #hasSent = false;
  #heldHead = "";
  #chunked = false;

  constructor(server: Http1Connection, request: RequestHead, body: string) {
    super(request.method, request.path, request.headers, body);
    this.#server = server;
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
      this.#server.next();
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
    const { connection } = this.#server;
    if (this.#hasSent) connection.end();
    else connection.reset();
  }

  async #send(bytes: Uint8Array, then: "more" | "end"): Promise<void> {
    const end = then === "end";
    for (let sent = 0; sent < bytes.length && !this.isOver;) {
      const last = end && bytes.length - sent <= LAST_BYTES;
      if (last) this.settle();
      const stop = end && !last ? bytes.length - LAST_BYTES : bytes.length;
      this.#hasSent = true;
      const draining = this.#server.connection.write(bytes.subarray(sent, stop));
      if (draining) await draining;
      sent = stop;
    }
  }
}
