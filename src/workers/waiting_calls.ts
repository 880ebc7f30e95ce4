import { PriorityQueue, type QueueEntry } from "../limits/priority_queue.ts";
import type { Call } from "./pool_call.ts";

/** The calls of a pool that wait for a worker: the higher priority first, and those apart that must be made alone. */
export class WaitingCalls {
  readonly #queue = new PriorityQueue<Call>();
  readonly #places = new Map<Call, QueueEntry<Call>>();
  readonly #alone = new Set<Call>();

  /** How many wait. */
  get size(): number {
    return this.#places.size + this.#alone.size;
  }

  /** Who is next, of those that may have others beside them. */
  get next(): Call | undefined {
    return this.#queue.first?.value;
  }

  /** Calls under which a worker has ended. */
  get alone(): Iterable<Call> {
    return this.#alone;
  }

  /** Queues up. */
  add(call: Call): void {
    const { priority = call.context.priority } = call.options;
    this.#places.set(call, this.#queue.push(call, priority));
  }

  /** Waits to be made again, with nobody beside it. */
  addAlone(call: Call): void {
    this.#alone.add(call);
  }

  /** Leaves, and says whether it was there. */
  delete(call: Call): boolean {
    const place = this.#places.get(call);
    if (place === undefined) return this.#alone.delete(call);
    this.#queue.remove(place);
    return this.#places.delete(call);
  }

  /** All of them leave. */
  clear(): Call[] {
    const calls = [...this.#places.keys(), ...this.#alone];
    for (const call of calls) this.delete(call);
    return calls;
  }
}
