/**
 * The official SDK prepares and knows the errors; only the sending is ours. The SDK builds and checks the same dozen headers and parses the
 * same URL for every request, and sets a timer and a controller beside ours: that is more than half of what a request costs. So it
 * prepares one request, and all others take its URL and headers.
 */
import { APIError, type OpenAI } from "openai";
import { ProviderError } from "../../model/errors.ts";
import type { ResponseMeta } from "./response_meta.ts";
import type { ConnectionLease } from "../http/transport.ts";

/** What a request needs beside its body. */
export interface SendOptions {
  /** Aborts it. */
  readonly signal: AbortSignal;
  /** The connection that it may use. */
  readonly lease: ConnectionLease;
  /** Told of the answer as soon as its headers are there, whatever its status. */
  readonly meta: ResponseMeta;
}

/** Sends bodies to one path of a server. */
export class EndpointClient {
  readonly #sdk: OpenAI;
  readonly #path: string;
  #prepared:
    | Promise<{ readonly url: string; readonly headers: Record<string, string> }>
    | undefined;

  /** For this path below the SDK's base URL. */
  constructor(sdk: OpenAI, path: string) {
    this.#sdk = sdk;
    this.#path = path;
  }

  /**
   * Sends a body and waits for the headers of the answer.
   *
   * @throws {APIError} If the status says that it failed.
   * @throws {ProviderError} If the body is no JSON: then nothing was sent.
   * @throws {TypeError} If there is no connection.
   */
  async send(body: unknown, { signal, lease, meta: heard }: SendOptions): Promise<Response> {
    const { url, headers } = await (this.#prepared ??= this.#prepare());
    await lease.gate?.wait(signal);
    const response = await fetch(url, {
      method: "POST",
      // A connection that is reset makes Deno send the request again: the key tells the server that it is the same one.
      headers: { ...headers, "idempotency-key": crypto.randomUUID() },
      body: jsonOf(body),
      signal,
      client: lease.client,
    });
    lease.gate?.open();
    try {
      heard.read(response);
    } catch (thrown) {
      await response.body?.cancel();
      throw thrown;
    }
    if (!response.ok) throw await errorOf(response);
    return response;
  }

  /**
   * Sends a body and reads the whole answer.
   *
   * @throws {APIError} If the answer is an error, whatever its status.
   */
  async sendForJson<T>(body: unknown, sending: SendOptions): Promise<T> {
    const response = await this.send(body, sending);
    const json = await response.json();
    // OpenRouter begins with 200 and fails then, in a whole answer as in a stream.
    // An answer of the Responses API tells beside its error what was used.
    if (json?.error && json.object !== "response") {
      throw new APIError(undefined, json.error, undefined, response.headers);
    }
    return json;
  }

  async #prepare() {
    const { url, req } = await this.#sdk.buildRequest({
      method: "post",
      path: this.#path,
      body: {},
    });
    // What the SDK tells about itself and the machine is nobody's business, and each header costs a microsecond.
    const headers = [...req.headers].filter(([name]) => !name.startsWith("x-stainless-"));
    return { url, headers: Object.fromEntries(headers) };
  }
}

function jsonOf(body: unknown): string {
  try {
    return JSON.stringify(body);
  } catch (cause) {
    throw new ProviderError("its request cannot be written as JSON: see the cause", {
      code: "invalid_params",
      retryable: false,
      cause,
    });
  }
}

async function errorOf(response: Response): Promise<APIError> {
  // The status tells enough if the connection breaks behind it.
  const text = await response.text().catch(() => "");
  let json: { error?: unknown } | undefined;
  try {
    json = JSON.parse(text);
    // Gemini puts its errors into a list.
    if (Array.isArray(json)) json = json[0];
  } catch {
    // A proxy in between may answer with a page.
  }
  const body = typeof json === "object" && json !== null ? { error: json, ...json } : undefined;
  return APIError.generate(
    response.status,
    body,
    body === undefined ? text : undefined,
    response.headers,
  );
}
