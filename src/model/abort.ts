/**
 * Cancelling, cheaply. A run hands one signal to thousands of calls, and an `EventTarget` looks through all of
 * its listeners to remove one; `AbortSignal.any` on a signal that lives long never lets go. So each signal gets one
 * listener of ours, which fans out to a set: adding and removing is O(1), and an empty set lets go of the signal.
 */
const FANOUT = Symbol("fanout");

/** A property of the signal: a `WeakMap` would take a third of the time of a whole call. */
type Followed = AbortSignal & { [FANOUT]?: Set<() => void> };

/**
 * Calls `fn` when the signal aborts, or at once if it has aborted.
 *
 * @returns A function that takes the wish back. It must be called on every exit.
 */
export function onAbort(signal: AbortSignal, fn: () => void): () => void {
  if (signal.aborted) {
    fn();
    return noop;
  }
  const callbacks = (signal as Followed)[FANOUT] ??= new Set();
  if (callbacks.size === 0) signal.addEventListener("abort", fireAll);
  callbacks.add(fn);
  return () => {
    if (callbacks.delete(fn) && callbacks.size === 0) signal.removeEventListener("abort", fireAll);
  };
}

function fireAll(this: Followed): void {
  const callbacks = this[FANOUT];
  this.removeEventListener("abort", fireAll);
  if (callbacks === undefined) return;
  // The set is walked as it is, so that a wish that another callback takes back is not fulfilled.
  for (const callback of callbacks) {
    callbacks.delete(callback);
    callback();
  }
}

function noop(): void {}

/** The reason of a time limit: the same shape as that of `AbortSignal.timeout`. */
export function timeoutReason(message: string): DOMException {
  return new DOMException(message, "TimeoutError");
}

/**
 * A controller that aborts with any of its parents or when its time is over, and that lets go of
 * them all when it is disposed.
 */
export class ChildAbort implements Disposable {
  readonly #controller = new AbortController();
  readonly #release: (() => void)[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #reject: ((reason: unknown) => void) | undefined;

  /** Follows the parents that are there. */
  constructor(...parents: (AbortSignal | undefined)[]) {
    for (const parent of parents) {
      if (parent === undefined) continue;
      this.#release.push(onAbort(parent, () => this.abort(parent.reason)));
      if (this.#controller.signal.aborted) return;
    }
  }

  /** The signal to hand down. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Aborts the signal and everything that races with it. */
  abort(reason: unknown): void {
    this[Symbol.dispose]();
    // The racer is told first: it must hear this reason, not the error that the abort causes below it.
    this.#reject?.(reason);
    this.#controller.abort(reason);
  }

  /** Aborts after so many milliseconds, unless called again before; `undefined` takes it back. */
  abortAfter(ms: number | undefined, message: string): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (ms === undefined || this.signal.aborted) return;
    this.#timer = setTimeout(() => this.abort(timeoutReason(message)), Math.min(ms, 2 ** 31 - 1));
  }

  /** The work's outcome, or a rejection with the reason as soon as the signal aborts. One race at a time. */
  race<T>(work: PromiseLike<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#reject = reject;
      work.then(resolve, reject);
      if (this.signal.aborted) reject(this.signal.reason);
    });
  }

  /** Lets go of the parents and the timer. The signal does not abort any more by itself. */
  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const release of this.#release) release();
    this.#release.length = 0;
  }
}

/**
 * The work's outcome, or a rejection with the signal's reason as soon as it aborts, even if the work does not listen.
 */
export function untilAbort<T>(work: PromiseLike<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const release = onAbort(signal, () => reject(signal.reason));
    work.then(
      (value) => {
        release();
        resolve(value);
      },
      (error) => {
        release();
        reject(error);
      },
    );
  });
}
