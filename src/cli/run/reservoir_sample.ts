/** Keeps so many of the items that it sees, each with the same chance. */
export class ReservoirSample<T> {
  readonly #size: number;
  readonly #items: T[] = [];
  #seen = 0;

  /** For so many items at most. */
  constructor(size: number) {
    this.#size = size;
  }

  /** Those that were kept. */
  get items(): readonly T[] {
    return this.#items;
  }

  /** How many there were. */
  get seen(): number {
    return this.#seen;
  }

  /** Shows it an item. */
  add(item: T): void {
    this.#seen++;
    if (this.#items.length < this.#size) this.#items.push(item);
    else {
      const at = Math.floor(Math.random() * this.#seen);
      if (at < this.#size) this.#items[at] = item;
    }
  }
}
