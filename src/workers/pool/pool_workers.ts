import type { PoolWorker } from "./pool_worker.ts";

/** The workers of a pool. Every call picks one, so the methods allocate nothing. */
export class PoolWorkers {
  readonly #all = new Set<PoolWorker>();

  /** The number of workers, including those that are starting. */
  get size(): number {
    return this.#all.size;
  }

  /** The number of calls that all workers are running. */
  get inFlight(): number {
    let sum = 0;
    for (const { load } of this.#all) sum += load;
    return sum;
  }

  /** The number of workers that are running calls. */
  get busy(): number {
    let busy = 0;
    for (const { load } of this.#all) if (load > 0) busy++;
    return busy;
  }

  /** Adds a worker. */
  add(worker: PoolWorker): void {
    this.#all.add(worker);
  }

  /** Removes a worker. */
  delete(worker: PoolWorker): void {
    this.#all.delete(worker);
  }

  /** Removes all workers and returns them. */
  clear(): PoolWorker[] {
    const all = [...this.#all];
    this.#all.clear();
    return all;
  }

  /** Resolves when all workers can take calls; rejects as soon as one ends before that. */
  async whenStarted(): Promise<void> {
    await Promise.all([...this.#all].map(({ started }) => started));
  }

  /** Returns the worker with the fewest calls, if it has room for one of the waiting calls. */
  leastLoaded(perWorker: number, waiting: number): PoolWorker | undefined {
    let least: PoolWorker | undefined;
    let calls = waiting;
    let areAllReady = true;
    for (const worker of this.#all) {
      const { isReady, isReserved, load } = worker;
      calls += load;
      if (!isReady) areAllReady = false;
      else if (!isReserved && (least === undefined || load < least.load)) least = worker;
    }
    // While some workers are still starting, the others leave them their share of the calls.
    const max = areAllReady ? perWorker : Math.min(perWorker, Math.ceil(calls / this.size));
    return least !== undefined && least.load < max ? least : undefined;
  }

  /** Returns a worker without calls. If there is none, reserves one: it takes no more calls. */
  takeIdle(): PoolWorker | undefined {
    let least: PoolWorker | undefined;
    let isOneReserved = false;
    for (const worker of this.#all) {
      const { isReady, isReserved, load } = worker;
      if (!isReady) continue;
      if (load === 0) return worker;
      isOneReserved ||= isReserved;
      if (least === undefined || load < least.load) least = worker;
    }
    if (least !== undefined && !isOneReserved) least.isReserved = true;
    return undefined;
  }
}
