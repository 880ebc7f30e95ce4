import type { ResultBase } from "../model/result.ts";

/** How far a run is. */
export interface ProgressReport {
  /** How many items are finished, replayed or passed over. */
  readonly done: number;
  /** How many there are; absent if the source does not know its length. */
  readonly total?: number;
  /** How many of the finished ones succeeded. */
  readonly ok: number;
  /** How many of the finished ones failed. */
  readonly failed: number;
  /**
   * How many of the finished ones came from the journal, where there is one: they cost nothing, and
   * do not count in the pace.
   */
  readonly replayed?: number;
  /**
   * How many were passed over, as the run works on some items `only`; absent where there is no
   * journal.
   */
  readonly skipped?: number;
  /** How many are being worked on. */
  readonly inFlight: number;
  /** The tokens used, input and output. */
  readonly tokens: number;
  /** What that costs in US dollars, as far as prices are known; absent if none is. */
  readonly cost?: number;
  /** Items worked on to their end per second, since the beginning. */
  readonly perSecond: number;
  /** The remaining time at this pace, in milliseconds; absent if unknown. */
  readonly etaMs?: number;
}

/** What {@linkcode Progress} needs to know of its run. */
export interface ProgressOptions {
  /** How many items there are, if that is known. */
  readonly total: number | undefined;
  /** How many were begun by now. */
  readonly begun: () => number;
  /** Whether the run is recorded. */
  readonly recorded?: boolean;
  /** Takes the reports. */
  readonly onProgress: ((report: ProgressReport) => unknown) | undefined;
  /** Takes what the callback throws. */
  readonly fail: (error: unknown) => void;
}

const INTERVAL_MS = 200;

/** Counts a run and reports on it, at most five times a second. */
export class Progress {
  #done = 0;
  #ok = 0;
  #replayed = 0;
  #skipped = 0;
  #tokens = 0;
  #cost: number | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  readonly #began = performance.now();
  readonly #options: ProgressOptions;

  /** Begins to report. */
  constructor(options: ProgressOptions) {
    this.#options = options;
    if (options.onProgress === undefined) return;
    this.#timer = setInterval(() => this.#report(), INTERVAL_MS);
    this.#report();
  }

  /** An item was finished. */
  finish(ok: boolean, replayed = false): void {
    this.#done++;
    if (ok) this.#ok++;
    if (replayed) this.#replayed++;
  }

  /** An item was passed over. */
  skip(): void {
    this.#done++;
    this.#skipped++;
  }

  /** A call has used something. */
  use({ usage, cost }: ResultBase): void {
    this.#tokens += usage.totalTokens;
    if (cost !== undefined) this.#cost = (this.#cost ?? 0) + cost.total;
  }

  /**
   * Ends the reports, with a last one if `report` is true. Throws what the callback throws.
   */
  async close(report: boolean): Promise<void> {
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    if (report) await this.#options.onProgress?.(this.#now());
  }

  async #report(): Promise<void> {
    try {
      await this.#options.onProgress?.(this.#now());
    } catch (error) {
      clearInterval(this.#timer);
      this.#timer = undefined;
      this.#options.fail(error);
    }
  }

  #now(): ProgressReport {
    const seconds = (performance.now() - this.#began) / 1000;
    const worked = this.#done - this.#replayed - this.#skipped;
    const perSecond = seconds > 0 ? worked / seconds : 0;
    const { total, begun, recorded } = this.#options;
    const left = total === undefined ? undefined : total - this.#done;
    return {
      done: this.#done,
      total,
      ok: this.#ok,
      failed: this.#done - this.#skipped - this.#ok,
      ...(recorded && { replayed: this.#replayed, skipped: this.#skipped }),
      inFlight: begun() - this.#done,
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
