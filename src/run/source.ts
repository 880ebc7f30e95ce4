/**
 * Pulls items from an iterable, one at a time: not every async iterator supports a second `next()`
 * while the first is pending.
 */
export class Source<T> {
  readonly #iterator: Iterator<T> | AsyncIterator<T>;
  readonly #async: boolean;
  #resolvePending: ((end: IteratorResult<T>) => void) | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #done = false;

  /** Does not pull anything yet. */
  constructor(items: Iterable<T> | AsyncIterable<T>) {
    this.#async = Symbol.asyncIterator in items;
    if (items instanceof ReadableStream) this.#iterator = readStream(items);
    else if (Symbol.asyncIterator in items) this.#iterator = items[Symbol.asyncIterator]();
    else this.#iterator = items[Symbol.iterator]();
  }

  /** Whether the source has ended or was closed. */
  get done(): boolean {
    return this.#done;
  }

  /**
   * Returns the next item, or the end.
   *
   * @throws What the source throws, once. After that the source has ended.
   */
  pull(): Promise<IteratorResult<T>> | IteratorResult<T> {
    if (this.#done) return END;
    if (this.#async) {
      const next = this.#last.then(() => this.#pullAsync());
      this.#last = next.catch(() => {});
      return next;
    }
    try {
      const next = (this.#iterator as Iterator<T>).next();
      if (this.#done && !next.done) {
        // A generator whose own code closed the source could not return while it ran; it can now.
        this.#return();
        return END;
      }
      if (next.done) this.#done = true;
      return next;
    } catch (error) {
      this.#done = true;
      throw error;
    }
  }

  /** Closes the source. A pending pull resolves with the end, even if the source never answers. */
  close(): void {
    if (this.#done) return;
    this.#done = true;
    this.#resolvePending?.(END);
    this.#return();
  }

  #return(): void {
    try {
      // A running generator returns at its next `yield`; the run does not wait for that.
      Promise.resolve(this.#iterator.return?.()).catch(() => {});
    } catch {
      // The run is over, so errors of closing the source are ignored.
    }
  }

  #pullAsync(): Promise<IteratorResult<T>> | IteratorResult<T> {
    if (this.#done) return END;
    return new Promise((resolve, reject) => {
      this.#resolvePending = resolve;
      Promise.resolve(this.#iterator.next()).then((next) => {
        if (next.done) this.#done = true;
        resolve(next);
      }, (error) => {
        this.#done = true;
        reject(error);
      });
    });
  }
}

/**
 * Iterates over a stream by a reader, which cancels at once. The stream's own iterator would wait
 * for a pending read first.
 */
function readStream<T>(stream: ReadableStream<T>): AsyncIterator<T> {
  const reader = stream.getReader();
  return {
    next: () => reader.read() as Promise<IteratorResult<T>>,
    async return() {
      await reader.cancel();
      return END;
    },
  };
}

const END: IteratorReturnResult<undefined> = { done: true, value: undefined };
