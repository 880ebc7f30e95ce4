import { untilAbort } from "../../../../async/abort.ts";
import type { HttpClient } from "./http_client.ts";
import { disposedError } from "../disposed_error.ts";

/** The maximum time a request waits for the connection, in milliseconds. */
const MAX_WAIT_MS = 2_000;

/**
 * Delays requests until the first connection of an HTTP client is open.
 *
 * Until a client knows that the server supports HTTP/2, it opens one connection per request: 1,000
 * requests at once make 1,000 TLS handshakes, and all but a few of the connections are dropped. So
 * a few requests are sent at once, and the others wait until a connection is open.
 *
 * The model may take long to respond to the first requests. So when a request has to wait, the gate
 * also sends `HEAD /models` without an API key, which counts against no limit. Any response status
 * opens the gate.
 */
export class ConnectionGate {
  readonly #url: string;
  readonly #client: HttpClient;
  readonly #maxUnblocked: number;
  readonly #opened = Promise.withResolvers<void>();
  #entered = 0;
  #probe: AbortController | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isOpen = false;
  #isClosed = false;

  /**
   * Creates the gate of a client.
   *
   * @param url The base URL of the server.
   * @param maxUnblocked The number of requests that do not wait.
   */
  constructor(url: string, client: HttpClient, maxUnblocked: number) {
    this.#url = url;
    this.#client = client;
    this.#maxUnblocked = maxUnblocked;
  }

  /** Whether requests no longer have to wait. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /**
   * Waits until a request may be sent. Rejects with the signal's reason when it aborts.
   *
   * @throws {ProviderError} If the client is closed before then.
   */
  async wait(signal: AbortSignal): Promise<void> {
    if (this.#isOpen || this.#entered++ < this.#maxUnblocked) return;
    if (this.#probe === undefined) this.#sendProbe(this.#probe = new AbortController());
    await untilAbort(this.#opened.promise, signal);
    if (this.#isClosed) throw disposedError();
  }

  /** Lets all requests through: the server has responded, or the wait has timed out. */
  open(): void {
    this.#isOpen = true;
    this.#stopProbe();
    this.#opened.resolve();
  }

  /** Starts over when no request is left. A gate that is open stays open. */
  reset(): void {
    this.#entered = 0;
    this.#stopProbe();
  }

  /** Rejects all waiting requests: the client is about to be closed. */
  close(): void {
    this.#isClosed = true;
    this.open();
  }

  #stopProbe(): void {
    clearTimeout(this.#timer);
    this.#probe?.abort();
    this.#probe = undefined;
  }

  async #sendProbe({ signal }: AbortController): Promise<void> {
    this.#timer = setTimeout(() => this.open(), MAX_WAIT_MS);
    const url = new URL(this.#url);
    url.pathname = url.pathname.replace(/\/*$/, "/models");
    url.search = "";
    try {
      const options = { method: "HEAD", redirect: "manual", signal, client: this.#client } as const;
      const response = await fetch(url, options);
      await response.body?.cancel();
    } catch {
      // The waiting requests report the failure themselves.
    }
    if (!signal.aborted) this.open();
  }
}
