/** Reads the events of a streamed answer: many streams at once, so a little at a time, and with little between the socket and the event. */
import { APIError } from "openai";
import { createParser } from "eventsource-parser";
import { onAbort } from "../../async/abort.ts";

/**
 * So much is read at once, in bytes. A runtime that is not told reads by 64 KB, for each stream that waits: for 10,000 streams that is more
 * than half a gigabyte, and to fill all that with zeros takes longer than all the rest.
 */
const ROOM = 2_048;
/** So much at most, where it is not enough again and again: the last event of the Responses API is the whole answer. */
const MOST_ROOM = 65_536;

/** How long the end of an answer may keep us waiting after its last event, in milliseconds. */
export const END_TIMEOUT_MS = 50;

/** The events of one answer, each as the JSON that it carries. */
export class EventReader<T> implements Disposable {
  readonly #headers: Headers;
  readonly #body: SmallReader | undefined;
  readonly #decoder = new TextDecoder();
  readonly #parser = createParser({ onEvent: ({ event, data }) => this.#take(event, data) });
  #events: T[] = [];
  #failure: unknown;
  #ended = false;
  #late: ReturnType<typeof setTimeout> | undefined;
  readonly #signal: AbortSignal;
  readonly #release: () => void;

  /**
   * Of this answer, to a request that was sent with this signal. Deno forgets of the signal when it has thrown away the `Response`, though
   * its body is still being read: so the body is cancelled here.
   */
  constructor({ headers, body }: Response, signal: AbortSignal) {
    this.#headers = headers;
    this.#body = body === null ? undefined : new SmallReader(body);
    this.#signal = signal;
    this.#release = onAbort(signal, () => this.#body?.cancel());
  }

  /**
   * The events that have come, at least one; `undefined` at the end of the answer. Rejects with the signal's reason when it aborts.
   *
   * @throws {APIError} If an event says that the answer failed.
   * @throws {SyntaxError} If one is no JSON, or if there is no body.
   */
  async next(): Promise<readonly T[] | undefined> {
    if (this.#body === undefined) throw new SyntaxError("The answer has no body");
    for (;;) {
      if (this.#events.length > 0) {
        const events = this.#events;
        this.#events = [];
        return events;
      }
      // What came before it counts.
      if (this.#failure !== undefined) throw this.#failure;
      if (this.#ended) return undefined;
      const bytes = await this.#body.read();
      this.#signal.throwIfAborted();
      if (bytes !== undefined) {
        this.#parser.feed(this.#decoder.decode(bytes, { stream: true }));
      } else {
        this.#ended = true;
        // Some servers leave out what ends the last event.
        this.#parser.feed(`${this.#decoder.decode()}\n\n`);
      }
    }
  }

  /**
   * The last event was there, so the end must follow. Who reads it can use the connection again, but nobody waits for it: without it a
   * connection over HTTP/1.1 is lost, and a stream over HTTP/2 reset.
   */
  expectEnd(): void {
    this.#late ??= setTimeout(() => this.#body?.cancel(), END_TIMEOUT_MS);
  }

  /** Reads no more: what has not come ends with its connection. */
  [Symbol.dispose](): void {
    clearTimeout(this.#late);
    this.#release();
    if (!this.#ended) this.#body?.cancel();
  }

  #take(event: string | undefined, data: string): void {
    if (this.#late !== undefined || this.#failure !== undefined) return;
    if (data === "[DONE]") return this.expectEnd();
    try {
      const said = JSON.parse(data);
      // A server may fail after it has begun well.
      if (event === "error" || said?.error) {
        throw new APIError(undefined, said?.error ?? said, undefined, this.#headers);
      }
      this.#events.push(said);
    } catch (thrown) {
      this.#failure = thrown;
    }
  }
}

/** Reads a body with a small buffer, again and again the same one. */
class SmallReader {
  readonly #small: ReadableStreamBYOBReader | undefined;
  readonly #plain: ReadableStreamDefaultReader<Uint8Array> | undefined;
  #room: ArrayBuffer = new ArrayBuffer(ROOM);

  constructor(body: ReadableStream<Uint8Array>) {
    try {
      this.#small = body.getReader({ mode: "byob" });
    } catch {
      // Not a stream of bytes: somebody has put another one in its place.
      this.#plain = body.getReader();
    }
  }

  /** What has come, to be used before the next reading; `undefined` at the end. */
  async read(): Promise<Uint8Array | undefined> {
    if (this.#small === undefined) return (await this.#plain!.read()).value;
    const { value, done } = await this.#small.read(new Uint8Array(this.#room));
    // Cancelled, it has kept the buffer.
    if (done || value === undefined) return undefined;
    const full = value.length === value.buffer.byteLength;
    this.#room = full && value.length < MOST_ROOM
      ? new ArrayBuffer(2 * value.length)
      : value.buffer;
    return value;
  }

  cancel(): void {
    // It may have broken already.
    (this.#small ?? this.#plain)!.cancel().catch(() => {});
  }
}
