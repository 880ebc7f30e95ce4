import { Buffer } from "node:buffer";
import { connectionFailure } from "../../model/connection_failure.ts";
import { splitUrl } from "./endpoint.ts";
import {
  maskBytes,
  maskPath,
  maskRequestHeaders,
  maskResponseHeaders,
  maskServer,
  maskText,
  secretsOf,
} from "./mask_secrets.ts";
import { encodeBytes } from "./recorded_bytes.ts";
import type { RecordedBytes, RecordedResponse, Recording } from "./recording.ts";

/** What {@linkcode recordingFetch} needs. */
export interface RecordingFetchOptions {
  /** Sends the requests. */
  readonly fetch: typeof fetch;
  /** The base URL of the server, if it is known. */
  readonly baseURL: string | undefined;
  /** Whether keys, cookies and ids are masked. */
  readonly mask: boolean;
  /** Called with each exchange, as soon as it has ended. */
  readonly onRecording: (recording: Recording) => void;
}

/** The part of a response that has arrived. */
interface Received {
  readonly response: Response;
  readonly ms: number;
  readonly chunks: Uint8Array[];
  readonly times: number[];
}

/** Returns a `fetch` that passes everything through unchanged, and records each exchange. */
export function recordingFetch(options: RecordingFetchOptions): typeof fetch {
  let count = 0;
  return async (input, init) => {
    const request = new Request(input, init);
    const body = request.body === null ? undefined : new Uint8Array(await request.arrayBuffer());
    const exchange = new Exchange(options, count++, request, body);
    // The original options come last but for the body, which has been read: Deno's `client` is one
    // of them.
    const sent = { ...init, method: request.method, headers: request.headers, body };
    let response: Response;
    try {
      response = await options.fetch(request.url, { ...sent, signal: request.signal });
    } catch (thrown) {
      exchange.end(thrown);
      throw thrown;
    }
    return exchange.record(response);
  };
}

/** One request and its answer, while they are recorded. */
class Exchange {
  readonly #options: RecordingFetchOptions;
  readonly #index: number;
  readonly #request: Request;
  readonly #body: Uint8Array | undefined;
  readonly #sentAt = new Date().toISOString();
  readonly #began = performance.now();
  #received: Received | undefined;
  #hasEnded = false;

  constructor(
    options: RecordingFetchOptions,
    index: number,
    request: Request,
    body: Uint8Array | undefined,
  ) {
    this.#options = options;
    this.#index = index;
    this.#request = request;
    this.#body = body;
  }

  /** Returns a response with the same body, which is recorded as it is read. */
  record(response: Response): Response {
    const headersAt = performance.now();
    const chunks: Uint8Array[] = [];
    const times: number[] = [];
    this.#received = { response, ms: headersAt - this.#began, chunks, times };
    if (response.body === null) {
      this.end();
      return response;
    }
    const reader = response.body.getReader();
    let last = headersAt;
    const body = new ReadableStream<Uint8Array>({
      pull: async (controller) => {
        try {
          const { value, done } = await reader.read();
          if (done) {
            this.end();
            return controller.close();
          }
          const now = performance.now();
          chunks.push(value.slice());
          times.push(now - last);
          last = now;
          controller.enqueue(value);
        } catch (thrown) {
          this.end(thrown);
          controller.error(thrown);
        }
      },
      cancel: async (reason) => {
        this.end(new DOMException("The client cancelled the response", "AbortError"));
        await reader.cancel(reason);
      },
    }, { highWaterMark: 0 });
    const { status, statusText, headers } = response;
    // What a fetch has decompressed has another length than the headers say.
    const passed = new Headers(headers);
    passed.delete("content-encoding");
    passed.delete("content-length");
    return new Response(body, { status, statusText, headers: passed });
  }

  /** Reports the exchange, once. */
  end(thrown?: unknown): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    const { mask, baseURL, onRecording } = this.#options;
    const { method, url, headers } = this.#request;
    const secrets = mask ? secretsOf(headers) : [];
    const { server, path } = splitUrl(url, baseURL);
    const isAborted = this.#request.signal.aborted ||
      (thrown instanceof DOMException && thrown.name === "AbortError");
    const reason = thrown === undefined || isAborted ? undefined : connectionFailure(thrown);
    onRecording({
      version: 1,
      index: this.#index,
      sentAt: this.#sentAt,
      server: mask ? maskServer(server) : server,
      request: {
        method,
        path: mask ? maskPath(path) : path,
        headers: mask ? maskRequestHeaders(headers) : Object.fromEntries(headers),
        ...(this.#body !== undefined && { body: this.#encode([this.#body], secrets)[0]! }),
      },
      ...(this.#received !== undefined &&
        { response: this.#encodeResponse(this.#received, secrets) }),
      ...(reason !== undefined && { error: mask ? maskText(reason, secrets) : reason }),
      ...(thrown !== undefined && isAborted && { aborted: true }),
    });
  }

  #encodeResponse(
    { response: { status, headers }, ms, chunks, times }: Received,
    secrets: readonly string[],
  ): RecordedResponse {
    const encoded = this.#encode(chunks, secrets);
    return {
      status,
      headers: this.#options.mask ? maskResponseHeaders(headers) : Object.fromEntries(headers),
      ms: Math.round(ms),
      chunks: encoded.map((bytes, i) => ({ ms: Math.round(times[i]!), ...bytes })),
    };
  }

  /** Encodes chunks. Secrets are masked in the whole body, as a secret may span two chunks. */
  #encode(chunks: readonly Uint8Array[], secrets: readonly string[]): RecordedBytes[] {
    if (!this.#options.mask) return chunks.map(encodeBytes);
    const whole = maskBytes(Buffer.concat(chunks), secrets);
    let at = 0;
    return chunks.map(({ length }) => encodeBytes(whole.subarray(at, at += length)));
  }
}
