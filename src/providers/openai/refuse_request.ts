import { ProviderError } from "../../model/errors.ts";

/** Throws the error of a request that cannot be sent as it is. Nothing is sent. */
export function refuseRequest(message: string): never {
  throw new ProviderError(message, { code: "invalid_params", retryable: false });
}

/**
 * Rejects a `stream` in `extra`: the answer could not be read.
 *
 * @throws {ProviderError} If `extra` has a `stream`.
 */
export function refuseStreamField(extra: Readonly<Record<string, unknown>> | undefined): void {
  if (extra?.stream === undefined) return;
  refuseRequest('extra must not have "stream": use `stream` or `onDelta` of the call instead');
}
