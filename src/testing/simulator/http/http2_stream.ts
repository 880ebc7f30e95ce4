/** A stream of HTTP/2: a request, and its response within the flow-control windows. */
import { type HeaderMap, HttpExchange } from "./http_exchange.ts";
import { packHeaders } from "./hpack.ts";
import {
  END_HEADERS,
  END_STREAM,
  frame,
  INTERNAL_ERROR,
  join,
  LARGEST_FRAME,
  Type,
  uint32,
} from "./http2_frame.ts";

const encoder = new TextEncoder();

/** The connection of a stream. */
export interface Http2Link {
  /** The flow-control window of the connection. */
  window: number;
  /** The initial flow-control window of a stream. */
  readonly streamWindow: number;
  /** Resolves when a flow-control window may have opened. */
  windowOpened(): Promise<void>;
  /** Sends a frame. */
  send(bytes: Uint8Array): Promise<void>;
  /** Removes a stream that has ended. */
  forget(id: number): void;
}

/** The exchange on one stream. */
export class Http2Exchange extends HttpExchange {
  /** The flow-control window of this stream. */
  window: number;
  #pieces: Uint8Array[] = [];
  #heldHead: Uint8Array | undefined;

  constructor(
    readonly connection: Http2Link,
    readonly id: number,
    headers: Record<string, string>,
  ) {
    super(headers[":method"] ?? "", (headers[":path"] ?? "").replace(/[?#].*$/, ""), headers, "");
    if (headers[":authority"] !== undefined) headers.host ??= headers[":authority"];
    this.window = connection.streamWindow;
  }

  data(bytes: Uint8Array): void {
    this.#pieces.push(bytes);
  }

  complete(): void {
    this.body = new TextDecoder().decode(join(this.#pieces));
    this.#pieces = [];
  }

  writeHead(status: number, headers: HeaderMap, length?: number): void {
    const all = length === undefined ? headers : { ...headers, "content-length": String(length) };
    this.#heldHead = frame(Type.Headers, END_HEADERS, this.id, packHeaders(status, all));
  }

  async write(data: string | Uint8Array, then: "more" | "end"): Promise<void> {
    this.#sendHead();
    const bytes = typeof data === "string" ? encoder.encode(data) : data;
    for (let at = 0; !this.isOver;) {
      const left = bytes.length - at;
      const size = Math.min(left, LARGEST_FRAME, this.window, this.connection.window);
      if (left > 0 && size <= 0) {
        await this.connection.windowOpened();
        continue;
      }
      const last = then === "end" && size === left;
      this.window -= size;
      this.connection.window -= size;
      if (last) this.#finish();
      const piece = bytes.subarray(at, at += size);
      const sent = this.connection.send(frame(Type.Data, last ? END_STREAM : 0, this.id, piece));
      if (at >= bytes.length) return await sent;
    }
  }

  async trickle(ms: number): Promise<boolean> {
    if (!await this.wait(ms)) return false;
    this.#sendHead();
    return true;
  }

  drop(): void {
    if (this.isOver) return;
    this.#sendHead();
    this.#finish();
    this.connection.send(frame(Type.Reset, 0, this.id, uint32(INTERNAL_ERROR)));
  }

  #sendHead(): void {
    if (this.#heldHead && !this.isOver) this.connection.send(this.#heldHead);
    this.#heldHead = undefined;
  }

  #finish(): void {
    this.isOver = true;
    this.settle();
    this.connection.forget(this.id);
  }
}
