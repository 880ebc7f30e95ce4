/**
 * Cancelling, cheaply. A run hands one signal to thousands of calls, and an `EventTarget` looks through all of
 * its listeners to remove one; `AbortSignal.any` on a signal that lives long never lets go. So each signal gets one
 * listener of ours, which fans out: adding and removing is O(1), and when nobody follows any more it lets go of the signal. The
 * signals of our own controllers need not even that.
 */
import { Timer, type TimerOwner } from "./timer.ts";

/** One who wants to hear of an abort. */
export interface Follower {
  /** The signal has aborted; it follows no more. */
  aborted(signal: AbortSignal): void;
}

/** Those who follow a signal. Mostly it is one, and then there is no set. */
class Followers {
  #one: Follower | undefined;
  #more: Set<Follower> | undefined;

  get none(): boolean {
    return this.#one === undefined && !this.#more?.size;
  }

  add(follower: Follower): void {
    if (this.#one === undefined && this.#more === undefined) this.#one = follower;
    else (this.#more ??= new Set()).add(follower);
  }

  /** Gives whether it was there. */
  delete(follower: Follower): boolean {
    if (this.#one !== follower) return this.#more?.delete(follower) ?? false;
    this.#one = undefined;
    return true;
  }

  tell(signal: AbortSignal): void {
    const one = this.#one;
    this.#one = undefined;
    one?.aborted(signal);
    // The set is walked as it is, so that one who is taken out by another is not told.
    for (const follower of this.#more ?? []) {
      this.#more!.delete(follower);
      follower.aborted(signal);
    }
  }
}

const FOLLOWERS = Symbol("followers");
const OWN = Symbol("own");

/** Properties of the signal: a `WeakMap` would take a third of the time of a whole call. */
interface Followed extends AbortSignal {
  [FOLLOWERS]?: Followers;
  /** The controller is ours, and tells the followers itself. */
  [OWN]?: true;
}

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

/** Tells of an abort from now on; the signal has not aborted yet. To be taken back with {@linkcode unfollow} on every exit. */
export function follow(signal: Followed, follower: Follower): void {
  const followers = signal[FOLLOWERS] ??= new Followers();
  if (signal[OWN] === undefined && followers.none) signal.addEventListener("abort", tellAll);
  followers.add(follower);
}

/** Tells no more. */
export function unfollow(signal: Followed, follower: Follower): void {
  const followers = signal[FOLLOWERS];
  if (followers?.delete(follower) && signal[OWN] === undefined && followers.none) {
    signal.removeEventListener("abort", tellAll);
  }
}

function tellAll(this: Followed): void {
  this.removeEventListener("abort", tellAll);
  this[FOLLOWERS]?.tell(this);
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
export class ChildAbort implements Disposable, Follower, TimerOwner {
  /** The signal to hand down. */
  readonly signal: AbortSignal;
  readonly #controller = new AbortController();
  #parent: AbortSignal | undefined;
  #other: AbortSignal | undefined;
  #timer: Timer | undefined;
  #what = "";
  #reject: ((reason: unknown) => void) | undefined;

  /** Follows the parents that are there. */
  constructor(parent?: AbortSignal, other?: AbortSignal) {
    const signal: Followed = this.#controller.signal;
    signal[OWN] = true;
    this.signal = signal;
    if (parent?.aborted || other?.aborted) {
      this.abort((parent?.aborted ? parent : other)!.reason);
      return;
    }
    this.#parent = parent;
    this.#other = other;
    if (parent !== undefined) follow(parent, this);
    if (other !== undefined && other !== parent) follow(other, this);
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
    if (this.signal.aborted) return;
    this.#controller.abort(reason);
    (this.signal as Followed)[FOLLOWERS]?.tell(this.signal);
  }

  /**
   * Aborts after so many milliseconds, unless called again before; `undefined` takes it back.
   *
   * @param what What has not come by then, such as "there was no answer".
   */
  abortAfter(ms: number | undefined, what: string): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    if (ms === undefined || this.signal.aborted) return;
    this.#what = what;
    this.#timer = new Timer(ms, this);
  }

  /** The time is over. */
  over(ms: number): void {
    this.abort(timeoutReason(`${this.#what} within ${ms} ms`));
  }

  /** Tells one, and only one, of the abort, before everybody else, or at once if it has aborted. */
  tell(aborted: (reason: unknown) => void): void {
    this.#reject = aborted;
    if (this.signal.aborted) aborted(this.signal.reason);
  }

  /** The work's outcome, or a rejection with the reason as soon as the signal aborts. One race at a time. */
  race<T>(work: PromiseLike<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      work.then(resolve, reject);
      this.tell(reject);
    });
  }

  /** Lets go of the parents and the timer. The signal does not abort any more by itself. */
  [Symbol.dispose](): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    if (this.#parent !== undefined) unfollow(this.#parent, this);
    if (this.#other !== undefined) unfollow(this.#other, this);
    this.#parent = this.#other = undefined;
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
