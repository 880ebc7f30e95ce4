/** Recorded runs as JSON: `shoal runs --json` and `shoal show --json`. */
import type { Summary } from "../../../mod.ts";
import type { JournalSummary } from "../../journal/mod.ts";
import { NO_USAGE } from "../../model/usage.ts";
import type { FailureCluster } from "../run/failure_clusters.ts";

/**
 * A run in `shoal runs --json`, which prints one line for each: the totals of all starts, with the
 * names of `summarize()`. A run that has no rows yet has only zeros.
 */
export interface RunListing extends JournalSummary {
  /** Why the run cannot be read; all numbers are 0 then. */
  readonly error?: string;
}

/**
 * What `shoal show --json` prints: the totals of all starts, and the summary of the recorded rows.
 * `durationMs` and `verdict` are those of a random sample of 20,000 rows.
 */
export interface RunDetails
  extends
    JournalSummary,
    Pick<Summary, "cached" | "attempts" | "durationMs" | "timeSpent" | "verdict" | "byModel"> {
  /** The number of answers that reached their limit of tokens, and are cut off. */
  readonly cutOff: number;
  /** The failures by their cause, the most frequent first. */
  readonly failures: readonly FailureCluster[];
  /** The arguments with which the run was started, after `shoal run`. Absent if unrecorded. */
  readonly args?: readonly string[];
}

/** Returns the listing of a run without rows, or of one that cannot be read. */
export function emptyListing(
  runId: string,
  { createdAt = 0, error }: { readonly createdAt?: number; readonly error?: string },
): RunListing {
  return {
    runId,
    total: 0,
    ok: 0,
    failed: 0,
    started: 0,
    usage: NO_USAGE,
    unpriced: 0,
    byError: {},
    createdAt,
    updatedAt: createdAt,
    error,
  };
}
