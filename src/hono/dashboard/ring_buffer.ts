/** Keeps the latest items: above its capacity, a new item replaces the oldest. */
export class RingBuffer<T> {
  readonly #items: T[] = [];
  readonly #capacity: number;
  #next = 0;

  /** Creates an empty buffer. */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Adds an item. */
  add(item: T): void {
    this.#items[this.#next] = item;
    this.#next = (this.#next + 1) % this.#capacity;
  }

  /** The items, oldest first. */
  get items(): readonly T[] {
    return this.#items.length < this.#capacity
      ? this.#items
      : [...this.#items.slice(this.#next), ...this.#items.slice(0, this.#next)];
  }
}
