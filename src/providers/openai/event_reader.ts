/**
 * Reads server-sent events. Made for thousands of streams at once: small buffers, and few layers
 * between socket and event.
 */
import { createParser } from "eventsource-parser";
import { onAbort } from "../../async/abort.ts";
import { isFailure } from "../http/classify_failure.ts";
import { DEFAULT_MAX_ANSWER_BYTES, TooLargeError } from "../http/bounds/answer_limits.ts";
import type { ChunkSource } from "../http/send/http_sender.ts";
import { beginsWithEvents, removeFiller } from "./document.ts";
import { keepAnswerDigits } from "./exact_answer.ts";

/** The maximum time between the last event and the end of the stream, in milliseconds. */
export const END_TIMEOUT_MS = 50;

/**
 * The maximum silence after a finish reason, in milliseconds. The usage and the mark of the end
 * follow it at once, but some servers then keep the connection open.
 */
const REST_TIMEOUT_MS = 2_000;

/** The mark of the end, also as some gateways write it. */
const DONE = /^"?\[DONE\]"?$/i;

/** Events that only keep the connection alive. Their data may be anything. */
const KEEP_ALIVE = new Set<string | undefined>(["ping", "heartbeat", "keepalive", "keep-alive"]);

/** An event of a stream. The reader of the API checks it. */
export type AnyEvent = { readonly response?: unknown } | null | undefined;

/**
 * Reads the events of one response, and parses their data as JSON.
 *
 * Some servers answer a request for a stream with a document: JSON, or the HTML page of a proxy,
 * with any content type. A document is recognized by its first character.
 */
export class EventReader<T> implements Disposable {
  readonly #body: ChunkSource;
  readonly #decoder = new TextDecoder();
  readonly #parser = createParser({
    onEvent: ({ event, data }) => this.#onEvent(event, data),
    // Versions of llama.cpp send errors in a field of that name, instead of `data`.
    onError: ({ field, value = "" }) => {
      if (field === "error") this.#onEvent("error", value);
    },
  });
  #events: T[] = [];
  #failure: unknown;
  /** What was received until it is known whether there are events, and then the document. */
  #text = "";
  #kind: "unknown" | "events" | "document" = "unknown";
  #done = false;
  #ended = false;
  #endTimer: ReturnType<typeof setTimeout> | undefined;
  #restTimer: ReturnType<typeof setTimeout> | undefined;
  readonly #signal: AbortSignal;
  readonly #release: () => void;
  readonly #maxBytes: number;
  #size = 0;
  #endsWithCr = false;

  /**
   * Creates a reader for the response to a request that was sent with `signal`.
   *
   * @param maxBytes The maximum size of the response, and so of an event.
   */
  constructor(body: ChunkSource, signal: AbortSignal, maxBytes = DEFAULT_MAX_ANSWER_BYTES) {
    this.#body = body;
    this.#signal = signal;
    this.#maxBytes = maxBytes;
    // A `fetch` may no longer apply the signal to a body whose response is not referenced.
    this.#release = onAbort(signal, () => this.#body.cancel());
  }

  /**
   * Returns the events that have arrived, at least one, or `undefined` at the end of the stream.
   * Rejects with the signal's reason when it aborts.
   *
   * @throws {SyntaxError} If an event is not JSON, or if the response has no body.
   * @throws {TooLargeError} If the response is larger than allowed.
   */
  async next(): Promise<readonly T[] | undefined> {
    for (;;) {
      if (this.#events.length > 0) {
        const events = this.#events;
        this.#events = [];
        return events;
      }
      // Events before the failure are returned first.
      if (this.#failure !== undefined) throw this.#failure;
      if (this.#ended) return undefined;
      const bytes = await this.#body.read();
      this.#signal.throwIfAborted();
      if (bytes !== undefined) {
        this.#size += bytes.length;
        if (this.#size > this.#maxBytes) throw new TooLargeError(this.#maxBytes);
        this.#feed(this.#decoder.decode(bytes, { stream: true }));
      } else {
        this.#ended = true;
        // Some servers omit the blank line after the last event.
        this.#feed(`${this.#decoder.decode()}\n\n`);
      }
    }
  }

  /** The document, if the response was one. Complete at the end of the stream. */
  get document(): string | undefined {
    return this.#kind === "document" ? this.#text : undefined;
  }

  /** Whether the server marked the end of the stream by `[DONE]`. */
  get done(): boolean {
    return this.#done;
  }

  #feed(text: string): void {
    if (this.#kind === "events") return this.#parse(text);
    this.#text += text;
    if (this.#kind === "document") return;
    const hasEvents = beginsWithEvents(this.#text);
    if (hasEvents === undefined) {
      // A server may send comments for a long time: each is read once.
      const rest = removeFiller(this.#text);
      this.#text = rest.startsWith(":") ? ":" : rest;
      return;
    }
    this.#kind = hasEvents ? "events" : "document";
    if (!hasEvents) return;
    this.#parse(this.#text);
    this.#text = "";
  }

  /**
   * Parses lines. Ends of lines become line feeds: with others, the parser looks for a line feed in
   * the whole rest of the text at each line.
   */
  #parse(text: string): void {
    const rest = this.#endsWithCr && text.startsWith("\n") ? text.slice(1) : text;
    this.#endsWithCr = text.endsWith("\r");
    this.#parser.feed(rest.includes("\r") ? rest.replaceAll(/\r\n?/g, "\n") : rest);
  }

  /**
   * Expects the end of the stream within {@linkcode END_TIMEOUT_MS}, after the last event has
   * arrived. A connection can only be reused when its stream was read to the end: otherwise
   * HTTP/1.1 closes the connection, and HTTP/2 resets the stream.
   */
  expectEnd(): void {
    this.#endTimer ??= setTimeout(() => this.#body.cancel(), END_TIMEOUT_MS);
  }

  /**
   * Ends the stream if nothing arrives for {@linkcode REST_TIMEOUT_MS}, as the answer is complete.
   */
  expectRest(): void {
    clearTimeout(this.#restTimer);
    this.#restTimer = setTimeout(() => this.#body.cancel(), REST_TIMEOUT_MS);
  }

  /** Stops reading, and cancels the response if it has not ended. */
  [Symbol.dispose](): void {
    clearTimeout(this.#endTimer);
    clearTimeout(this.#restTimer);
    this.#release();
    if (!this.#ended) this.#body.cancel();
  }

  #onEvent(event: string | undefined, data: string): void {
    if (this.#endTimer !== undefined || this.#failure !== undefined) return;
    if (data.charCodeAt(0) !== BRACE) {
      const word = data.trim();
      if (word === "" || KEEP_ALIVE.has(event)) return;
      if (DONE.test(word)) {
        this.#done = true;
        return this.expectEnd();
      }
      // An error may be a text.
      if (event === "error") return void this.#events.push({ error: toJson(word) ?? word } as T);
    }
    try {
      const json = JSON.parse(data);
      keepAnswerDigits(json, data);
      // The reader recognizes errors by their members. The event may be the only mark.
      this.#events.push(event === "error" && !isFailure(json) ? { error: json } : json);
    } catch (thrown) {
      this.#failure = thrown;
    }
  }
}

/** The code of `{`, with which almost all data begins. */
const BRACE = 123;

function toJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
