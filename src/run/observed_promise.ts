/**
 * A promise that records whether a caller observes it. `await` calls the overridden `then`, as the
 * class is not `Promise` itself.
 */
export class ObservedPromise<T> extends Promise<T> {
  /** Whether a caller has called `then`, directly or by `await`. */
  observed = false;
  /** Called with the promise that `then` returns, if a rejection passes on to it. */
  follow: (<N>(next: Promise<N>) => Promise<N>) | undefined;

  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }

  override then<A = T, B = never>(
    onfulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    onrejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.observed = true;
    const next = super.then(onfulfilled, onrejected);
    // Without a rejection handler, the next promise rejects, too: it is observed instead of this
    // one.
    return onrejected || this.follow === undefined ? next : this.follow(next);
  }

  /**
   * Calls the function when the promise settles, with the error if it rejects. This does not count
   * as observing it, but keeps an unobserved rejection from ending the process.
   */
  onSettled(fn: (failure?: { readonly error: unknown }) => void): void {
    super.then(() => fn(), (error) => fn({ error }));
  }
}
