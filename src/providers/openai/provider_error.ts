/** Maps the errors of servers, of the SDK and of the connection. */
import { connectionFailure } from "../../model/connection_failure.ts";
import { ProviderError } from "../../model/errors.ts";
import type { ModelRequest } from "../../model/message.ts";
import type { RateReport } from "../../model/rate_report.ts";
import type { Billing } from "../../model/usage.ts";
import { answerTooLarge, TooLargeError } from "../http/bounds/answer_limits.ts";
import { classifyFailure } from "../http/classify_failure.ts";
import type { HeaderReader } from "../http/header_reader.ts";
import { hidePrompt } from "../http/prompt/hide_prompt.ts";
import { readRetryAfter } from "../http/retry_after.ts";
import { redact } from "../http/redact.ts";
import { readServerWait } from "../http/server_wait.ts";
import { ConnectionError } from "../http/send/connection_error.ts";
import { readShouldRetry } from "../http/should_retry.ts";

/** The statuses with which servers reject parameters they do not support. */
const UNSUPPORTED_STATUSES = new Set<number | undefined>([400, 422]);

/** An error that a server reports: by the status of its response, in its body or in an event. */
export class ServerError extends Error {
  /** The HTTP status, unless it is 2xx. */
  readonly status: number | undefined;
  /** The body or the event: parsed JSON or text. */
  readonly body: unknown;
  /** What the server reports about the price despite the failure. */
  readonly billing: Billing | undefined;
  /** The text received before the failure. */
  readonly text: string | undefined;

  /** Creates an error. */
  constructor(
    body: unknown,
    more: { readonly status?: number; readonly billing?: Billing; readonly text?: string } = {},
  ) {
    super("the server reported an error");
    this.body = body;
    this.status = more.status;
    this.billing = more.billing;
    this.text = more.text;
  }
}

/** A response that is not JSON. The message says what it is instead. */
export class DocumentError extends Error {}

/** What is known when a request fails. */
export interface FailureContext {
  /** The API keys, which are redacted. */
  readonly keys: readonly string[];
  /** The request, whose texts are not shown. */
  readonly request?: Pick<ModelRequest, "messages">;
  /** The headers of the response, if there was one. */
  readonly headers?: HeaderReader;
  /** The state of the server's rate limits. */
  readonly rates?: RateReport;
  /** What to try if the server does not support the request. */
  readonly advice?: string;
  /** What the response said about its price before the failure. */
  readonly billing?: Billing;
}

/**
 * Converts what a request threw into a {@linkcode ProviderError}, without API keys in its message.
 */
export function fromOpenAIError(thrown: unknown, context: FailureContext): unknown {
  if (thrown instanceof ProviderError) return thrown;
  if (thrown instanceof TooLargeError) return answerTooLarge(thrown);
  if (thrown instanceof ServerError) return failureOf(thrown, context);
  if (thrown instanceof DocumentError) return malformedResponse(thrown.message, context);
  // The message of a SyntaxError would quote the response.
  if (thrown instanceof SyntaxError) return malformedResponse("is not JSON", context);
  if (thrown instanceof ConnectionError) return networkError(thrown, context);
  // fetch throws a TypeError when the connection breaks while the response is read.
  if (thrown instanceof TypeError || (thrown as { name?: string })?.name === "Http") {
    return networkError(thrown as Error, context);
  }
  return thrown;
}

/** Returns the error of a response that is not what the API specifies. */
export function malformedResponse(
  problem: string,
  more: { readonly billing?: Billing; readonly rates?: RateReport; readonly text?: string } = {},
): ProviderError {
  return new ProviderError(`the server's response ${problem}`, {
    code: "provider",
    retryable: true,
    ...more.billing,
    rates: more.rates,
    text: more.text,
  });
}

function networkError(error: Error, { keys, rates, billing }: FailureContext): ProviderError {
  return new ProviderError(`the connection failed: ${redact(connectionFailure(error), keys)}`, {
    code: "network",
    retryable: true,
    ...billing,
    rates,
  });
}

function failureOf(error: ServerError, context: FailureContext): ProviderError {
  const { keys, request, headers, rates, advice, billing } = context;
  const { code, status, retryable, isFinal, reason, text } = classifyFailure(
    error.status,
    error.body,
  );
  const shown = reason !== undefined && request !== undefined
    ? hidePrompt(reason, request)
    : reason;
  const detail = shown === undefined ? "" : `: ${redact(shown, keys)}`;
  // An answer that does not fit shows that the server supports schemas.
  const isUnsupported = UNSUPPORTED_STATUSES.has(status) && code === "provider";
  const hint = advice !== undefined && isUnsupported ? ` (${advice})` : "";
  return new ProviderError(
    status === undefined
      ? `the server reported an error${detail}`
      : `the server answered ${status}${detail}${hint}`,
    {
      code,
      status,
      retryAfterMs: code === "rate_limited"
        ? readServerWait({ headers, body: error.body, now: Date.now() })
        : headers && readRetryAfter(headers, Date.now()),
      retryable: !isFinal && ((headers && readShouldRetry(headers)) ?? retryable),
      ...billing,
      ...error.billing,
      rates,
      text: text ?? error.text,
    },
  );
}
