import { ProviderError } from "../../model/errors.ts";

/** Rejects the request before anything is sent. It would fail with other models, too. */
export function reject(message: string): never {
  throw new ProviderError(message, { code: "invalid_params", retryable: false });
}
