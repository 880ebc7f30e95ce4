import { TooLargeError } from "../bounds/answer_limits.ts";
import type { HeaderReader } from "../header_reader.ts";
import type { HttpResponse } from "./http_sender.ts";

/**
 * The initial size of a read buffer, in bytes. By default, a runtime allocates 64 KB for each
 * stream that waits: more than half a gigabyte for 10,000 streams, and filling it with zeros takes
 * longer than everything else.
 */
const BUFFER_SIZE = 2_048;
/**
 * The maximum size of a read buffer, in bytes. The last event of the Responses API holds the
 * complete response.
 */
const MAX_BUFFER_SIZE = 65_536;

/** The response of a `fetch`. Its body is read with one small buffer, which grows when needed. */
export class FetchResponse implements HttpResponse {
  readonly status: number;
  readonly headers: HeaderReader;
  // Deno no longer applies the signal to the body of a Response that was garbage-collected.
  readonly #response: Response;
  readonly #onEnd: (() => void) | undefined;
  readonly #toError: (thrown: unknown) => unknown;
  #byob: ReadableStreamBYOBReader | undefined;
  #default: ReadableStreamDefaultReader<Uint8Array> | undefined;
  #buffer: ArrayBuffer | undefined;

  /**
   * Wraps a response.
   *
   * @param options.onEnd Called when the body has ended, has failed or was cancelled; maybe twice.
   * @param options.toError Converts an error that the runtime throws while the body is read.
   */
  constructor(
    response: Response,
    { onEnd, toError = (thrown) => thrown }: {
      readonly onEnd?: () => void;
      readonly toError?: (thrown: unknown) => unknown;
    } = {},
  ) {
    this.#response = response;
    this.#onEnd = onEnd;
    this.#toError = toError;
    this.status = response.type === "opaqueredirect" ? 0 : response.status;
    this.headers = response.headers;
  }

  async text(maxBytes: number): Promise<string> {
    try {
      return this.#fits(maxBytes) ? await this.#response.text() : await this.#readText(maxBytes);
    } catch (thrown) {
      throw thrown instanceof TooLargeError ? thrown : this.#toError(thrown);
    } finally {
      this.#onEnd?.();
    }
  }

  /** Whether the headers say that the body has at most `maxBytes`, or none. */
  #fits(maxBytes: number): boolean {
    if (this.#response.body === null) return true;
    const length = this.headers.get("content-length");
    // The length of a compressed body says nothing. Runtimes remove it, or keep both headers.
    return length !== null && !this.headers.has("content-encoding") && Number(length) <= maxBytes;
  }

  async #readText(maxBytes: number): Promise<string> {
    this.#open();
    const decoder = new TextDecoder();
    let text = "";
    let size = 0;
    for (let bytes; (bytes = await this.#read()) !== undefined;) {
      size += bytes.length;
      if (size > maxBytes) {
        this.cancel();
        throw new TooLargeError(maxBytes);
      }
      text += decoder.decode(bytes, { stream: true });
    }
    return text + decoder.decode();
  }

  async read(): Promise<Uint8Array | undefined> {
    if (this.#byob === undefined && this.#default === undefined) this.#open();
    let bytes: Uint8Array | undefined;
    try {
      bytes = await this.#read();
    } catch (thrown) {
      this.#onEnd?.();
      throw this.#toError(thrown);
    }
    if (bytes === undefined) this.#onEnd?.();
    return bytes;
  }

  cancel(): void {
    this.#onEnd?.();
    // Rejects if the stream has already failed.
    (this.#byob ?? this.#default ?? this.#response.body)?.cancel().catch(() => {});
  }

  async #read(): Promise<Uint8Array | undefined> {
    if (this.#byob === undefined) return (await this.#default!.read()).value;
    const buffer = this.#buffer ?? new ArrayBuffer(BUFFER_SIZE);
    const { value, done } = await this.#byob.read(new Uint8Array(buffer));
    // A cancelled stream does not return the buffer.
    if (done || value === undefined) return undefined;
    const isFull = value.length === value.buffer.byteLength;
    this.#buffer = isFull && value.length < MAX_BUFFER_SIZE
      ? new ArrayBuffer(2 * value.length)
      : value.buffer;
    return value;
  }

  #open(): void {
    const { body } = this.#response;
    if (body === null) {
      this.#onEnd?.();
      throw new SyntaxError("The response has no body");
    }
    try {
      this.#byob = body.getReader({ mode: "byob" });
    } catch {
      // Not a byte stream: `fetch` has been replaced.
      this.#default = body.getReader();
    }
  }
}
