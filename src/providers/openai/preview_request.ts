/** Shows the requests of a provider without sending them. */
import type { ModelRequest } from "../../model/message.ts";
import type { Provider } from "../../model/provider.ts";

/** A request as it would be sent, without its headers: they have the key. */
export interface RequestPreview {
  /** The URL, without keys. */
  readonly url: string;
  /** The body, which is sent as JSON. */
  readonly body: object;
}

type CreatePreview = (request: ModelRequest) => RequestPreview;

const previews = new WeakMap<Provider, CreatePreview>();

/** Registers how a provider builds its requests. */
export function registerPreview(provider: Provider, createPreview: CreatePreview): void {
  previews.set(provider, createPreview);
}

/**
 * Returns a request as the provider would send it; `undefined` if the provider was not created by
 * `openai()`.
 *
 * @throws {ProviderError} If the API of the provider does not support a part of the request.
 */
export function previewRequest(
  provider: Provider,
  request: ModelRequest,
): RequestPreview | undefined {
  return previews.get(provider)?.(request);
}
