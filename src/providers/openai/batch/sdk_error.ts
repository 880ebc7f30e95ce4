import { APIConnectionError, APIError, OpenAIError } from "openai";
import { ProviderError } from "../../../model/errors.ts";
import { TooLargeError } from "../../http/bounds/answer_limits.ts";
import { isRedirect, redirectError } from "../../http/redirect_error.ts";
import { ConnectionError } from "../../http/send/connection_error.ts";
import {
  type FailureContext,
  fromOpenAIError,
  malformedResponse,
  ServerError,
} from "../provider_error.ts";

/** What is known when a request of the SDK fails. */
export interface SdkFailureContext extends FailureContext {
  /** The base URL of the server. */
  readonly url: string;
}

/**
 * Converts what the official SDK threw into a `ProviderError`, without API keys in its message.
 * Without a request in the context, the server's words are not shown.
 */
export function fromSdkError(thrown: unknown, context: SdkFailureContext): unknown {
  if (thrown instanceof APIError && thrown.status !== undefined) {
    const { status, headers } = thrown;
    if (isRedirect(status)) {
      return redirectError({ status, location: headers?.get("location"), url: context.url });
    }
    const body = context.request === undefined ? {} : thrown.error ?? {};
    return fromOpenAIError(new ServerError(body, { status }), { headers, ...context });
  }
  if (thrown instanceof APIConnectionError) {
    return fromOpenAIError(new ConnectionError(thrown.cause ?? thrown), context);
  }
  if (thrown instanceof TooLargeError) {
    const max = thrown.maxBytes.toLocaleString("en-US");
    return new ProviderError(
      `a response of the server about batch files is larger than ${max} bytes: ` +
        "send fewer requests in a file with the option size",
      { code: "provider", retryable: false },
    );
  }
  if (thrown instanceof OpenAIError) return malformedResponse("is not JSON", context);
  return fromOpenAIError(thrown, context);
}
