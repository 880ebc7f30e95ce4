/**
 * An HTTP/2 server (RFC 9113) on a bare TLS connection, as far as an API client needs it. It is
 * our own, not a library's, as it must reset streams and limit their number: Deno's server has a
 * fixed limit, and the connection pool of a client is tested against several.
 */
import type { ClientConnection, ProtocolHandler } from "./client_connection.ts";
import type { Handler } from "./http_exchange.ts";
import {
  ACK,
  END_HEADERS,
  END_STREAM,
  frame,
  join,
  LARGEST_FRAME,
  PADDED,
  PRIORITY,
  REFUSED_STREAM,
  Type,
  uint32,
  unpad,
} from "./http2_frame.ts";
import { Http2Exchange, type Http2Link } from "./http2_stream.ts";
import { HpackReader } from "./hpack.ts";

const EMPTY = new Uint8Array();
const PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".length;
const LARGEST_WINDOW = 2 ** 31 - 1;

/** Serves one connection until it ends. */
export class Http2Connection implements ProtocolHandler, Http2Link {
  readonly #streams = new Map<number, Http2Exchange>();
  readonly #hpack = new HpackReader();
  /** The beginning of a frame that is incomplete. */
  #rest: Uint8Array = EMPTY;
  #hasPreface = false;
  /** A header block whose continuation is missing. */
  #block: { id: number; end: boolean; bytes: Uint8Array } | undefined;
  #unread = 0;
  #queue: Uint8Array[] = [];
  #flushing: Promise<void> | undefined;
  #waiting: (() => void)[] = [];
  /** The flow-control windows: of the connection, and the initial one of each new stream. */
  window = 65_535;
  streamWindow = 65_535;

  /** `onStreams` gets the number of open streams. */
  constructor(
    readonly connection: ClientConnection,
    readonly handle: Handler,
    readonly maxStreams: number,
    readonly onStreams: (open: number) => void,
  ) {
    const settings = new Uint8Array(12);
    const view = new DataView(settings.buffer);
    view.setUint16(0, 3); // SETTINGS_MAX_CONCURRENT_STREAMS
    view.setUint32(2, maxStreams);
    view.setUint16(6, 4); // SETTINGS_INITIAL_WINDOW_SIZE
    view.setUint32(8, LARGEST_WINDOW);
    this.send(frame(Type.Settings, 0, 0, settings));
    this.send(frame(Type.Window, 0, 0, uint32(LARGEST_WINDOW - 65_535)));
  }

  receive(received: Uint8Array): void {
    const bytes = this.#rest.length === 0 ? received : join([this.#rest, received]);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    let start = 0;
    if (!this.#hasPreface && bytes.length >= PREFACE) {
      this.#hasPreface = true;
      start = PREFACE;
    }
    while (this.#hasPreface && bytes.length - start >= 9) {
      const length = view.getUint32(start) >>> 8;
      if (length > LARGEST_FRAME) throw new RangeError("The frame is too large");
      const end = start + 9 + length;
      if (bytes.length < end) break;
      this.#frame(
        view.getUint8(start + 3),
        view.getUint8(start + 4),
        view.getUint32(start + 5) & LARGEST_WINDOW,
        // A copy, as the bytes belong to the socket.
        Uint8Array.prototype.slice.call(bytes, start + 9, end),
      );
      start = end;
    }
    this.#rest = start === bytes.length ? EMPTY : Uint8Array.prototype.slice.call(bytes, start);
  }

  disconnected(): void {
    for (const stream of this.#streams.values()) stream.disconnected();
    this.#streams.clear();
    this.#wakeWriters();
  }

  #frame(type: number, flags: number, id: number, payload: Uint8Array<ArrayBuffer>): void {
    const view = new DataView(payload.buffer);
    const stream = this.#streams.get(id);
    if (type === Type.Data) {
      this.#reopenWindow(payload.length);
      stream?.data(flags & PADDED ? unpad(payload) : payload);
      if (stream && flags & END_STREAM) this.#dispatch(stream);
    } else if (type === Type.Headers) {
      let bytes = flags & PADDED ? unpad(payload) : payload;
      if (flags & PRIORITY) bytes = bytes.subarray(5);
      this.#block = { id, end: (flags & END_STREAM) !== 0, bytes };
      if (flags & END_HEADERS) this.#open();
    } else if (type === Type.Continuation && this.#block) {
      this.#block.bytes = join([this.#block.bytes, payload]);
      if (flags & END_HEADERS) this.#open();
    } else if (type === Type.Reset) {
      this.forget(id);
      stream?.disconnected();
    } else if (type === Type.Settings && !(flags & ACK)) {
      for (let at = 0; at + 6 <= payload.length; at += 6) {
        if (view.getUint16(at) !== 4) continue;
        const size = view.getUint32(at + 2);
        for (const open of this.#streams.values()) open.window += size - this.streamWindow;
        this.streamWindow = size;
      }
      this.send(frame(Type.Settings, ACK, 0, new Uint8Array()));
      this.#wakeWriters();
    } else if (type === Type.Ping && !(flags & ACK)) {
      this.send(frame(Type.Ping, ACK, 0, payload));
    } else if (type === Type.Window) {
      if (id === 0) this.window += view.getUint32(0);
      else if (stream) stream.window += view.getUint32(0);
      this.#wakeWriters();
    }
  }

  /** Handles a complete header block: a new stream, or the trailers of an open one. */
  #open(): void {
    const { id, end, bytes } = this.#block!;
    this.#block = undefined;
    // Even a refused block must be read: the header table depends on every block before it.
    const headers = this.#hpack.read(bytes);
    let stream = this.#streams.get(id);
    if (!stream) {
      if (this.#streams.size >= this.maxStreams) {
        this.send(frame(Type.Reset, 0, id, uint32(REFUSED_STREAM)));
        return;
      }
      stream = new Http2Exchange(this, id, headers);
      this.#streams.set(id, stream);
      this.onStreams(this.#streams.size);
    }
    if (end) this.#dispatch(stream);
  }

  #dispatch(stream: Http2Exchange): void {
    stream.complete();
    this.handle(stream);
  }

  /** Reopens the window for request bodies, once enough was received. */
  #reopenWindow(bytes: number): void {
    this.#unread += bytes;
    if (this.#unread < 2 ** 24) return;
    this.send(frame(Type.Window, 0, 0, uint32(this.#unread)));
    this.#unread = 0;
  }

  #wakeWriters(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }

  /** Resolves when a flow-control window may have opened. */
  windowOpened(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Queues a frame. One writer at a time sends all queued frames, in one piece. */
  send(bytes: Uint8Array): Promise<void> {
    this.#queue.push(bytes);
    return this.#flushing ??= this.#flush();
  }

  async #flush(): Promise<void> {
    // Sends headers and data in one packet: a second small one would wait for a delayed ACK.
    await null;
    while (this.#queue.length > 0) {
      const bytes = join(this.#queue);
      this.#queue = [];
      await this.connection.write(bytes);
    }
    this.#flushing = undefined;
  }

  forget(id: number): void {
    this.#streams.delete(id);
    this.#wakeWriters();
  }
}
