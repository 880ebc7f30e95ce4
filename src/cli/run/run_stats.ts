import type { AgentError, ProgressReport, Result } from "../../../mod.ts";
import { ReservoirSample } from "./reservoir_sample.ts";

/** How far a run is, for whoever shows it. */
export interface RunSnapshot {
  /** The run's name. */
  readonly name: string;
  /** Rows that are finished, bad ones too. */
  readonly done: number;
  /** How many rows there are, if that is known. */
  readonly total?: number;
  /** Is the total a guess? */
  readonly isTotalEstimated: boolean;
  /** Rows with an answer. */
  readonly ok: number;
  /** Rows that failed. */
  readonly failed: number;
  /** Rows that could not be read. */
  readonly bad: number;
  /** Answers that came from a cache. */
  readonly cached: number;
  /** Rows that were finished by an earlier start. */
  readonly replayed: number;
  /** Rows that are being worked on. */
  readonly inFlight: number;
  /** The adaptive limit, if there is one. */
  readonly limit?: number;
  /** Rows per second. */
  readonly perSecond: number;
  /** Tokens of this start. */
  readonly tokens: number;
  /** Dollars of this start, if prices are known. */
  readonly cost?: number;
  /** Dollars when all is done, as far as can be told. */
  readonly projectedCost?: number;
  /** Milliseconds to the end, as far as can be told. */
  readonly etaMs?: number;
  /** The last error, and how many there were of its kind. */
  readonly lastError?: { readonly code: string; readonly message: string; readonly count: number };
}

/** Enough for a verdict, and few enough for memory to stay flat. */
const SAMPLED = 5_000;

/** Counts a run. */
export class RunStats {
  /** Rows with an answer. */
  ok = 0;
  /** Rows that failed. */
  failed = 0;
  /** Rows that could not be read. */
  bad = 0;
  /** Rows that were begun and not finished: another start does it. */
  unfinished = 0;
  /** Answers from a cache. */
  cached = 0;
  /** Rows of an earlier start. */
  replayed = 0;
  /** Tokens of this start. */
  tokens = 0;
  /** Dollars of this start, if a price is known. */
  cost: number | undefined;
  /** The adaptive limit, if there is one. */
  limit: number | undefined;
  /** How many rows there are, if that is known. */
  total: number | undefined;
  /** Is the total a guess? */
  isTotalEstimated = false;
  /** What the run said last. */
  progress: ProgressReport | undefined;
  /** Some results of this start. */
  readonly sample = new ReservoirSample<Result>(SAMPLED);
  readonly #errors = new Map<string, number>();
  #lastError: { readonly code: string; readonly message: string } | undefined;

  /** Counts a row that is finished. */
  count(result: Result): void {
    if (result.ok) this.ok++;
    else this.#fail(result.error);
    if (result.cached) this.cached++;
    if (result.replayed) this.replayed++;
    else this.addUsage(result);
  }

  /** Counts what a row has used. */
  addUsage(result: Result): void {
    this.sample.add(result);
    this.tokens += result.usage.totalTokens;
    if (result.cost !== undefined) this.cost = (this.cost ?? 0) + result.cost.total;
  }

  /** How far the run is. */
  snapshot(name: string): RunSnapshot {
    const {
      ok,
      failed,
      bad,
      cached,
      replayed,
      total,
      limit,
      isTotalEstimated: about,
      tokens,
      cost,
      progress: report,
    } = this;
    const done = ok + failed + bad;
    const { perSecond = 0, inFlight = 0 } = report ?? {};
    const worked = ok + failed - replayed;
    const left = total === undefined ? undefined : Math.max(0, total - done);
    const lastError = this.#lastError &&
      { ...this.#lastError, count: this.#errors.get(this.#lastError.code)! };
    return {
      name,
      done,
      total,
      isTotalEstimated: about,
      ok,
      failed,
      bad,
      cached,
      replayed,
      inFlight,
      limit,
      perSecond,
      tokens,
      cost,
      projectedCost: cost === undefined || left === undefined || worked === 0
        ? undefined
        : cost + left * cost / worked,
      etaMs: left === undefined || perSecond === 0 ? undefined : left / perSecond * 1_000,
      lastError,
    };
  }

  #fail({ code, status, message }: AgentError): void {
    this.failed++;
    const kind = status === undefined ? code : `${code} ${status}`;
    this.#errors.set(kind, (this.#errors.get(kind) ?? 0) + 1);
    this.#lastError = { code: kind, message };
  }
}
