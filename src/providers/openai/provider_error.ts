/** What can go wrong with a request, told once and for all: by status and code, never by words in a message. */
import { APIError, OpenAIError } from "openai";
import { isRecord } from "../../model/check_options.ts";
import { ProviderError } from "../../model/errors.ts";
import type { RateReport } from "../../model/rate_report.ts";
import type { Usage } from "../../model/usage.ts";
import { readRetryAfter } from "../http/retry_after.ts";
import { redact } from "../http/redact.ts";

const RETRYABLE = new Set([408, 409, 429]);
/** What is said of an answer that failed after it had begun, and would fail again. */
const FINAL = new Set<unknown>([
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
/** What servers answer to what they do not know. */
const NOT_UNDERSTOOD = new Set<number | undefined>([400, 422]);

/** An answer that says of itself that it failed. */
export class FailedResponseError extends APIError {
  /** What was used all the same, if the server says so. */
  readonly usage: Usage | undefined;

  /** The server's words, whatever they are. */
  constructor(told: unknown, usage: Usage | undefined) {
    super(undefined, isRecord(told) ? told : {}, undefined, undefined);
    this.usage = usage;
  }
}

/**
 * The error of a request, without any key in it.
 *
 * @param rates What the server said before it failed.
 * @param advice What may help if the server did not understand the request.
 */
export function fromOpenAIError(
  thrown: unknown,
  keys: readonly string[],
  rates: RateReport | undefined,
  advice?: string,
): unknown {
  if (thrown instanceof ProviderError) return thrown;
  if (thrown instanceof APIError) return statusError(thrown, keys, rates, advice);
  // The SDK cannot read a stream that has no body at all; the message of a SyntaxError would quote the answer.
  if (thrown instanceof SyntaxError || thrown instanceof OpenAIError) {
    return new ProviderError("the server's answer is not JSON", {
      code: "provider",
      retryable: true,
      rates,
    });
  }
  // fetch tells of a connection that broke while the answer was read by a TypeError.
  if (thrown instanceof TypeError || (thrown as { name?: string })?.name === "Http") {
    return network(thrown as Error, keys, rates);
  }
  return thrown;
}

function network(
  error: Error,
  keys: readonly string[],
  rates: RateReport | undefined,
): ProviderError {
  // Deno says only "fetch failed", and the reason in the cause, behind a URL that may have a key in it.
  const told = error.cause instanceof Error ? error.cause.message : error.message;
  const what = redact(told.replace(/^error sending request .*?: (?=client error)/, ""), keys);
  return new ProviderError(`the connection failed: ${what}`, {
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
  // An error inside an answer that began well has no status; gateways put a number into its code.
  const inner = error.error as { message?: unknown; code?: unknown } | undefined;
  const code = inner?.code ?? error.code;
  const number = Number(code);
  const status = error.status ?? (number >= 400 && number < 600 ? number : undefined);
  // What is no message may be anything, the prompt among it.
  const what = typeof inner?.message === "string" ? `: ${redact(inner.message, keys)}` : "";
  const hint = advice !== undefined && NOT_UNDERSTOOD.has(status) ? ` (${advice})` : "";
  return new ProviderError(
    status === undefined
      ? `the server failed while it answered${what}`
      : `the server answered ${status}${what}${hint}`,
    {
      code: status === 429 || code === "rate_limit_exceeded"
        ? "rate_limited"
        : status === 408
        ? "timeout"
        : "provider",
      status,
      retryAfterMs: error.headers === undefined
        ? undefined
        : readRetryAfter(error.headers, Date.now()),
      retryable: !FINAL.has(code) &&
        (status === undefined || status >= 500 || RETRYABLE.has(status)),
      usage: error instanceof FailedResponseError ? error.usage : undefined,
      rates,
    },
  );
}
