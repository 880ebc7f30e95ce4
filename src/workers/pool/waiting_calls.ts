import { PriorityQueue, type QueueEntry } from "../../limits/priority_queue.ts";
import type { PoolCall } from "./pool_call.ts";

/** The queue of a pool: by priority, with a list apart for calls that must run alone. */
export class WaitingCalls {
  readonly #queue = new PriorityQueue<PoolCall>();
  readonly #entries = new Map<PoolCall, QueueEntry<PoolCall>>();
  readonly #isolated = new Set<PoolCall>();

  /** The number of calls that wait. */
  get size(): number {
    return this.#entries.size + this.#isolated.size;
  }

  /** The next call, of those that may share a worker. */
  get next(): PoolCall | undefined {
    return this.#queue.first?.value;
  }

  /** Calls whose worker has crashed. Each of them runs alone in a worker. */
  get isolated(): Iterable<PoolCall> {
    return this.#isolated;
  }

  /** Queues a call. */
  add(call: PoolCall): void {
    const { priority = call.context.priority } = call.options;
    this.#entries.set(call, this.#queue.push(call, priority));
  }

  /** Queues a call that must run alone. */
  addIsolated(call: PoolCall): void {
    this.#isolated.add(call);
  }

  /** Removes a call, and returns whether it was queued. */
  delete(call: PoolCall): boolean {
    const entry = this.#entries.get(call);
    if (entry === undefined) return this.#isolated.delete(call);
    this.#queue.remove(entry);
    return this.#entries.delete(call);
  }

  /** Removes all calls and returns them. */
  clear(): PoolCall[] {
    const calls = [...this.#entries.keys(), ...this.#isolated];
    for (const call of calls) this.delete(call);
    return calls;
  }
}
