/** One who waits: in a doubly linked list, so that leaving from the middle on abort is O(1). */
export interface Waiting<T> {
  /** What waits. */
  readonly value: T;
  /** Which list it is in. */
  readonly priority: number;
  previous: Waiting<T> | undefined;
  next: Waiting<T> | undefined;
}

interface List<T> {
  readonly priority: number;
  first: Waiting<T> | undefined;
  last: Waiting<T> | undefined;
}

/** First come, first served, within a priority; the higher priority first. Everything is O(1) in the number of those who wait. */
export class PriorityQueue<T> {
  // There are few priorities, so a sorted list of them is the simplest that is fast.
  readonly #lists: List<T>[] = [];
  #size = 0;

  /** How many wait. */
  get size(): number {
    return this.#size;
  }

  /** Who is next. */
  get first(): Waiting<T> | undefined {
    for (const list of this.#lists) if (list.first !== undefined) return list.first;
    return undefined;
  }

  /** The first one for whom the test holds, looking at the first of each priority only. */
  firstOf(test: (priority: number) => boolean): Waiting<T> | undefined {
    for (const list of this.#lists) {
      if (list.first !== undefined && test(list.priority)) return list.first;
    }
    return undefined;
  }

  /** Queues up. */
  push(value: T, priority: number): Waiting<T> {
    const list = this.#listOf(priority);
    const waiting: Waiting<T> = { value, priority, previous: list.last, next: undefined };
    if (list.last === undefined) list.first = waiting;
    else list.last.next = waiting;
    list.last = waiting;
    this.#size++;
    return waiting;
  }

  /** Leaves, from wherever it stands. Once only. */
  remove(waiting: Waiting<T>): void {
    const list = this.#listOf(waiting.priority);
    if (waiting.previous === undefined) list.first = waiting.next;
    else waiting.previous.next = waiting.next;
    if (waiting.next === undefined) list.last = waiting.previous;
    else waiting.next.previous = waiting.previous;
    this.#size--;
  }

  #listOf(priority: number): List<T> {
    const at = this.#lists.findIndex((list) => list.priority <= priority);
    if (at >= 0 && this.#lists[at]!.priority === priority) return this.#lists[at]!;
    const list: List<T> = { priority, first: undefined, last: undefined };
    this.#lists.splice(at < 0 ? this.#lists.length : at, 0, list);
    return list;
  }
}
