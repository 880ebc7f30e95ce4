import { untilAbort } from "../../async/abort.ts";
import { ProviderError } from "../../model/errors.ts";

/** How long anybody waits at most, in milliseconds: some server may not answer a question that it does not know. */
const PATIENCE = 2_000;

/**
 * The opening of a client's first connection. Until a server has told that it speaks HTTP/2, a client opens a connection for each
 * request: 1,000 at once are 1,000 TLS handshakes, of which all but a few are thrown away. So some requests go ahead, and the others
 * wait until a connection is there.
 *
 * A model may take its time to answer those, so when somebody waits the server is also asked for the head of its list of models. That
 * is asked without a key: it costs nothing, counts against nobody's limits, and any status will do.
 */
export class Opening {
  readonly #url: string;
  readonly #client: Deno.HttpClient;
  readonly #ahead: number;
  readonly #opened = Promise.withResolvers<void>();
  #gone = 0;
  #asking: AbortController | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #over = false;
  #closed = false;

  /** Of this client, to the server with this base URL; so many requests go ahead. */
  constructor(url: string, client: Deno.HttpClient, ahead: number) {
    this.#url = url;
    this.#client = client;
    this.#ahead = ahead;
  }

  /** Does nobody have to wait any more? */
  get over(): boolean {
    return this.#over;
  }

  /**
   * Waits until a request may be sent. Rejects with the signal's reason when it aborts.
   *
   * @throws {ProviderError} If the client was closed meanwhile.
   */
  async turn(signal: AbortSignal): Promise<void> {
    if (this.#over || this.#gone++ < this.#ahead) return;
    if (this.#asking === undefined) this.#ask(this.#asking = new AbortController());
    await untilAbort(this.#opened.promise, signal);
    if (this.#closed) {
      throw new ProviderError("the provider was disposed", { code: "provider", retryable: false });
    }
  }

  /** The server has answered something, or there is nothing to wait for: all may go. */
  end(): void {
    this.#over = true;
    this.#stop();
    this.#opened.resolve();
  }

  /** All have gone away. If there is no connection yet, the next ones begin anew. */
  leave(): void {
    this.#gone = 0;
    this.#stop();
  }

  /** The client will be closed: nobody may send anything any more. */
  close(): void {
    this.#closed = true;
    this.end();
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#asking?.abort();
    this.#asking = undefined;
  }

  async #ask({ signal }: AbortController): Promise<void> {
    this.#timer = setTimeout(() => this.end(), PATIENCE);
    const url = new URL(this.#url);
    url.pathname = url.pathname.replace(/\/*$/, "/models");
    url.search = "";
    try {
      const response = await fetch(url, {
        method: "HEAD",
        client: this.#client,
        redirect: "manual",
        signal,
      });
      await response.body?.cancel();
    } catch {
      // Those who wait find out for themselves.
    }
    if (!signal.aborted) this.end();
  }
}
