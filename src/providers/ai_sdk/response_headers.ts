import type { RateReport } from "../../model/rate_report.ts";
import { readRateHeaders } from "../http/rate_headers.ts";
import { readRetryAfter } from "../http/retry_after.ts";
import { readServerWait } from "../http/server_wait.ts";
import { readShouldRetry } from "../http/should_retry.ts";

/** What response headers say about limits and retries. */
export interface HeaderInfo {
  /** How long the server asks to wait, in milliseconds. */
  readonly retryAfterMs?: number;
  /** The state of the server's rate limits. */
  readonly rates?: RateReport;
  /** Whether the server says that another attempt may succeed. */
  readonly shouldRetry?: boolean;
}

/**
 * Reads response headers, which the AI SDK passes as an object, if at all.
 *
 * @param options.rejected Whether the server rejected the request because of a limit.
 * @param options.body The body of such a response: it may say how long to wait.
 */
export function readResponseHeaders(
  headers: unknown,
  { rejected = false, body }: { readonly rejected?: boolean; readonly body?: unknown } = {},
): HeaderInfo {
  let all: Headers;
  try {
    all = new Headers(headers as Record<string, string> | undefined);
  } catch {
    // A model that does not use HTTP may pass anything.
    all = new Headers();
  }
  const now = Date.now();
  return {
    retryAfterMs: rejected ? readServerWait({ headers: all, body, now }) : readRetryAfter(all, now),
    rates: readRateHeaders(all, now, { rejected }),
    shouldRetry: readShouldRetry(all),
  };
}

/** Whether response headers announce JSON. */
export function hasJsonBody(headers: unknown): boolean {
  try {
    const type = new Headers(headers as Record<string, string> | undefined).get("content-type");
    return /^application\/([\w.-]+\+)?json\b/i.test(type ?? "");
  } catch {
    return false;
  }
}
