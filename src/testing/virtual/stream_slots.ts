import { onAbort } from "../../async/abort.ts";

interface Waiting {
  readonly open: () => void;
  left: boolean;
}

/** So many requests may be open at once; the others wait in line, as in a client over HTTP/2. */
export class StreamSlots {
  /** How many wait. */
  waiting = 0;
  #free: number;
  #line: Waiting[] = [];
  #first = 0;

  constructor(most: number) {
    this.#free = most;
  }

  /**
   * Opens a stream as soon as there is one; gives `undefined` if it is open at once.
   *
   * @throws The signal's reason, if it aborts before.
   */
  open(signal: AbortSignal): Promise<void> | undefined {
    if (this.#free > 0) {
      this.#free--;
      return undefined;
    }
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        left: false,
        open: () => {
          release();
          resolve();
        },
      };
      const release = onAbort(signal, () => {
        waiting.left = true;
        this.waiting--;
        reject(signal.reason);
      });
      this.waiting++;
      this.#line.push(waiting);
    });
  }

  /** Closes one: it is for the next one in line. */
  close(): void {
    const next = this.#next();
    if (next === undefined) {
      this.#free++;
      return;
    }
    this.waiting--;
    next.open();
  }

  #next(): Waiting | undefined {
    let next: Waiting | undefined;
    do next = this.#line[this.#first++]; while (next?.left);
    // The line is cut now and then, not moved up for each.
    if (next === undefined || this.#first > 1000 && this.#first * 2 > this.#line.length) {
      this.#line.splice(0, this.#first);
      this.#first = 0;
    }
    return next;
  }
}
