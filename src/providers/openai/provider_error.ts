/**
 * Maps the errors of the SDK and of `fetch`, classified by status and code and never by the words
 * of a message.
 */
import { APIError, OpenAIError } from "openai";
import { isRecord } from "../../model/check_options.ts";
import { ProviderError } from "../../model/errors.ts";
import type { RateReport } from "../../model/rate_report.ts";
import type { Usage } from "../../model/usage.ts";
import { readRetryAfter } from "../http/retry_after.ts";
import { redact } from "../http/redact.ts";
import { readServerWait } from "../http/server_wait.ts";
import { readShouldRetry } from "../http/should_retry.ts";

const RETRYABLE_STATUSES = new Set([408, 409, 429]);
/** Error codes that are not retryable, whatever the status. */
const FINAL_CODES = new Set<unknown>([
  "insufficient_quota",
  "invalid_prompt",
  "data_residency_mismatch",
  "bio_policy",
  "misalignment_policy_violation",
  "invalid_image",
  "invalid_image_format",
  "invalid_base64_image",
  "invalid_image_url",
  "image_too_large",
  "image_too_small",
  "image_parse_error",
  "image_content_policy_violation",
  "invalid_image_mode",
  "image_file_too_large",
  "unsupported_image_media_type",
  "empty_image_file",
  "image_file_not_found",
]);
/** The statuses with which servers reject parameters they do not support. */
const UNSUPPORTED_STATUSES = new Set<number | undefined>([400, 422]);

/** A response that reports a failure in its body. */
export class FailedResponseError extends APIError {
  /** The usage, if the server reports it despite the failure. */
  readonly usage: Usage | undefined;

  /** Creates an error from the server's error object. Anything else is ignored. */
  constructor(error: unknown, usage: Usage | undefined) {
    super(undefined, isRecord(error) ? error : {}, undefined, undefined);
    this.usage = usage;
  }
}

/**
 * Converts what a request threw into a {@linkcode ProviderError}, without API keys in its message.
 *
 * @param rates The state of the server's rate limits.
 * @param advice What to try if the server does not support the request.
 */
export function fromOpenAIError(
  thrown: unknown,
  keys: readonly string[],
  rates: RateReport | undefined,
  advice?: string,
): unknown {
  if (thrown instanceof ProviderError) return thrown;
  if (thrown instanceof APIError) return statusError(thrown, keys, rates, advice);
  // The response is not JSON, or has no body. The message of a SyntaxError would quote the
  // response.
  if (thrown instanceof SyntaxError || thrown instanceof OpenAIError) {
    return new ProviderError("the server's response is not JSON", {
      code: "provider",
      retryable: true,
      rates,
    });
  }
  // fetch throws a TypeError when the connection breaks while the response is read.
  if (thrown instanceof TypeError || (thrown as { name?: string })?.name === "Http") {
    return networkError(thrown as Error, keys, rates);
  }
  return thrown;
}

function networkError(
  error: Error,
  keys: readonly string[],
  rates: RateReport | undefined,
): ProviderError {
  // Deno's message is only "fetch failed". The reason is in the cause, after a URL that may have a
  // key.
  const message = error.cause instanceof Error ? error.cause.message : error.message;
  const reason = redact(message.replace(/^error sending request .*?: (?=client error)/, ""), keys);
  return new ProviderError(`the connection failed: ${reason}`, {
    code: "network",
    retryable: true,
    rates,
  });
}

function statusError(
  error: APIError,
  keys: readonly string[],
  rates: RateReport | undefined,
  advice: string | undefined,
): ProviderError {
  // An error in the body of a response has no status. Gateways put the status into its code.
  const inner = error.error as { message?: unknown; code?: unknown } | undefined;
  const code = inner?.code ?? error.code;
  const number = Number(code);
  const status = error.status ?? (number >= 400 && number < 600 ? number : undefined);
  // A body without a message may be anything, even the prompt, and is not shown.
  const detail = typeof inner?.message === "string" ? `: ${redact(inner.message, keys)}` : "";
  const isRateLimited = status === 429 || code === "rate_limit_exceeded";
  const { headers } = error;
  const now = Date.now();
  const hint = advice !== undefined && UNSUPPORTED_STATUSES.has(status) ? ` (${advice})` : "";
  return new ProviderError(
    status === undefined
      ? `the server reported an error${detail}`
      : `the server answered ${status}${detail}${hint}`,
    {
      code: isRateLimited ? "rate_limited" : status === 408 ? "timeout" : "provider",
      status,
      retryAfterMs: isRateLimited
        ? readServerWait({ headers, body: inner ?? error.message, now })
        : headers && readRetryAfter(headers, now),
      retryable: (headers && readShouldRetry(headers)) ??
        (!FINAL_CODES.has(code) &&
          (status === undefined || status >= 500 || RETRYABLE_STATUSES.has(status))),
      usage: error instanceof FailedResponseError ? error.usage : undefined,
      rates,
    },
  );
}
