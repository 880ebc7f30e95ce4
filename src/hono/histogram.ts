/** The upper bounds of the buckets, in seconds: from a cached answer to an agent that thinks for minutes. */
const BOUNDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300];

/** How often values of each size came. */
export class Histogram {
  readonly #counts = new Array<number>(BOUNDS.length + 1).fill(0);
  #sum = 0;
  #count = 0;

  /** Counts a value, in seconds. */
  add(seconds: number): void {
    const at = BOUNDS.findIndex((bound) => seconds <= bound);
    this.#counts[at < 0 ? BOUNDS.length : at]!++;
    this.#sum += seconds;
    this.#count++;
  }

  /** How many values came. */
  get count(): number {
    return this.#count;
  }

  /** Their sum, in seconds. */
  get sum(): number {
    return this.#sum;
  }

  /** How many were not above each bound, the last of which is infinite. */
  buckets(): readonly (readonly [bound: number, count: number])[] {
    let below = 0;
    return [...BOUNDS, Infinity].map((bound, i) => [bound, below += this.#counts[i]!]);
  }
}
