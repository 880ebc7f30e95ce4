import type { RateReport } from "../model/rate_report.ts";

/** How an attempt ended, as far as the server's limits are concerned. */
export type FeedbackOutcome =
  /** It was answered. */
  | "ok"
  /** The server rejected it for a limit. */
  | "rejected"
  /** The server failed. */
  | "failed"
  /** The outcome says nothing about limits: it was aborted, or failed on the client's side. */
  | "unknown";

/** What the outcome of an attempt says about the server's limits. */
export interface Feedback {
  /** How the attempt ended. */
  readonly outcome: FeedbackOutcome;
  /** How long the server asks clients to wait, in milliseconds. */
  readonly retryAfterMs?: number;
  /** The state of the server's rate limits. */
  readonly rates?: RateReport;
}
