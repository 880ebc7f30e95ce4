import { onAbort } from "../model/abort.ts";

/** One who waits, in a doubly linked list: leaving from the middle on abort is O(1). */
interface Waiter {
  admit(): void;
  previous: Waiter | undefined;
  next: Waiter | undefined;
}

/**
 * Lets at most `limit` hold a permit at the same time; the others wait in the order in which they came.
 */
export class Gate {
  /** The most permits that may be held. */
  readonly limit: number;
  #held = 0;
  #first: Waiter | undefined;
  #last: Waiter | undefined;

  /** A gate with so many permits, 1 or more. */
  constructor(limit: number) {
    this.limit = limit;
  }

  /** How many permits are held now. */
  get held(): number {
    return this.#held;
  }

  /** Takes a permit if one is free and nobody waits. */
  tryAcquire(): boolean {
    if (this.#held >= this.limit || this.#first !== undefined) return false;
    this.#held++;
    return true;
  }

  /**
   * Waits for a permit.
   *
   * @throws The signal's reason, as soon as it aborts.
   */
  acquire(signal: AbortSignal | undefined): Promise<void> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (this.tryAcquire()) return Promise.resolve();
    return new Promise((resolve, reject) => {
      let release: (() => void) | undefined;
      const waiter: Waiter = {
        previous: this.#last,
        next: undefined,
        admit: () => {
          release?.();
          resolve();
        },
      };
      if (this.#last === undefined) this.#first = waiter;
      else this.#last.next = waiter;
      this.#last = waiter;
      if (signal !== undefined) {
        release = onAbort(signal, () => {
          this.#remove(waiter);
          reject(signal.reason);
        });
      }
    });
  }

  /** Gives a permit back: the one who waits longest gets it. */
  release(): void {
    const waiter = this.#first;
    if (waiter === undefined) {
      this.#held--;
    } else {
      this.#remove(waiter);
      waiter.admit();
    }
  }

  #remove(waiter: Waiter): void {
    if (waiter.previous === undefined) this.#first = waiter.next;
    else waiter.previous.next = waiter.next;
    if (waiter.next === undefined) this.#last = waiter.previous;
    else waiter.next.previous = waiter.previous;
  }
}

/**
 * Takes a permit of every gate, from the innermost to the outermost. The order is the same for all, and who holds
 * the outermost holds all it needs, so nobody can wait for each other.
 *
 * @returns What gives them all back. `undefined` where there is no gate.
 * @throws The signal's reason, as soon as it aborts; then nothing is held.
 */
export async function acquireAll(
  gates: readonly Gate[],
  signal: AbortSignal | undefined,
): Promise<Disposable> {
  let held = 0;
  const permit = {
    [Symbol.dispose]() {
      while (held > 0) gates[--held]!.release();
    },
  };
  try {
    for (const gate of gates) {
      await gate.acquire(signal);
      held++;
    }
    // It may have aborted when there was nothing to wait for, or just after the last permit was given.
    signal?.throwIfAborted();
  } catch (reason) {
    permit[Symbol.dispose]();
    throw reason;
  }
  return permit;
}
