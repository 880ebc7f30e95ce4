import type { RateReport } from "../../model/rate_report.ts";
import { readRateHeaders } from "../http/rate_headers.ts";
import { readRetryAfter } from "../http/retry_after.ts";

/** What response headers say about limits. */
export interface HeaderInfo {
  /** How long the server asks to wait, in milliseconds. */
  readonly retryAfterMs?: number;
  /** The state of the server's rate limits. */
  readonly rates?: RateReport;
}

/** Reads response headers, which the AI SDK passes as an object, if at all. */
export function readResponseHeaders(headers: unknown, status?: number): HeaderInfo {
  let all: Headers;
  try {
    all = new Headers(headers as Record<string, string> | undefined);
  } catch {
    // A model that does not use HTTP may pass anything.
    return {};
  }
  const now = Date.now();
  return {
    retryAfterMs: readRetryAfter(all, now),
    rates: readRateHeaders(all, now, { rejected: status === 429 }),
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
