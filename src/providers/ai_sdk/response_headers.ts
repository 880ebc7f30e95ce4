/** What the headers of an answer tell beside the answer. */
import type { RateReport } from "../../model/rate_report.ts";
import { ratesOf } from "../http/rate_headers.ts";
import { retryAfterOf } from "../http/retry_after.ts";

/** What they can tell. */
export interface Told {
  /** How long the server asks to wait, in milliseconds. */
  readonly retryAfterMs?: number;
  /** Where its rate limits stand. */
  readonly rates?: RateReport;
}

/** What these headers tell; the AI SDK hands them on as an object, if at all. */
export function toldBy(headers: unknown, status?: number): Told {
  let all: Headers;
  try {
    all = new Headers(headers as Record<string, string> | undefined);
  } catch {
    // A model that is no HTTP may hand on anything.
    return {};
  }
  const now = Date.now();
  return { retryAfterMs: retryAfterOf(all, now), rates: ratesOf(all, now, status === 429) };
}
