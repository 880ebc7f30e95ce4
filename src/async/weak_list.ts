/** A list that does not keep its items alive: an item that nothing else references leaves it. */
export class WeakList<T extends object> {
  #refs: WeakRef<T>[] = [];
  #sweepAt = 64;

  /** Adds an item. */
  add(item: T): void {
    this.#refs.push(new WeakRef(item));
    if (this.#refs.length < this.#sweepAt) return;
    this.#refs = this.#refs.filter((ref) => ref.deref() !== undefined);
    // Doubling the threshold keeps the cost of sweeping O(1) per added item.
    this.#sweepAt = Math.max(64, 2 * this.#refs.length);
  }

  /** Iterates over the items that are still alive, oldest first. */
  *[Symbol.iterator](): IterableIterator<T> {
    for (const ref of this.#refs) {
      const item = ref.deref();
      if (item !== undefined) yield item;
    }
  }
}
