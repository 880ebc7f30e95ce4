/**
 * What items are pulled from: one pull at a time, since not every async iterator can be asked again
 * before it has answered.
 */
export class Source<T> {
  readonly #iterator: Iterator<T> | AsyncIterator<T>;
  readonly #async: boolean;
  #waiting: ((end: IteratorResult<T>) => void) | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #done = false;

  /** Opens the source; nothing is pulled yet. */
  constructor(items: Iterable<T> | AsyncIterable<T>) {
    this.#async = Symbol.asyncIterator in items;
    if (items instanceof ReadableStream) this.#iterator = readerOf(items);
    else if (Symbol.asyncIterator in items) this.#iterator = items[Symbol.asyncIterator]();
    else this.#iterator = items[Symbol.iterator]();
  }

  /** Whether the source has ended. */
  get done(): boolean {
    return this.#done;
  }

  /**
   * The next item, or the end.
   *
   * @throws What the source throws, once: after that it is at its end.
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
        // It closed itself while it was busy and could not be notified.
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

  /** Ends the source: pending pulls get the end, even if the source never answers. */
  close(): void {
    if (this.#done) return;
    this.#done = true;
    this.#waiting?.(END);
    this.#return();
  }

  #return(): void {
    try {
      // A generator that is still at work ends when it gets there; it is not awaited.
      Promise.resolve(this.#iterator.return?.()).catch(() => {});
    } catch {
      // The run is over: what a source throws while it is closed is of no use to anyone.
    }
  }

  #pullAsync(): Promise<IteratorResult<T>> | IteratorResult<T> {
    if (this.#done) return END;
    return new Promise((resolve, reject) => {
      this.#waiting = resolve;
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
 * The iterator of a `ReadableStream` would wait for the answer to a read before it cancels; a
 * reader does not.
 */
function readerOf<T>(stream: ReadableStream<T>): AsyncIterator<T> {
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
