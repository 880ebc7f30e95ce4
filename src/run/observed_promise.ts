/**
 * A promise that records whether it has a handler. `await` adds one by `then`, since this is a
 * subclass.
 */
export class Started<T> extends Promise<T> {
  heard = false;
  follow: (<N>(next: Promise<N>) => Promise<N>) | undefined;

  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }

  override then<A = T, B = never>(
    onfulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    onrejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.heard = true;
    const next = super.then(onfulfilled, onrejected);
    // Without a handler the failure passes on to the next promise, and so does the question of who
    // hears it.
    return onrejected || this.follow === undefined ? next : this.follow(next);
  }

  /** Adds a silent handler, so that a failure that is not awaited does not end the process. */
  onEnd(fn: (failed: boolean, error: unknown) => void): void {
    super.then(() => fn(false, undefined), (error) => fn(true, error));
  }
}
