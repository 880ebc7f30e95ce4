/** Puts back into order what comes as it is finished. */
export class ReorderBuffer<T> {
  readonly #waiting = new Map<number, T | undefined>();
  readonly #most: number;
  #next = 0;
  #room: (() => void) | undefined;

  /** So many may wait for one before them. */
  constructor(most: number) {
    this.#most = most;
  }

  /** Takes what is to stand in this place, `undefined` for nothing; gives what can be handed on by now. */
  add(index: number, value: T | undefined): readonly T[] {
    this.#waiting.set(index, value);
    const ready: T[] = [];
    while (this.#waiting.has(this.#next)) {
      const next = this.#waiting.get(this.#next);
      this.#waiting.delete(this.#next++);
      if (next !== undefined) ready.push(next);
    }
    this.#room?.();
    this.#room = undefined;
    return ready;
  }

  /** Resolves when the item with this place may begin: else a slow one would let all others wait in memory. */
  async waitForRoom(index: number): Promise<void> {
    while (index - this.#next >= this.#most) {
      await new Promise<void>((resolve) => this.#room = resolve);
    }
  }

  /** What waits, in order: those before it will not come any more. */
  drain(): readonly T[] {
    const rest = [...this.#waiting].sort(([a], [b]) => a - b).map(([, value]) => value);
    this.#waiting.clear();
    return rest.filter((value) => value !== undefined) as T[];
  }
}
