import { untilAbort } from "../../../async/abort.ts";
import { FetchSender } from "./fetch_sender.ts";
import type { HttpRequest, HttpResponse, HttpSender, SenderOptions } from "./http_sender.ts";

/**
 * Sends requests on Node: with undici, which needs a quarter of the CPU of Node's `fetch`. It is
 * loaded when the sender is created. Where that fails, as in some bundles, `fetch` is used.
 */
export class NodeSender implements HttpSender {
  readonly #loading: Promise<HttpSender>;
  #sender: HttpSender | undefined;

  /** Creates a sender, and begins to load undici. */
  constructor(options: SenderOptions) {
    this.#loading = this.#load(options);
    // The requests report a failure.
    this.#loading.catch(() => {});
  }

  send(request: HttpRequest): Promise<HttpResponse> {
    if (this.#sender !== undefined) return this.#sender.send(request);
    return untilAbort(this.#loading, request.signal).then((sender) => sender.send(request));
  }

  async #load(options: SenderOptions): Promise<HttpSender> {
    const create = await import("./undici/undici_sender.ts")
      .then(({ loadUndici }) => loadUndici())
      .catch(() => () => new FetchSender());
    return this.#sender = await create(options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const sender = await this.#loading.catch(() => undefined);
    await sender?.[Symbol.asyncDispose]();
  }
}
