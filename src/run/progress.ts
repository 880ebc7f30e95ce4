/** How far a run is. */
export interface ProgressReport {
  /** How many items are finished. */
  readonly done: number;
  /** How many there are; absent if the source does not know its length. */
  readonly total?: number;
  /** How many of the finished ones succeeded. */
  readonly ok: number;
  /** How many of the finished ones failed. */
  readonly failed: number;
  /** How many are being worked on. */
  readonly inFlight: number;
  /** Tokens used by the finished ones, in and out. */
  readonly tokens: number;
  /** What the finished ones cost in US dollars, as far as their prices are known; absent if none is. */
  readonly cost?: number;
  /** Finished items per second, since the beginning. */
  readonly perSecond: number;
  /** Milliseconds to the end at this pace; absent if that cannot be told. */
  readonly etaMs?: number;
}

/** What a finished item adds. */
export interface Finished {
  /** Did it succeed? */
  readonly ok: boolean;
  /** Tokens it used. */
  readonly tokens?: number;
  /** What it cost in US dollars, if that is known. */
  readonly cost?: number;
}

const INTERVAL_MS = 200;

/** Counts a run and reports on it, at most five times a second. */
export class Progress {
  #done = 0;
  #ok = 0;
  #inFlight = 0;
  #tokens = 0;
  #cost: number | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  readonly #began = performance.now();

  /** Begins to report; `fail` takes what the callback throws. */
  constructor(
    readonly total: number | undefined,
    readonly onProgress: ((report: ProgressReport) => void) | undefined,
    readonly fail: (error: unknown) => void,
  ) {
    if (onProgress === undefined) return;
    this.#timer = setInterval(() => this.#report(), INTERVAL_MS);
    this.#report();
  }

  /** An item was begun. */
  begin(): void {
    this.#inFlight++;
  }

  /** An item was finished. `undefined`: it was dropped. */
  end(finished: Finished | undefined): void {
    this.#inFlight--;
    if (finished === undefined) return;
    this.#done++;
    if (finished.ok) this.#ok++;
    this.#tokens += finished.tokens ?? 0;
    if (finished.cost !== undefined) this.#cost = (this.#cost ?? 0) + finished.cost;
  }

  /** The run is over: the last report, unless nobody listens any more. Throws what the callback throws. */
  async close(report: boolean): Promise<void> {
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    if (report) await this.onProgress?.(this.#now());
  }

  async #report(): Promise<void> {
    try {
      await this.onProgress?.(this.#now());
    } catch (error) {
      clearInterval(this.#timer);
      this.#timer = undefined;
      this.fail(error);
    }
  }

  #now(): ProgressReport {
    const seconds = (performance.now() - this.#began) / 1000;
    const perSecond = seconds > 0 ? this.#done / seconds : 0;
    const left = this.total === undefined ? undefined : this.total - this.#done;
    return {
      done: this.#done,
      total: this.total,
      ok: this.#ok,
      failed: this.#done - this.#ok,
      inFlight: this.#inFlight,
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
