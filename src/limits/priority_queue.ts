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

/**
 * First come, first served, within a priority; the higher priority first. Everything is O(1) in the number of those who wait; to
 * find the list of a priority takes the logarithm of how many different ones wait.
 */
export class PriorityQueue<T> {
  // There are few priorities, so a sorted list of them is the simplest that is fast: the highest last, none of them empty.
  readonly #lists: List<T>[] = [];
  #size = 0;

  /** How many wait. */
  get size(): number {
    return this.#size;
  }

  /** Who is next. */
  get first(): Waiting<T> | undefined {
    return this.#lists.at(-1)?.first;
  }

  /** Queues up. */
  push(value: T, priority: number): Waiting<T> {
    const at = this.#find(priority);
    let list = this.#lists[at];
    if (list === undefined || list.priority !== priority) {
      list = { priority, first: undefined, last: undefined };
      this.#lists.splice(at, 0, list);
    }
    const waiting: Waiting<T> = { value, priority, previous: list.last, next: undefined };
    if (list.last === undefined) list.first = waiting;
    else list.last.next = waiting;
    list.last = waiting;
    this.#size++;
    return waiting;
  }

  /** Leaves, from wherever it stands. Once only. */
  remove(waiting: Waiting<T>): void {
    const at = this.#find(waiting.priority);
    const list = this.#lists[at]!;
    if (waiting.previous === undefined) list.first = waiting.next;
    else waiting.previous.next = waiting.next;
    if (waiting.next === undefined) list.last = waiting.previous;
    else waiting.next.previous = waiting.previous;
    // Any number may be a priority: lists that nobody needs any more would pile up.
    if (list.first === undefined) this.#lists.splice(at, 1);
    this.#size--;
  }

  /** Where the list of this priority is, or belongs. */
  #find(priority: number): number {
    let low = 0;
    let high = this.#lists.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#lists[middle]!.priority < priority) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
