const SECONDS = 61;

/**
 * Counts what began in the last minute, second by second: never more than so many in any minute, and all of them at once if nothing
 * was there before. That is what callers expect of a limit that refuses; limits that make attempts wait spread them instead.
 */
export class MinuteWindow {
  readonly #counts = new Uint32Array(SECONDS);
  #second = 0;
  #sum = 0;

  /** Lets `limit` begin in a minute. */
  constructor(readonly limit: number) {}

  /** How many have begun. */
  count(now: number): number {
    this.#turn(now);
    return this.#sum;
  }

  /**
   * Counts one more, if fewer than `most` have begun.
   *
   * @returns 0, or how many milliseconds until there may be room.
   */
  take(now: number, most: number = this.limit): number {
    this.#turn(now);
    if (this.#sum >= most) return this.#wait(now, most);
    this.#counts[this.#second % SECONDS]!++;
    this.#sum++;
    return 0;
  }

  /** Until the oldest that stand in the way are over a minute old. */
  #wait(now: number, most: number): number {
    let over = this.#sum - most + 1;
    for (let age = SECONDS - 1; age >= 0; age--) {
      const second = this.#second - age;
      over -= second < 0 ? 0 : this.#counts[second % SECONDS]!;
      if (over <= 0) return (second + SECONDS) * 1000 - now;
    }
    return 60_000;
  }

  /** Forgets the seconds that are over a minute ago. */
  #turn(now: number): void {
    const second = Math.max(this.#second, Math.floor(now / 1000));
    if (second - this.#second >= SECONDS) {
      this.#counts.fill(0);
      this.#sum = 0;
    } else {
      for (let next = this.#second + 1; next <= second; next++) {
        this.#sum -= this.#counts[next % SECONDS]!;
        this.#counts[next % SECONDS] = 0;
      }
    }
    this.#second = second;
  }
}
