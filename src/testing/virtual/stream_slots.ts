import { onAbort } from "../../async/abort.ts";

interface Waiter {
  readonly open: () => void;
  aborted: boolean;
}

/** A limit on open streams. Further requests wait in line, as in an HTTP/2 client. */
export class StreamSlots {
  /** The number of waiting requests. */
  waiting = 0;
  #free: number;
  #line: Waiter[] = [];
  #first = 0;

  constructor(limit: number) {
    this.#free = limit;
  }

  /**
   * Opens a stream, as soon as one is free. Returns `undefined` if it opens at once.
   *
   * @throws The signal's reason, if it aborts before.
   */
  open(signal: AbortSignal): Promise<void> | undefined {
    if (this.#free > 0) {
      this.#free--;
      return undefined;
    }
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        aborted: false,
        open: () => {
          stopListening();
          resolve();
        },
      };
      const stopListening = onAbort(signal, () => {
        waiter.aborted = true;
        this.waiting--;
        reject(signal.reason);
      });
      this.waiting++;
      this.#line.push(waiter);
    });
  }

  /** Closes a stream, which the first request in line gets. */
  close(): void {
    const next = this.#next();
    if (next === undefined) {
      this.#free++;
      return;
    }
    this.waiting--;
    next.open();
  }

  #next(): Waiter | undefined {
    let next: Waiter | undefined;
    do next = this.#line[this.#first++]; while (next?.aborted);
    // Entries are removed in batches: shifting the array for each would be slow.
    if (next === undefined || this.#first > 1000 && this.#first * 2 > this.#line.length) {
      this.#line.splice(0, this.#first);
      this.#first = 0;
    }
    return next;
  }
}
