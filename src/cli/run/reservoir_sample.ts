/** Keeps a random sample of the items that are added, each with the same probability. */
export class ReservoirSample<T> {
  readonly #size: number;
  readonly #items: T[] = [];
  #seen = 0;

  /** Keeps at most `size` items. */
  constructor(size: number) {
    this.#size = size;
  }

  /** The items in the sample. */
  get items(): readonly T[] {
    return this.#items;
  }

  /** The number of items that were added. */
  get seen(): number {
    return this.#seen;
  }

  /** Adds an item, which may enter the sample. */
  add(item: T): void {
    this.#seen++;
    if (this.#items.length < this.#size) this.#items.push(item);
    else {
      const at = Math.floor(Math.random() * this.#seen);
      if (at < this.#size) this.#items[at] = item;
    }
  }
}
