/**
 * The port through which requests are sent. Each runtime has a driver: the fastest way to send
 * requests, and the options for certificates and time limits, differ between runtimes.
 */
import type { HeaderReader } from "../header_reader.ts";

/** A POST request with a text as its body. */
export interface HttpRequest {
  /** The URL. */
  readonly url: string;
  /** The headers. Their values are valid. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body. */
  readonly body: string;
  /** Aborts the request, and the reading of its response, at once and in every phase. */
  readonly signal: AbortSignal;
}

/** The bytes of a body, one chunk after another. */
export interface ChunkSource {
  /**
   * Returns the next bytes, or `undefined` at the end. They are valid until the next read. Rejects
   * if the connection breaks or the signal aborts.
   *
   * @throws {SyntaxError} If the response has no body.
   */
  read(): Promise<Uint8Array | undefined>;
  /** Closes the connection if the body has not ended. A pending read then returns `undefined`. */
  cancel(): void;
}

/** A response whose headers have arrived. Its body must be read to the end, or cancelled. */
export interface HttpResponse extends ChunkSource {
  /** The status; 0 for a redirect in a browser, which hides the others. */
  readonly status: number;
  /** The headers. */
  readonly headers: HeaderReader;
  /**
   * Reads the whole body as text, in place of {@linkcode ChunkSource.read}.
   *
   * @throws {TooLargeError} If it has more than `maxBytes` after decompression. The connection is
   * closed.
   */
  text(maxBytes: number): Promise<string>;
}

/** Sends requests to one server. Disposing it closes the connections once they are idle. */
export interface HttpSender extends AsyncDisposable {
  /**
   * Sends a request, and returns the response when its headers have arrived. Redirects are not
   * followed, and nothing is sent twice.
   *
   * @throws {ProviderError} If the sender was disposed.
   * @throws {ConnectionError | TypeError} If the connection fails.
   */
  send(request: HttpRequest): Promise<HttpResponse>;
}

/** Options of the senders that manage connections of their own. */
export interface SenderOptions {
  /** The base URL of the server. */
  readonly baseURL: string;
  /** The maximum number of HTTP/2 connections. */
  readonly connections: number;
  /** Certificates to trust besides the default ones, in PEM format. */
  readonly caCerts: readonly string[] | undefined;
}
