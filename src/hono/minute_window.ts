const SECONDS = 61;

/**
 * A sliding window of one minute with a resolution of one second. It never admits more than `limit`
 * in any minute, but may admit them all at once: callers expect such bursts of a limit that
 * rejects. Limits that make attempts wait spread them instead.
 */
export class MinuteWindow {
  readonly #counts = new Uint32Array(SECONDS);
  #second = 0;
  #sum = 0;

  /** Creates an empty window. */
  constructor(public limit: number) {}

  /** Returns how many were admitted within the last minute. */
  count(now: number): number {
    this.#advance(now);
    return this.#sum;
  }

  /**
   * Admits one more if fewer than `max` were admitted within the last minute.
   *
   * @returns 0 if it was admitted, else the time until there may be room, in milliseconds.
   */
  take(now: number, max: number = this.limit): number {
    this.#advance(now);
    if (this.#sum >= max) return this.#wait(now, max);
    this.#counts[this.#second % SECONDS]!++;
    this.#sum++;
    return 0;
  }

  /** Returns the time until enough of the oldest have left the window. */
  #wait(now: number, max: number): number {
    let excess = this.#sum - max + 1;
    for (let age = SECONDS - 1; age >= 0; age--) {
      const second = this.#second - age;
      excess -= second < 0 ? 0 : this.#counts[second % SECONDS]!;
      if (excess <= 0) return (second + SECONDS) * 1000 - now;
    }
    return 60_000;
  }

  /** Drops the seconds that have left the window. */
  #advance(now: number): void {
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
