import { readProcessEnv } from "../read_process_env.ts";
import { ConnectionError } from "./connection_error.ts";
import { decodeResponse } from "./decode_response.ts";
import { disposedError } from "./disposed_error.ts";
import { FetchResponse } from "./fetch_response.ts";
import { fetchOptions } from "./fetch_sender.ts";
import type { HttpRequest, HttpResponse, HttpSender, SenderOptions } from "./http_sender.ts";
import { NodeSender } from "./node_sender.ts";

/** Bun's maximum of requests in flight, unless BUN_CONFIG_MAX_HTTP_REQUESTS sets another. */
const DEFAULT_MAX_REQUESTS = 256;
/** The share of the maximum that providers use. The rest is for the program's own requests. */
const SHARE = 0.75;

/** The number of requests in flight with `fetch`, of all senders. */
let inFlight = 0;

/**
 * Sends requests with Bun's `fetch`, which needs the least CPU. Bun queues requests if more than a
 * maximum are in flight in the process. Those above a share of it are sent with undici.
 */
export class BunSender implements HttpSender {
  readonly #senderOptions: SenderOptions;
  readonly #fetchOptions: object;
  readonly #maxRequests: number;
  #checking: Promise<void> | undefined;
  #overflow: HttpSender | undefined;
  #isDisposed = false;

  /** Creates a sender. */
  constructor(options: SenderOptions) {
    this.#senderOptions = options;
    const max = Number(readProcessEnv("BUN_CONFIG_MAX_HTTP_REQUESTS")) || DEFAULT_MAX_REQUESTS;
    this.#maxRequests = Math.floor(max * SHARE);
    const { caCerts } = options;
    const hasCerts = caCerts !== undefined && caCerts.length > 0;
    this.#fetchOptions = {
      // The time limits of calls are Shoal's own, and may be longer than Bun's 5 minutes.
      timeout: false,
      // It would decompress all that has arrived at once, of any size.
      decompress: false,
      ...(hasCerts && { tls: { ca: caCerts } }),
    };
    if (!hasCerts) return;
    this.#checking = import("./check_certificates.ts")
      .then(({ checkCertificates }) => checkCertificates(caCerts));
    // The requests report a failure.
    this.#checking.catch(() => {});
  }

  async send(request: HttpRequest): Promise<HttpResponse> {
    if (this.#checking !== undefined) await this.#checking;
    if (this.#isDisposed) throw disposedError();
    if (inFlight >= this.#maxRequests) {
      return (this.#overflow ??= new NodeSender(this.#senderOptions)).send(request);
    }
    const toError = (thrown: unknown) =>
      request.signal.aborted ? request.signal.reason : new ConnectionError(thrown);
    inFlight++;
    let hasEnded = false;
    const onEnd = () => {
      if (!hasEnded) inFlight--;
      hasEnded = true;
    };
    try {
      const { headers } = request;
      const options = {
        ...fetchOptions({ ...request, headers: { "accept-encoding": "identity", ...headers } }),
        ...this.#fetchOptions,
      };
      const response = await decodeResponse(await fetch(request.url, options));
      return new FetchResponse(response, { onEnd, toError });
    } catch (thrown) {
      onEnd();
      throw toError(thrown);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true;
    await this.#overflow?.[Symbol.asyncDispose]();
  }
}
