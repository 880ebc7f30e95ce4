/**
 * Cheap cancellation. A run shares one signal with thousands of calls, but an `EventTarget` scans
 * all its listeners to remove one, and `AbortSignal.any` never releases a long-lived signal. So
 * each signal gets one listener that notifies a list of followers. Adding and removing a follower
 * is O(1), and the listener is removed with the last follower. Signals of {@linkcode ChildAbort}
 * need no listener at all.
 */
import { IO_PER_REQUEST } from "./io_per_request.ts";
import { LinkedList, type ListItem } from "./linked_list.ts";
import { Timer, type TimerOwner } from "./timer.ts";

/** What is notified of an abort. */
export interface Follower {
  /** Called once, when the signal aborts. The follower has been removed from the signal by then. */
  onAborted(signal: AbortSignal): void;
}

/** A registration of a {@linkcode Follower} with a signal. */
export class Following implements ListItem<Following> {
  readonly follower: Follower;
  readonly #followers: Followers;
  previous: Following | undefined;
  next: Following | undefined;

  /** Adds the follower after all others. */
  constructor(follower: Follower, followers: Followers) {
    this.follower = follower;
    this.#followers = followers;
    followers.push(this);
  }

  /** Removes the follower. Does nothing when called again. */
  stop(): void {
    this.#followers.remove(this);
  }

  /** When the followed signal aborts at the latest, as far as is known. */
  get deadline(): number {
    return this.#followers.deadline;
  }

  /** Whether the followed signal has aborted. May be read in any request. */
  get isAborted(): boolean {
    return this.#followers.isAborted;
  }
}

/** The followers of one signal. */
abstract class Followers extends LinkedList<Following> {
  /** Whether the signal has aborted. May be read in any request. */
  abstract get isAborted(): boolean;

  /**
   * When the signal aborts at the latest, on the clock of `performance.now()`; `Infinity` if no
   * time limit is known.
   */
  get deadline(): number {
    return Infinity;
  }

  /** Notifies the followers one after another, so that a follower removed by another is skipped. */
  notify(signal: AbortSignal): void {
    while (this.first !== undefined) {
      const { follower } = this.first;
      this.remove(this.first);
      follower.onAborted(signal);
    }
  }
}

/** The followers of a signal that is not our own: one listener while there are any. */
class ListeningFollowers extends Followers {
  readonly #signal: AbortSignal;

  constructor(signal: AbortSignal) {
    super();
    this.#signal = signal;
  }

  override get isAborted(): boolean {
    try {
      return this.#signal.aborted;
    } catch (error) {
      // The signal of another request. That request would have notified the followers already.
      if (IO_PER_REQUEST) return false;
      throw error;
    }
  }

  override push(following: Following): void {
    if (this.first === undefined) this.#signal.addEventListener("abort", notifyFollowers);
    super.push(following);
  }

  override remove(following: Following): void {
    if (this.first === undefined) return;
    super.remove(following);
    if (this.first === undefined) this.#signal.removeEventListener("abort", notifyFollowers);
  }
}

const FOLLOWERS = Symbol("followers");

/** A property of the signal: a `WeakMap` would take a third of the time of a whole call. */
type FollowedSignal = AbortSignal & { [FOLLOWERS]?: Followers };

/**
 * Calls `fn` when the signal aborts, or at once if it has aborted.
 *
 * @returns A function that removes `fn`. It must be called on every exit.
 */
export function onAbort(signal: AbortSignal, fn: () => void): () => void {
  if (signal.aborted) {
    fn();
    return noop;
  }
  const following = follow(signal, { onAborted: fn });
  return () => following.stop();
}

/**
 * Adds a follower to a signal that has not aborted yet. The registration must be stopped on every
 * exit.
 */
export function follow(signal: FollowedSignal, follower: Follower): Following {
  return new Following(follower, signal[FOLLOWERS] ??= new ListeningFollowers(signal));
}

