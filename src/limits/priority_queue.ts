import { LinkedList, type ListItem } from "../async/linked_list.ts";

/** An entry of the queue. */
export interface QueueEntry<T> extends ListItem<QueueEntry<T>> {
  /** The queued value. */
  readonly value: T;
  /** The priority, which selects the list. */
  readonly priority: number;
}

/** The entries of one priority. */
class PriorityList<T> extends LinkedList<QueueEntry<T>> {
  constructor(readonly priority: number) {
    super();
  }
}

/**
 * A queue that serves the higher priority first, and within a priority first come, first served.
 * Every operation is O(1) in the number of entries and O(log n) in the number of priorities.
 */
export class PriorityQueue<T> {
  // There are few priorities, so a sorted array of lists is the simplest structure that is fast.
  // The highest priority is last, and no list is empty.
  readonly #lists: PriorityList<T>[] = [];
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
      list = new PriorityList(priority);
      this.#lists.splice(at, 0, list);
    }
    const entry: QueueEntry<T> = { value, priority, previous: undefined, next: undefined };
    list.push(entry);
    this.#size++;
    return entry;
  }

  /** Removes an entry from any position. Must be called at most once for each entry. */
  remove(entry: QueueEntry<T>): void {
    const at = this.#find(entry.priority);
    const list = this.#lists[at]!;
    list.remove(entry);
    // Any number may be a priority: empty lists would accumulate.
    if (list.first === undefined) this.#lists.splice(at, 1);
    this.#size--;
  }

  /** Iterates over the entries, in no particular order of their priorities. */
  *[Symbol.iterator](): IterableIterator<QueueEntry<T>> {
    for (const list of this.#lists) {
      for (let entry = list.first; entry !== undefined; entry = entry.next) yield entry;
    }
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
