import type { Rate } from "./rate_limit.ts";

/**
 * A token bucket that is never above its limit in any minute: what it can hold at once is taken off what flows in.
 *
 * With a limit of L a minute it holds at most `b = 1 + L / 240`: one, and a quarter of a second's worth, so that a timer that is late
 * loses nothing. `(L + 1 − b) / 60` flow in each second. So L may pass in the first minute, 0.4 % less in each later one, and never L + 1.
 *
 * @see {@link https://en.wikipedia.org/wiki/Token_bucket}
 */
export class Bucket implements Rate {
  readonly #capacity: number;
  readonly #perMs: number;
  #level: number;
  #at: number;

  /** A full bucket. `now` is in milliseconds, from any beginning. */
  constructor(perMinute: number, now: number) {
    [this.#capacity, this.#perMs] = shape(perMinute);
    this.#level = this.#capacity;
    this.#at = now;
  }

  /**
   * How many milliseconds until so much can be taken; 0 if it can be now. More than the bucket can hold is let pass when
   * it is full; what it lacks flows in afterwards.
   */
  waitFor(amount: number, now: number): number {
    this.#flow(now);
    const missing = Math.min(amount, this.#capacity) - this.#level;
    // A little less than nothing is missing when the clock and the flow round differently.
    return missing <= 1e-9 ? 0 : missing / this.#perMs;
  }

  /** Takes so much, also if it is not there. */
  take(amount: number, now: number): void {
    this.#flow(now);
    this.#level -= amount;
  }

  send(): void {}

  giveBack(amount: number, now: number): void {
    this.correct(amount, now);
  }

  /** Gives back what was taken too much; a negative amount takes what was taken too little, as if it were taken now. */
  correct(amount: number, now: number): void {
    this.#flow(now);
    this.#level = Math.min(this.#capacity, this.#level + amount);
  }

  #flow(now: number): void {
    // A clock that a test holds may go back.
    const passed = Math.max(0, now - this.#at);
    this.#level = Math.min(this.#capacity, this.#level + passed * this.#perMs);
    this.#at = now;
  }
}

function shape(perMinute: number): [capacity: number, perMs: number] {
  // Of 90.5 a minute only 90 are whole; of half a one, one in two minutes.
  const whole = perMinute < 1 ? perMinute : Math.floor(perMinute);
  const capacity = 1 + whole / 240;
  return [capacity, (whole + 1 - capacity) / 60_000];
}
