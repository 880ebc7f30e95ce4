import type { Isolate } from "./pool_worker.ts";

/** The workers of a pool, and which of them takes the next call. Asked for each call: it walks them, and makes nothing. */
export class Isolates {
  readonly #all = new Set<Isolate>();

  /** How many there are, also such that are still starting. */
  get size(): number {
    return this.#all.size;
  }

  /** How many calls they have. */
  get inFlight(): number {
    let sum = 0;
    for (const { load } of this.#all) sum += load;
    return sum;
  }

  /** How many of them have calls. */
  get busy(): number {
    let busy = 0;
    for (const { load } of this.#all) if (load > 0) busy++;
    return busy;
  }

  /** One more. */
  add(isolate: Isolate): void {
    this.#all.add(isolate);
  }

  /** One less. */
  delete(isolate: Isolate): void {
    this.#all.delete(isolate);
  }

  /** All of them leave. */
  clear(): Isolate[] {
    const all = [...this.#all];
    this.#all.clear();
    return all;
  }

  /** Fulfilled when all can take calls; rejects as soon as one ends before. */
  async started(): Promise<void> {
    await Promise.all([...this.#all].map(({ started }) => started));
  }

  /** The worker with the fewest calls, if one has room for one of those that wait. */
  freest(perWorker: number, waiting: number): Isolate | undefined {
    let least: Isolate | undefined;
    let calls = waiting;
    let allReady = true;
    for (const isolate of this.#all) {
      const { ready, kept, load } = isolate;
      calls += load;
      if (!ready) allReady = false;
      else if (!kept && (least === undefined || load < least.load)) least = isolate;
    }
    // As long as some are still starting, the others leave them their share.
    const most = allReady ? perWorker : Math.min(perWorker, Math.ceil(calls / this.size));
    return least !== undefined && least.load < most ? least : undefined;
  }

  /** A worker that has nothing to do. If there is none, one takes no more calls until it is. */
  alone(): Isolate | undefined {
    let least: Isolate | undefined;
    let oneIsKept = false;
    for (const isolate of this.#all) {
      const { ready, kept, load } = isolate;
      if (!ready) continue;
      if (load === 0) return isolate;
      oneIsKept ||= kept;
      if (least === undefined || load < least.load) least = isolate;
    }
    if (least !== undefined && !oneIsKept) least.kept = true;
    return undefined;
  }
}
