/** Things that exist, without keeping them: whoever is not needed elsewhere leaves the list by itself. */
export class WeakList<T extends object> {
  #refs: WeakRef<T>[] = [];
  #sweepAt = 64;

  /** Adds one. */
  add(item: T): void {
    this.#refs.push(new WeakRef(item));
    if (this.#refs.length < this.#sweepAt) return;
    this.#refs = this.#refs.filter((ref) => ref.deref() !== undefined);
    // So that a sweep is paid for by as many new ones as it looks at.
    this.#sweepAt = Math.max(64, 2 * this.#refs.length);
  }

  /** Those that are left, oldest first. */
  *[Symbol.iterator](): IterableIterator<T> {
    for (const ref of this.#refs) {
      const item = ref.deref();
      if (item !== undefined) yield item;
    }
  }
}
