/** The errors of the virtual provider, classified by status as an HTTP adapter does. */
import { ProviderError } from "../../model/errors.ts";
import type { ModelReply } from "../../model/message.ts";
import type { RateReport } from "../../model/rate_report.ts";

const RETRYABLE = new Set([408, 409, 429]);

/** An error response. */
export interface ErrorReply {
  readonly status: number;
  /** The message of the server. */
  readonly message?: string;
  readonly retryAfterMs?: number;
  /** Whether waiting does not help. */
  readonly final?: boolean;
}

/** Creates the error of a response with this status. */
export function statusError(
  { status, message, retryAfterMs, final = false }: ErrorReply,
  rates: RateReport | undefined,
): ProviderError {
  const what = message === undefined ? "" : `: ${message}`;
  return new ProviderError(`the server answered ${status}${what}`, {
    code: status === 429 ? "rate_limited" : status === 408 ? "timeout" : "provider",
    status,
    retryAfterMs,
    retryable: !final && (status >= 500 || RETRYABLE.has(status)),
    rates,
  });
}

/** Creates the error of a connection that breaks. */
export function networkError(): ProviderError {
  return new ProviderError("the connection failed: it was reset", {
    code: "network",
    retryable: true,
  });
}

/** Creates the error of an answer that is cut off after this text. */
export function truncatedError({ usage, rates }: ModelReply, text: string): ProviderError {
  return new ProviderError("the answer was cut off before its end", {
    code: "truncated",
    retryable: true,
    usage,
    rates,
    text,
  });
}
