import type { AgentError, ProgressReport, Result } from "../../../mod.ts";
import { hasCutOffAnswer } from "../checks/cut_off_answers.ts";
import { errorText } from "../messages/describe_error.ts";
import type { SummaryTotals } from "../report/summary_totals.ts";
import { RowTotal } from "../rows/row_total.ts";
import { ReservoirSample } from "./reservoir_sample.ts";

/** The progress of a run at one moment. */
export interface RunSnapshot {
  /** The name of the run. */
  readonly name: string;
  /** Rows that are finished, including bad ones. */
  readonly done: number;
  /** The number of rows in the input, once it is known. */
  readonly total?: number;
  /** Whether `total` is an estimate. */
  readonly isTotalEstimated: boolean;
  /** Rows with an answer. */
  readonly ok: number;
  /** Rows that failed. */
  readonly failed: number;
  /** Rows that could not be read. */
  readonly bad: number;
  /** Answers from the cache. */
  readonly cached: number;
  /** Rows that an earlier start has finished. */
  readonly replayed: number;
  /** Answers that reached the limit of tokens, and are cut off. */
  readonly cutOff?: number;
  /** Whether the run has finished all rows. */
  readonly isComplete?: boolean;
  /** Rows in flight. */
  readonly inFlight: number;
  /** The adaptive limit, if there is one. */
  readonly limit?: number;
  /** Finished rows per second. */
  readonly perSecond: number;
  /** Tokens of this start. */
  readonly tokens: number;
  /** The cost of this start in US dollars, if prices are known. */
  readonly cost?: number;
  /** The estimated cost of all rows in US dollars. */
  readonly projectedCost?: number;
  /** The estimated time to the end, in milliseconds. */
  readonly etaMs?: number;
  /** The last error, and the number of errors of its kind. */
  readonly lastError?: { readonly code: string; readonly message: string; readonly count: number };
}

/** The number of results kept for the verdict: memory stays flat. */
const SAMPLE_SIZE = 5_000;

/** Counts the rows of a run. */
export class RunStats {
  /** Rows with an answer. */
  ok = 0;
  /** Rows that failed. */
  failed = 0;
  /** Rows that could not be read or sent. */
  bad = 0;
  /** Bad rows that could not be read. */
  unreadable = 0;
  /** Rows whose cells are all empty: they are not sent. */
  empty = 0;
  /** Whether anything was sent, in this start or an earlier one. */
  isSent = false;
  /** Rows that have started and did not finish: they run again when the run is resumed. */
  unfinished = 0;
  /** Answers from the cache. */
  cached = 0;
  /** Rows that an earlier start has finished. */
  replayed = 0;
  /** Answers that reached the limit of tokens, and are cut off. */
  cutOff = 0;
  /** Calls of tools that threw. The model was told, and may have answered nevertheless. */
  toolErrors = 0;
  /** Tokens of this start. */
  tokens = 0;
  /** The cost of this start in US dollars, if a price is known. */
  cost: number | undefined;
  /** The adaptive limit, if there is one. */
  limit: number | undefined;
  /** The number of rows of the run. */
  readonly rows: RowTotal;
  /** When the exceeded rate limit renews, in milliseconds since 1970, if that stopped the run. */
  renewsAt: number | undefined;
  /** Sums up all results for `--json`; `undefined` without it. */
  totals: SummaryTotals | undefined;
  /** The latest progress report of the run. */
  progress: ProgressReport | undefined;
  /** A sample of the results of this start. */
  readonly sample = new ReservoirSample<Result>(SAMPLE_SIZE);
  readonly #errorCounts = new Map<string, number>();
  #lastError: { readonly code: string; readonly message: string } | undefined;

  /** Counts the rows of a run with at most `limit` valid rows. */
  constructor(limit?: number) {
    this.rows = new RowTotal(limit);
  }

  /** Counts a finished row. */
  count(result: Result): void {
    if (result.ok) {
      this.ok++;
      if (hasCutOffAnswer(result)) this.cutOff++;
    } else this.#countFailure(result.error);
    if (result.cached) this.cached++;
    if (result.replayed) this.replayed++;
    else this.#addUsage(result);
    this.totals?.add(result);
  }

  /** Counts a row that has started and did not finish. */
  countUnfinished(result: Result): void {
    this.unfinished++;
    this.#addUsage(result);
    this.totals?.addSpending(result);
  }

  #addUsage(result: Result): void {
    this.sample.add(result);
    this.tokens += result.usage.totalTokens;
    if (result.cost !== undefined) this.cost = (this.cost ?? 0) + result.cost.total;
  }

  /** Returns the progress at this moment. */
  snapshot(name: string): RunSnapshot {
    const { ok, failed, bad, empty, replayed, cutOff, cost, progress, rows } = this;
    const done = ok + failed + bad + empty;
    const { total, isEstimated = false } = rows.current(bad + empty) ?? {};
    const isComplete = rows.isComplete && done >= rows.read;
    const { perSecond = 0, inFlight = 0 } = progress ?? {};
    const ran = ok + failed - replayed;
    const left = total === undefined ? undefined : Math.max(0, total - done);
    const lastError = this.#lastError &&
      { ...this.#lastError, count: this.#errorCounts.get(this.#lastError.code)! };
    return {
      name,
      done,
      total,
      isTotalEstimated: isEstimated,
      isComplete,
      ok,
      failed,
      bad,
      cached: this.cached,
      replayed,
      cutOff,
      inFlight,
      limit: this.limit,
      perSecond,
      tokens: this.tokens,
      cost,
      projectedCost: cost === undefined || left === undefined || ran === 0
        ? undefined
        : cost + left * cost / ran,
      // An earlier estimate of the rows may have been too low: then there is none, rather than 0.
      etaMs: !left || perSecond === 0 ? undefined : left / perSecond * 1_000,
      lastError,
    };
  }

  #countFailure(error: AgentError): void {
    const { code, status } = error;
    this.failed++;
    const kind = status === undefined ? code : `${code} ${status}`;
    this.#errorCounts.set(kind, (this.#errorCounts.get(kind) ?? 0) + 1);
    this.#lastError = { code: kind, message: errorText(error) };
  }
}
