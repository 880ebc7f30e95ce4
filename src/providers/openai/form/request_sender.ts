import type { ModelRequest } from "../../../model/message.ts";
import type { Api } from "../api.ts";
import type { EndpointClient, SendOptions } from "../endpoint/client.ts";
import { isFailure } from "../../http/classify_failure.ts";
import type { HttpResponse } from "../../http/send/http_sender.ts";
import { textSource } from "../../http/send/text_source.ts";
import { ServerError } from "../provider_error.ts";
import { isRejection, learnForm } from "./learn_form.ts";
import { FULL_FORM, type RequestForm } from "./request_form.ts";

/** The maximum number of forms in which one request is sent. */
const MAX_FORMS = 4;

/** What a sender needs to know. */
export interface RequestSenderOptions {
  /** Returns the message of an error, without API keys. */
  readonly describe: (thrown: unknown, request: ModelRequest) => string;
  /** The maximum size of a response, in bytes. */
  readonly maxBytes: number;
}

/**
 * Sends requests in the form that the server accepts for a model.
 *
 * If the server rejects a field that the provider has added, the request is sent again without it,
 * and so are all later ones to that model. These are the only requests that a provider repeats: a
 * rejected request is not billed.
 */
export class RequestSender {
  readonly #client: EndpointClient;
  readonly #api: Api;
  readonly #options: RequestSenderOptions;
  /** What was learned, by model. */
  readonly #forms = new Map<string, RequestForm>();

  /** Creates a sender for one API of a server. */
  constructor(client: EndpointClient, api: Api, options: RequestSenderOptions) {
    this.#client = client;
    this.#api = api;
    this.#options = options;
  }

  /** Sends a request and waits for the headers of the streamed response. */
  send(request: ModelRequest, options: SendOptions): Promise<HttpResponse> {
    const send = (form: RequestForm) => {
      const body = this.#api.buildRequest(request, { stream: true, form });
      return {
        body,
        response: this.#client.send(body, options).then((one) =>
          throwRejection(one, this.#options)
        ),
      };
    };
    return this.#adapt(request, options, send);
  }

  /**
   * Sends a request and reads the complete response. A rejection may also be in a response with
   * status 200.
   */
  sendAndRead<T>(
    request: ModelRequest,
    options: SendOptions,
    read: (response: HttpResponse) => Promise<T>,
  ): Promise<T> {
    const send = (form: RequestForm) => {
      const body = this.#api.buildRequest(request, { stream: false, form });
      return { body, response: this.#client.send(body, options).then(read) };
    };
    return this.#adapt(request, options, send);
  }

  async #adapt<T>(
    request: ModelRequest,
    { signal, meta }: SendOptions,
    send: (form: RequestForm) => { readonly body: object; readonly response: Promise<T> },
  ): Promise<T> {
    const known = this.#forms.get(request.model) ?? FULL_FORM;
    let form = known;
    for (let sent = 1;; sent++) {
      const startedAt = Date.now();
      const began = performance.now();
      const { body, response } = send(form);
      try {
        const received = await response;
        if (form !== known) this.#remember(request.model, form);
        return received;
      } catch (thrown) {
        signal.throwIfAborted();
        // Any other failure shows that the server accepted the form.
        if (form !== known && !isRejection(thrown)) this.#remember(request.model, form);
        const mayRename = this.#api.learnsMaxTokensField &&
          form.maxTokensField === known.maxTokensField;
        const next = sent < MAX_FORMS
          ? learnForm(thrown, { request, body, form, mayRename })
          : undefined;
        if (next === undefined) throw thrown;
        meta.addRejection({
          startedAt,
          durationMs: performance.now() - began,
          status: (thrown as { status?: number }).status ?? 400,
          message: this.#options.describe(thrown, request),
        });
        form = next;
      }
    }
  }

  /** Adds a form to what other requests have learned at the same time. */
  #remember(model: string, { without, maxTokensField }: RequestForm): void {
    const known = this.#forms.get(model) ?? FULL_FORM;
    this.#forms.set(model, {
      without: new Set([...known.without, ...without]),
      maxTokensField: maxTokensField ?? known.maxTokensField,
    });
  }
}

/**
 * Returns the response to a request for a stream. Gateways send the rejections of other servers
 * with status 200, as JSON whose length is known. A stream has no length.
 *
 * @throws {ServerError} If the response is a rejection.
 */
async function throwRejection(
  response: HttpResponse,
  { maxBytes }: RequestSenderOptions,
): Promise<HttpResponse> {
  const { status, headers } = response;
  const isJson = /^application\/json\b/i.test(headers.get("content-type") ?? "");
  if (!isJson || headers.get("content-length") === null) return response;
  const text = await response.text(maxBytes);
  const body = parseJson(text);
  const error = new ServerError(body);
  if (isFailure(body) && isRejection(error)) throw error;
  return { status, headers, text: () => Promise.resolve(text), ...textSource(text) };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
