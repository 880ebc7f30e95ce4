/** Sends requests to one endpoint of a server. */
import { causeMessage } from "../../../model/cause_message.ts";
import { ProviderError } from "../../../model/errors.ts";
import { MAX_ERROR_BYTES, TooLargeError } from "../../http/bounds/answer_limits.ts";
import { readBilling } from "../../http/read_billing.ts";
import { isRedirect, redirectError } from "../../http/redirect_error.ts";
import { redact } from "../../http/redact.ts";
import type { HttpResponse, HttpSender } from "../../http/send/http_sender.ts";
import { toWellFormedJson } from "../../http/well_formed.ts";
import type { ApiEndpoint } from "./endpoint.ts";
import { ServerError } from "../provider_error.ts";
import type { ResponseMeta } from "../response_meta.ts";

/** What a request needs besides its body. */
export interface SendOptions {
  /** Aborts the request. */
  readonly signal: AbortSignal;
  /** Reads the headers of the response as soon as they arrive, whatever the status. */
  readonly meta: ResponseMeta;
}

/** Sends requests to one endpoint of a server. */
export class EndpointClient {
  readonly #endpoint: ApiEndpoint;
  readonly #sender: HttpSender;

  /** Creates a client for an endpoint. */
  constructor(endpoint: ApiEndpoint, sender: HttpSender) {
    this.#endpoint = endpoint;
    this.#sender = sender;
  }

  /**
   * Sends a request and waits for the headers of the response.
   *
   * @throws {ServerError} If the status is not 2xx.
   * @throws {ProviderError} If the body cannot be written as JSON, before anything is sent; or if
   * the server redirects the request.
   * @throws {ConnectionError | TypeError} If the connection fails.
   */
  async send(body: unknown, { signal, meta }: SendOptions): Promise<HttpResponse> {
    const { url, headers } = this.#endpoint;
    const response = await this.#sender.send({
      url,
      // Deno resends a request when the connection is reset. The key lets the server recognize the
      // duplicate.
      headers: { ...headers, "idempotency-key": crypto.randomUUID() },
      body: toJson(body),
      signal,
    });
    try {
      meta.read(response);
    } catch (thrown) {
      response.cancel();
      throw thrown;
    }
    const { status } = response;
    if (status >= 200 && status < 300) return response;
    if (isRedirect(status)) {
      response.cancel();
      throw redirectError({ status, location: response.headers.get("location"), url });
    }
    throw await readError(response);
  }
}

function toJson(body: unknown): string {
  try {
    return toWellFormedJson(body);
  } catch (cause) {
    throw new ProviderError(
      `its request cannot be written as JSON: ${redact(causeMessage(cause), [])}`,
      {
        code: "invalid_params",
        retryable: false,
        cause,
      },
    );
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A proxy may respond with an HTML page.
    return undefined;
  }
}

async function readError(response: HttpResponse): Promise<ServerError> {
  const text = await response.text(MAX_ERROR_BYTES).catch((thrown) =>
    // If the connection breaks while the body is read, the status alone is enough.
    thrown instanceof TooLargeError ? `with an error of more than ${MAX_ERROR_BYTES} bytes` : ""
  );
  return new ServerError(text, { status: response.status, billing: readBilling(parseJson(text)) });
}
