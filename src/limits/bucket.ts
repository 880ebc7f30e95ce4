/**
 * A token bucket that never passes more than its limit in any 60 seconds. It is our own, not a
 * library's: estimates are corrected when the usage is known, and the limiter has to know how
 * long the first attempt in its queue of priorities must wait.
 *
 * @see {@link https://en.wikipedia.org/wiki/Token_bucket}
 */
import type { RateLimit } from "./rate_limit.ts";

/**
 * A token bucket whose burst is taken off its refill. With a limit of L a minute it holds at most
 * `b = 1 + L / 240`: one, and a quarter of a second's worth, so that a late timer loses nothing.
 * `(L + 1 − b) / 60` flow in each second. So L may pass in the first minute, 0.4 % less in each
 * later one, and never L + 1.
 */
export class Bucket implements RateLimit {
  readonly #capacity: number;
  readonly #perMs: number;
  #level: number;
  #at: number;

  /** Creates a full bucket. `now` is in milliseconds, from any origin. */
  constructor(perMinute: number, now: number) {
    [this.#capacity, this.#perMs] = capacityAndRefill(perMinute);
    this.#level = this.#capacity;
    this.#at = now;
  }

  /**
   * Returns how many milliseconds remain until the amount can be taken; 0 if it can be taken now.
   * An amount above the capacity passes when the bucket is full; the debt flows in afterwards.
   */
  waitFor(amount: number, now: number): number {
    this.#refill(now);
    const missing = Math.min(amount, this.#capacity) - this.#level;
    // Rounding of the clock and the refill may leave a tiny rest.
    return missing <= 1e-9 ? 0 : missing / this.#perMs;
  }

  take(amount: number, now: number): void {
    this.#refill(now);
    this.#level -= amount;
  }

  markSent(): void {}

  refund(amount: number, now: number): void {
    this.correct(amount, now);
  }

  correct(amount: number, now: number): void {
    this.#refill(now);
    this.#level = Math.min(this.#capacity, this.#level + amount);
  }

  #refill(now: number): void {
    // The clock of a test may go back.
    const passed = Math.max(0, now - this.#at);
    this.#level = Math.min(this.#capacity, this.#level + passed * this.#perMs);
    this.#at = now;
  }
}

function capacityAndRefill(perMinute: number): [capacity: number, perMs: number] {
  // Only 90 whole requests fit into 90.5 a minute; half a request a minute is one in two minutes.
  const whole = perMinute < 1 ? perMinute : Math.floor(perMinute);
  const capacity = 1 + whole / 240;
  return [capacity, (whole + 1 - capacity) / 60_000];
}
