import { APIConnectionError, APIError, OpenAIError } from "openai";
import { ConnectionError } from "../../http/send/connection_error.ts";
import {
  type FailureContext,
  fromOpenAIError,
  malformedResponse,
  ServerError,
} from "../provider_error.ts";

/** Converts what the official SDK threw into a `ProviderError`, without API keys in its message. */
export function fromSdkError(thrown: unknown, context: FailureContext): unknown {
  if (thrown instanceof APIError && thrown.status !== undefined) {
    const { status, headers } = thrown;
    const error = new ServerError(thrown.error ?? {}, { status });
    return fromOpenAIError(error, { headers, ...context });
  }
  if (thrown instanceof APIConnectionError) {
    return fromOpenAIError(new ConnectionError(thrown.cause ?? thrown), context);
  }
  if (thrown instanceof OpenAIError) return malformedResponse("is not JSON", context);
  return fromOpenAIError(thrown, context);
}
