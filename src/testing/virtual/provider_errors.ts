/**
 * What the virtual provider throws, classified as an adapter over HTTP does: by status.
 */
import { ProviderError } from "../../model/errors.ts";
import type { ModelReply } from "../../model/message.ts";
import type { RateReport } from "../../model/rate_report.ts";

const RETRYABLE = new Set([408, 409, 429]);

/** An answer that is an error. */
export interface ErrorReply {
  readonly status: number;
  /** What the server says of it. */
  readonly message?: string;
  readonly retryAfterMs?: number;
  /** No waiting helps. */
  readonly final?: boolean;
}

/** The error of an answer with a status. */
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

/** The error of a connection that breaks. */
export function networkError(): ProviderError {
  return new ProviderError("the connection failed: it was reset", {
    code: "network",
    retryable: true,
  });
}

/** The error of an answer that breaks off behind this text. */
export function truncatedError({ usage, rates }: ModelReply, text: string): ProviderError {
  return new ProviderError("the answer broke off before its end", {
    code: "truncated",
    retryable: true,
    usage,
    rates,
    text,
  });
}
