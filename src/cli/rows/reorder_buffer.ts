/** Restores the order of items that finish out of order. */
export class ReorderBuffer<T> {
  readonly #finished = new Map<number, T | undefined>();
  readonly #maxAhead: number;
  #next = 0;
  #wake: (() => void) | undefined;

  /** Lets items be at most `maxAhead` places ahead of the first unfinished one. */
  constructor(maxAhead: number) {
    this.#maxAhead = maxAhead;
  }

  /** Adds an item, or `undefined` for none, and returns those that are now in order. */
  add(index: number, value: T | undefined): readonly T[] {
    this.#finished.set(index, value);
    const ready: T[] = [];
    while (this.#finished.has(this.#next)) {
      const next = this.#finished.get(this.#next);
      this.#finished.delete(this.#next++);
      if (next !== undefined) ready.push(next);
    }
    this.#wake?.();
    this.#wake = undefined;
    return ready;
  }

  /** Resolves when the item at this index may start. This bounds what a slow item keeps waiting. */
  async waitForRoom(index: number): Promise<void> {
    while (index - this.#next >= this.#maxAhead) {
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  /** Removes all items and returns them in order. Those that are missing will not finish. */
  drain(): readonly T[] {
    const rest = [...this.#finished].sort(([a], [b]) => a - b).map(([, value]) => value);
    this.#finished.clear();
    return rest.filter((value) => value !== undefined) as T[];
  }
}
