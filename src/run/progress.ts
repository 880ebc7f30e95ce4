import { subtractSpent } from "../model/spent.ts";
import type { ResultBase } from "../model/result.ts";

/** The progress of a run. */
export interface ProgressReport {
  /** The number of items that are finished, replayed or skipped. */
  readonly done: number;
  /** The number of items; absent if the source has no known length. */
  readonly total?: number;
  /** The number of finished items that succeeded. */
  readonly ok: number;
  /** The number of finished items that failed. */
  readonly failed: number;
  /**
   * The number of finished items that came from the journal; absent without a journal. They cost
   * nothing and do not count in `perSecond`.
   */
  readonly replayed?: number;
  /** The number of items that `only` skipped; absent without a journal. */
  readonly skipped?: number;
  /** The number of items in flight. */
  readonly inFlight: number;
  /** The number of tokens used, input and output. */
  readonly tokens: number;
  /** The known cost, in US dollars; absent if no price is known. */
  readonly cost?: number;
  /** The number of items processed per second since the start. */
  readonly perSecond: number;
  /** The estimated time to the end, in milliseconds; absent if it is unknown. */
  readonly etaMs?: number;
}

/** An item that has finished. */
export interface FinishedItem {
  /** Whether it succeeded. */
  readonly ok: boolean;
  /** Whether its result came from the journal. */
  readonly replayed?: boolean;
}

/** Options of {@linkcode Progress}. */
export interface ProgressOptions {
  /** The number of items, if it is known. */
  readonly total: number | undefined;
  /** Returns the number of items started. */
  readonly started: () => number;
  /** Whether the run has a journal. */
  readonly recorded?: boolean;
  /** Called with each report. */
  readonly onProgress: ((report: ProgressReport) => unknown) | undefined;
  /** Called with what the callback throws. */
  readonly fail: (error: unknown) => void;
}

const INTERVAL_MS = 200;

/** Counts the items of a run and reports its progress, at most five times a second. */
export class Progress {
  #done = 0;
  #ok = 0;
  #replayed = 0;
  #skipped = 0;
  #tokens = 0;
  #cost: number | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  readonly #startedAt = performance.now();
  readonly #options: ProgressOptions;

  /** Starts to report, if there is a callback. */
  constructor(options: ProgressOptions) {
    this.#options = options;
    if (options.onProgress === undefined) return;
    this.#timer = setInterval(() => this.#report(), INTERVAL_MS);
    this.#report();
  }

  /** Counts a finished item. */
  finish({ ok, replayed = false }: FinishedItem): void {
    this.#done++;
    if (ok) this.#ok++;
    if (replayed) this.#replayed++;
  }

  /** Counts a skipped item. */
  skip(): void {
    this.#done++;
    this.#skipped++;
  }

  /** Adds the usage and cost of a call, except what came from a journal. */
  addUsage(result: ResultBase): void {
    const { usage, cost } = subtractSpent(result, result.resumed);
    this.#tokens += usage.totalTokens;
    if (cost !== undefined) this.#cost = (this.#cost ?? 0) + cost.total;
  }

  /**
   * Stops reporting, after a last report if `report` is set.
   *
   * @throws What the callback throws.
   */
  async close({ report }: { readonly report: boolean }): Promise<void> {
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    if (report) await this.#options.onProgress?.(this.#current());
  }

  async #report(): Promise<void> {
    try {
      await this.#options.onProgress?.(this.#current());
    } catch (error) {
      clearInterval(this.#timer);
      this.#timer = undefined;
      this.#options.fail(error);
    }
  }

  #current(): ProgressReport {
    const seconds = (performance.now() - this.#startedAt) / 1000;
    const processed = this.#done - this.#replayed - this.#skipped;
    const perSecond = seconds > 0 ? processed / seconds : 0;
    const { total, started, recorded } = this.#options;
    const left = total === undefined ? undefined : total - this.#done;
    return {
      done: this.#done,
      total,
      ok: this.#ok,
      failed: this.#done - this.#skipped - this.#ok,
      ...(recorded && { replayed: this.#replayed, skipped: this.#skipped }),
      inFlight: started() - this.#done,
      tokens: this.#tokens,
      cost: this.#cost,
      perSecond,
      etaMs: left === undefined || (perSecond === 0 && left > 0)
        ? undefined
        : left === 0
        ? 0
        : left / perSecond * 1000,
    };
  }
}
