/** The progress of a run as JSON: `shoal run --json`. */
import type { RunSnapshot } from "../run/run_stats.ts";

/**
 * A line of progress of `shoal run --json` on the standard error, one every `--progress-every`,
 * with the names of a `ProgressReport`. Tokens and costs are those of this start.
 */
export interface RunProgress {
  /** The kind of the line. */
  readonly type: "progress";
  /** The name of the run. */
  readonly runId: string;
  /** The number of finished rows, including those that could not be read or sent. */
  readonly done: number;
  /** The number of rows in the input. Absent until it is known, and for the standard input. */
  readonly total?: number;
  /** The number of rows with an answer. */
  readonly ok: number;
  /** The number of rows that failed. */
  readonly failed: number;
  /** The number of rows that could not be read or sent. */
  readonly bad: number;
  /** The number of answers that reached their limit of tokens, and are cut off. */
  readonly cutOff: number;
  /** The number of answers from the cache. */
  readonly cached: number;
  /** The number of rows that an earlier start has finished. */
  readonly replayed: number;
  /** The number of rows in flight. */
  readonly inFlight: number;
  /** The adaptive concurrency, if there is one. */
  readonly concurrency?: number;
  /** The number of rows that finish in a second. */
  readonly perSecond: number;
  /** The number of tokens. */
  readonly tokens: number;
  /** The cost in US dollars, if prices are known. */
  readonly cost?: number;
  /** The estimated time to the end, in milliseconds. */
  readonly etaMs?: number;
}

/** Returns the progress of a run as one line of JSON. */
export function formatProgress(run: RunSnapshot): string {
  const progress: RunProgress = {
    type: "progress",
    runId: run.name,
    done: run.done,
    total: run.total,
    ok: run.ok,
    failed: run.failed,
    bad: run.bad,
    cutOff: run.cutOff ?? 0,
    cached: run.cached,
    replayed: run.replayed,
    inFlight: run.inFlight,
    concurrency: run.limit,
    perSecond: run.perSecond,
    tokens: run.tokens,
    cost: run.cost,
    etaMs: run.etaMs,
  };
  return JSON.stringify(progress);
}