/**
 * Returns when the signal aborts at the latest, on the clock of `performance.now()`: `Infinity` if
 * no time limit of ours aborts it. The time limit of a signal from elsewhere cannot be known.
 */
export function deadlineOf(signal: FollowedSignal): number {
  return signal[FOLLOWERS]?.deadline ?? Infinity;
}

function notifyFollowers(this: FollowedSignal): void {
  this[FOLLOWERS]?.notify(this);
}

function noop(): void {}

/** Returns the reason of a time limit, in the shape that `AbortSignal.timeout` uses. */
export function timeoutReason(message: string): DOMException {
  return new DOMException(message, "TimeoutError");
}

/**
 * A controller that aborts with any of its parents or when its time limit passes. Disposing it
 * releases the parents and the timer.
 */
export class ChildAbort extends Followers implements Disposable, Follower, TimerOwner {
  /** The signal to pass on. */
  readonly signal: AbortSignal;
  readonly #controller = new AbortController();
  #parent: Following | undefined;
  #other: Following | undefined;
  #timer: Timer | undefined;
  #what = "";
  #isAborted = false;
  #reject: ((reason: unknown) => void) | undefined;

  /** Follows up to two parents. */
  constructor(parent?: AbortSignal, other?: AbortSignal) {
    super();
    const signal: FollowedSignal = this.#controller.signal;
    signal[FOLLOWERS] = this;
    this.signal = signal;
    if (parent?.aborted || other?.aborted) {
      this.abort((parent?.aborted ? parent : other)!.reason);
      return;
    }
    if (parent !== undefined) this.#parent = follow(parent, this);
    if (other !== undefined) this.#other = follow(other, this);
  }

  override get isAborted(): boolean {
    return this.#isAborted;
  }

  override get deadline(): number {
    return Math.min(
      this.#timer?.due ?? Infinity,
      this.#parent?.deadline ?? Infinity,
      this.#other?.deadline ?? Infinity,
    );
  }

  /** Aborts with the reason of a parent. */
  onAborted(parent: AbortSignal): void {
    this.abort(parent.reason);
  }

  /** Aborts the signal and rejects a pending {@linkcode ChildAbort.race}. */
  abort(reason: unknown): void {
    this[Symbol.dispose]();
    // The race goes first: it must reject with this reason, not with an error that the abort
    // causes.
    this.#reject?.(reason);
    if (this.#isAborted) return;
    this.#isAborted = true;
    this.#controller.abort(reason);
    this.notify(this.signal);
  }

  /**
   * Sets the time limit, in milliseconds, in place of the one before; `undefined` removes it.
   *
   * @param what What was late, such as "there was no answer": the beginning of the reason.
   */
  abortAfter(ms: number | undefined, what: string): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    if (ms === undefined || this.signal.aborted) return;
    this.#what = what;
    this.#timer = new Timer(ms, this);
  }

  /** Aborts when the time limit has passed. */
  onTimeout(ms: number): void {
    this.abort(timeoutReason(`${this.#what} within ${ms} ms`));
  }

  /**
   * Sets the one callback that is called before all followers, in place of the one before. Calls it
   * at once if the signal has aborted.
   */
  onFirstAbort(callback: (reason: unknown) => void): void {
    this.#reject = callback;
    if (this.signal.aborted) callback(this.signal.reason);
  }

  /**
   * Settles as the work does, or rejects with the reason when the signal aborts. One race at a
   * time.
   */
  race<T>(work: PromiseLike<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      work.then(resolve, reject);
      this.onFirstAbort(reject);
    });
  }

  /** Releases the parents and the timer. The signal no longer aborts by itself. */
  [Symbol.dispose](): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#parent?.stop();
    this.#other?.stop();
    this.#parent = this.#other = undefined;
  }
}

/**
 * Settles as the work does, or rejects with the signal's reason when it aborts, even if the work
 * ignores the signal.
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
