/** The latest of something: a new one takes the place of the oldest. */
export class RingBuffer<T> {
  readonly #items: T[] = [];
  readonly #most: number;
  #next = 0;

  /** Keeps at most so many. */
  constructor(most: number) {
    this.#most = most;
  }

  /** Adds one. */
  add(item: T): void {
    this.#items[this.#next] = item;
    this.#next = (this.#next + 1) % this.#most;
  }

  /** Those that are kept, oldest first. */
  get items(): readonly T[] {
    return this.#items.length < this.#most
      ? this.#items
      : [...this.#items.slice(this.#next), ...this.#items.slice(0, this.#next)];
  }
}
