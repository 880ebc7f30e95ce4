import { Buffer } from "node:buffer";
import { follow, type Follower, type Following } from "../../../../async/abort.ts";
import { TooLargeError } from "../../bounds/answer_limits.ts";
import type { HeaderReader } from "../../header_reader.ts";
import { ConnectionError } from "../connection_error.ts";
import type { HttpResponse } from "../http_sender.ts";
import type { RequestConnection } from "./connections.ts";
import { type BodyDecoder, type BodyReceiver, createDecoder } from "./decode_body.ts";
import { ResponseHeaders } from "./response_headers.ts";
import type { Controller, DispatchHandler, RawHeaders } from "./undici.ts";

/** The maximum size of unread chunks, in bytes. Above it, reading from the server pauses. */
const MAX_UNREAD = 65_536;

/** The statuses of responses that have no body. */
const WITHOUT_BODY: ReadonlySet<number> = new Set([204, 205, 304]);

const NO_HEADERS = new ResponseHeaders({});

interface Waiter<T> {
  resolve(value: T): void;
  reject(reason: unknown): void;
}

/**
 * One request and its response. It receives undici's callbacks itself: a response needs no streams,
 * and two promises at most.
 */
export class Exchange implements HttpResponse, DispatchHandler, Follower, BodyReceiver {
  status = 0;
  headers: HeaderReader = NO_HEADERS;
  readonly #waiter: Waiter<HttpResponse>;
  #connection: RequestConnection | undefined;
  #following: Following | undefined;
  #controller: Controller | undefined;
  #decoder: BodyDecoder | undefined;
  #chunks: Uint8Array[] = [];
  #unread = 0;
  #isPaused = false;
  /** Whether the decoder takes no more chunks for now. */
  #isDecoderFull = false;
  #state: "open" | "ended" | "failed" = "open";
  #failure: unknown;
  #reader: Waiter<Uint8Array | undefined> | undefined;
  #textReader: Waiter<string> | undefined;
  #maxBytes = Infinity;

  /**
   * Creates the exchange of a request that is dispatched next.
   *
   * @param waiter Receives the response when its headers have arrived, or the failure.
   */
  constructor(signal: AbortSignal, waiter: Waiter<HttpResponse>, connection: RequestConnection) {
    this.#waiter = waiter;
    this.#connection = connection;
    this.#following = follow(signal, this);
  }

  /** Reads the whole body as text. */
  text(maxBytes: number): Promise<string> {
    return new Promise((resolve, reject) => {
      if (this.#state === "failed") return reject(this.#failure);
      if (this.#unread > maxBytes) {
        const error = new TooLargeError(maxBytes);
        this.#fail(error);
        return reject(error);
      }
      if (this.#state === "ended") return resolve(this.#takeText());
      this.#textReader = { resolve, reject };
      this.#maxBytes = maxBytes;
      this.#resume();
    });
  }

  /** Returns the next bytes, or `undefined` at the end. */
  read(): Promise<Uint8Array | undefined> {
    return new Promise((resolve, reject) => {
      const chunk = this.#chunks.shift();
      if (chunk !== undefined) {
        this.#unread -= chunk.length;
        if (this.#unread < MAX_UNREAD) this.#resume();
        return resolve(chunk);
      }
      if (WITHOUT_BODY.has(this.status)) {
        return reject(new SyntaxError("The response has no body"));
      }
      if (this.#state === "failed") return reject(this.#failure);
      if (this.#state === "ended") return resolve(undefined);
      this.#reader = { resolve, reject };
    });
  }

  /** Closes the connection if the body has not ended. */
  cancel(): void {
    if (this.#state !== "open") return;
    this.#chunks = [];
    this.onEnd();
    this.#abandon();
  }

  /** Rejects what is waiting with the reason, and closes the connection. */
  onAborted({ reason }: AbortSignal): void {
    if (this.#state !== "open") return;
    this.#fail(reason);
  }

  onRequestStart(controller: Controller): void {
    this.#controller = controller;
    // It was aborted while a proxy opened its connection, and must not be sent.
    if (this.#state !== "open") controller.abort(new Error("aborted"));
  }

  onResponseStart(controller: Controller, status: number, headers: RawHeaders): void {
    // Statuses below 200 are informational: the response follows.
    if (this.#state !== "open" || status < 200) return;
    this.#controller = controller;
    this.status = status;
    this.headers = new ResponseHeaders(headers);
    const encoding = this.headers.get("content-encoding");
    // undici passes what this throws to onResponseError.
    if (encoding !== null) this.#decoder = createDecoder(encoding, this);
    this.#waiter.resolve(this);
  }

  onResponseData(_controller: Controller, chunk: Uint8Array): void {
    if (this.#decoder === undefined) this.onChunk(chunk);
    else if (this.#state === "open" && !this.#decoder.write(chunk)) {
      this.#isDecoderFull = true;
      this.#controller?.pause();
    }
  }

  /** Continues to read from the server: the decoder takes chunks again. */
  onDrain(): void {
    this.#isDecoderFull = false;
    if (this.#state === "open" && !this.#isPaused) this.#controller?.resume();
  }

  onResponseEnd(): void {
    const connection = this.#connection;
    this.#connection = undefined;
    connection?.release();
    if (this.#decoder === undefined) this.onEnd();
    else if (this.#state === "open") this.#decoder.end();
  }

  onResponseError(_controller: Controller | undefined, error: Error): void {
    this.#fail(new ConnectionError(error));
  }

  /** Takes a chunk of the body. */
  onChunk(chunk: Uint8Array): void {
    if (this.#state !== "open") return;
    if (this.#reader !== undefined) {
      this.#reader.resolve(chunk);
      this.#reader = undefined;
      return;
    }
    this.#chunks.push(chunk);
    this.#unread += chunk.length;
    if (this.#unread > this.#maxBytes) return this.#fail(new TooLargeError(this.#maxBytes));
    if (this.#unread < MAX_UNREAD || this.#textReader !== undefined || this.#isPaused) return;
    this.#isPaused = true;
    // A small chunk may decompress to thousands of times its size.
    this.#decoder?.pause();
    this.#controller?.pause();
  }

  /** Ends the body. */
  onEnd(): void {
    if (this.#state !== "open") return;
    this.#state = "ended";
    this.#following?.stop();
    this.#reader?.resolve(undefined);
    this.#textReader?.resolve(this.#takeText());
  }

  /** Ends a body that cannot be decoded. */
  onError(error: Error): void {
    this.#fail(new ConnectionError(error));
  }

  #fail(failure: unknown): void {
    if (this.#state !== "open") return;
    this.#state = "failed";
    this.#failure = failure;
    this.#following?.stop();
    this.#chunks = [];
    this.#waiter.reject(failure);
    this.#reader?.reject(failure);
    this.#textReader?.reject(failure);
    this.#abandon();
  }

  #abandon(): void {
    this.#decoder?.destroy();
    const connection = this.#connection;
    this.#connection = undefined;
    // Once the body has ended, the connection belongs to another request.
    if (connection === undefined) return;
    this.#controller?.abort(new Error("aborted"));
    connection.abandon();
  }

  #resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#decoder?.resume();
    if (!this.#isDecoderFull) this.#controller?.resume();
  }

  #takeText(): string {
    const chunks = this.#chunks;
    this.#chunks = [];
    return decodeText(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks));
  }
}

/** Decodes UTF-8, without a byte order mark. */
function decodeText({ buffer, byteOffset, length }: Uint8Array): string {
  const text = Buffer.from(buffer, byteOffset, length).toString();
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}
