/**
 * Cancelling, cheaply. A run hands one signal to thousands of calls, and an `EventTarget` looks through all of
 * its listeners to remove one; `AbortSignal.any` on a signal that lives long never lets go. So each signal gets one
 * listener of ours, which fans out to a set: adding and removing is O(1), and an empty set lets go of the signal.
 */
import { Timer } from "./timer.ts";

const FANOUT = Symbol("fanout");

/** One who wants to hear of an abort. */
interface Follower {
  /** The signal has aborted; it follows no more. */
  aborted(signal: AbortSignal): void;
}

/** A property of the signal: a `WeakMap` would take a third of the time of a whole call. */
type Followed = AbortSignal & { [FANOUT]?: Set<Follower> };

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
  const follower: Follower = { aborted: fn };
  follow(signal, follower);
  return () => unfollow(signal, follower);
}

function follow(signal: Followed, follower: Follower): void {
  const followers = signal[FANOUT] ??= new Set();
  if (followers.size === 0) signal.addEventListener("abort", tellAll);
  followers.add(follower);
}

function unfollow(signal: Followed, follower: Follower): void {
  const followers = signal[FANOUT];
  if (followers?.delete(follower) && followers.size === 0) {
    signal.removeEventListener("abort", tellAll);
  }
}

function tellAll(this: Followed): void {
  const followers = this[FANOUT];
  this.removeEventListener("abort", tellAll);
  if (followers === undefined) return;
  // The set is walked as it is, so that a wish that another one takes back is not fulfilled.
  for (const follower of followers) {
    followers.delete(follower);
    follower.aborted(this);
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
export class ChildAbort implements Disposable, Follower {
  /** The signal to hand down. */
  readonly signal: AbortSignal;
  readonly #controller = new AbortController();
  #parents: readonly (AbortSignal | undefined)[];
  #timer: Timer | undefined;
  #reject: ((reason: unknown) => void) | undefined;

  /** Follows the parents that are there. */
  constructor(...parents: (AbortSignal | undefined)[]) {
    this.signal = this.#controller.signal;
    this.#parents = parents;
    for (const parent of parents) {
      if (parent === undefined) continue;
      if (parent.aborted) {
        this.abort(parent.reason);
        break;
      }
      follow(parent, this);
    }
  }

  /** A parent has aborted. */
  aborted(parent: AbortSignal): void {
    this.abort(parent.reason);
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
    this.#timer?.cancel();
    this.#timer = undefined;
    if (ms === undefined || this.signal.aborted) return;
    this.#timer = new Timer(ms, () => this.abort(timeoutReason(message)));
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
    this.#timer?.cancel();
    this.#timer = undefined;
    for (const parent of this.#parents) if (parent !== undefined) unfollow(parent, this);
    this.#parents = NO_PARENTS;
  }
}

const NO_PARENTS: readonly AbortSignal[] = [];

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
