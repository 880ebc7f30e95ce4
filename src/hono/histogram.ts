/**
 * Upper bounds of the buckets, in seconds: from a cached answer to an agent that runs for minutes.
 */
const BOUNDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300];

/** Counts durations in buckets, as Prometheus histograms do. */
export class Histogram {
  readonly #counts = new Array<number>(BOUNDS.length + 1).fill(0);
  #sum = 0;
  #count = 0;

  /** Adds a value, in seconds. */
  add(seconds: number): void {
    const at = BOUNDS.findIndex((bound) => seconds <= bound);
    this.#counts[at < 0 ? BOUNDS.length : at]!++;
    this.#sum += seconds;
    this.#count++;
  }

  /** The number of values. */
  get count(): number {
    return this.#count;
  }

  /** The sum of the values, in seconds. */
  get sum(): number {
    return this.#sum;
  }

  /** Returns how many values are at most each bound; the last bound is infinite. */
  buckets(): readonly (readonly [bound: number, count: number])[] {
    let total = 0;
    return [...BOUNDS, Infinity].map((bound, i) => [bound, total += this.#counts[i]!]);
  }
}
