/** A part of a reservation: what an attempt may spend in dollars, or in tokens. */
export interface Share {
  /** The maximum. */
  readonly most: number;
  /** The mean, if many such attempts are in flight. */
  readonly mean: number;
  /** The variance around the mean, at most. */
  readonly variance: number;
}

/**
 * What the attempts in flight may spend together. Not all of them spend the most at the same time:
 * of many, the sum is near that of the means. So the sum is bounded by three standard deviations
 * above the means, and by the maximum of all.
 */
export class ReservedSum {
  /** The maximum. */
  most = 0;
  #mean = 0;
  #variance = 0;

  /** Adds a share. */
  add({ most, mean, variance }: Share): void {
    this.most += most;
    this.#mean += mean;
    this.#variance += variance;
  }

  /** Removes a share. */
  remove({ most, mean, variance }: Share): void {
    this.most -= most;
    this.#mean -= mean;
    this.#variance -= variance;
  }

  /** Removes what rounding has left, as no share is in the sum. */
  reset(): void {
    this.most = this.#mean = this.#variance = 0;
  }

  /** Returns the sum with another share. */
  with({ most, mean, variance }: Share): number {
    const deviation = Math.sqrt(Math.max(0, this.#variance + variance));
    return Math.min(this.most + most, this.#mean + mean + 3 * deviation);
  }
}

/**
 * Returns the share of an attempt with a fixed part, and a part for each output token.
 *
 * No distribution between 0 and `most` with this mean has a larger variance than
 * `mean × (most − mean)`.
 */
export function shareOf(
  fixed: number,
  perToken: number,
  { mean, most }: { readonly mean: number; readonly most: number },
): Share {
  return {
    most: Math.round(fixed + perToken * most),
    mean: Math.round(fixed + perToken * mean),
    variance: perToken ** 2 * mean * (most - mean),
  };
}
