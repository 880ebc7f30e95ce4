import { ProviderError } from "../../../model/errors.ts";

/** Returns the error of a request to a provider that was disposed. */
export function disposedError(): ProviderError {
  return new ProviderError("the provider was disposed", { code: "provider", retryable: false });
}
