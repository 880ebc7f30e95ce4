/** An entry of the queue: a node of a doubly linked list, so that removal is O(1). */
export interface QueueEntry<T> {
  /** The queued value. */
  readonly value: T;
  /** The priority, which selects the list. */
  readonly priority: number;
  previous: QueueEntry<T> | undefined;
  next: QueueEntry<T> | undefined;
}

interface List<T> {
  readonly priority: number;
  first: QueueEntry<T> | undefined;
  last: QueueEntry<T> | undefined;
}

/**
 * A queue that serves the higher priority first, and within a priority first come, first served.
 * Every operation is O(1) in the number of entries and O(log n) in the number of priorities.
 */
export class PriorityQueue<T> {
  // There are few priorities, so a sorted array of lists is the simplest structure that is fast.
  // The highest priority is last, and no list is empty.
  readonly #lists: List<T>[] = [];
  #size = 0;

  /** The number of entries. */
  get size(): number {
    return this.#size;
  }

  /** The next entry. */
  get first(): QueueEntry<T> | undefined {
    return this.#lists.at(-1)?.first;
  }

  /** Adds a value behind the others of its priority. */
  push(value: T, priority: number): QueueEntry<T> {
    const at = this.#find(priority);
    let list = this.#lists[at];
    if (list === undefined || list.priority !== priority) {
      list = { priority, first: undefined, last: undefined };
      this.#lists.splice(at, 0, list);
    }
    const entry: QueueEntry<T> = { value, priority, previous: list.last, next: undefined };
    if (list.last === undefined) list.first = entry;
    else list.last.next = entry;
    list.last = entry;
    this.#size++;
    return entry;
  }

  /** Removes an entry from any position. Must be called at most once for each entry. */
  remove(entry: QueueEntry<T>): void {
    const at = this.#find(entry.priority);
    const list = this.#lists[at]!;
    if (entry.previous === undefined) list.first = entry.next;
    else entry.previous.next = entry.next;
    if (entry.next === undefined) list.last = entry.previous;
    else entry.next.previous = entry.previous;
    // Any number may be a priority: empty lists would accumulate.
    if (list.first === undefined) this.#lists.splice(at, 1);
    this.#size--;
  }

  /** Returns the index of the list of this priority, or the index at which to insert it. */
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
