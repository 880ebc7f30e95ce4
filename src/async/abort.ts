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

/**
 * One who follows a signal, in a doubly linked list. A `Set` of thousands that come and go copies itself again and again, and each copy that
 * grows old keeps in memory whoever was in it.
 */
export class Following {
  readonly follower: Follower;
  readonly #followers: Followers;
  previous: Following | undefined;
  next: Following | undefined;

  /** Comes last. */
  constructor(follower: Follower, followers: Followers) {
    this.follower = follower;
    this.#followers = followers;
    followers.push(this);
  }

  /** Hears no more. Once is enough; more often does no harm. */
  end(): void {
    this.#followers.remove(this);
  }
}

/** Those who follow a signal. */
abstract class Followers {
  #first: Following | undefined;
  #last: Following | undefined;

  /** Is there nobody? */
  protected get none(): boolean {
    return this.#first === undefined;
  }

  push(following: Following): void {
    following.previous = this.#last;
    if (this.#last === undefined) this.#first = following;
    else this.#last.next = following;
    this.#last = following;
  }

  remove(following: Following): void {
    const { previous, next } = following;
    // It has left already.
    if (previous === undefined && this.#first !== following) return;
    if (previous === undefined) this.#first = next;
    else previous.next = next;
    if (next === undefined) this.#last = previous;
    else next.previous = previous;
    following.previous = following.next = undefined;
  }

  /** One after another, so that one who is taken out by another is not told. */
  tell(signal: AbortSignal): void {
    while (this.#first !== undefined) {
      const { follower } = this.#first;
      this.remove(this.#first);
      follower.aborted(signal);
    }
  }
}

/** Those who follow a signal of somebody else's: they have one listener, as long as there is anybody. */
class Listening extends Followers {
  readonly #signal: AbortSignal;

  constructor(signal: AbortSignal) {
    super();
    this.#signal = signal;
  }

  override push(following: Following): void {
    if (this.none) this.#signal.addEventListener("abort", tellAll);
    super.push(following);
  }

  override remove(following: Following): void {
    if (this.none) return;
    super.remove(following);
    if (this.none) this.#signal.removeEventListener("abort", tellAll);
  }
}

const FOLLOWERS = Symbol("followers");

/** A property of the signal: a `WeakMap` would take a third of the time of a whole call. */
type Followed = AbortSignal & { [FOLLOWERS]?: Followers };

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
  const following = follow(signal, { aborted: fn });
  return () => following.end();
}

/** Tells of an abort from now on; the signal has not aborted yet. It must be ended on every exit. */
export function follow(signal: Followed, follower: Follower): Following {
  return new Following(follower, signal[FOLLOWERS] ??= new Listening(signal));
}

function tellAll(this: Followed): void {
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
export class ChildAbort extends Followers implements Disposable, Follower, TimerOwner {
  /** The signal to hand down. */
  readonly signal: AbortSignal;
  readonly #controller = new AbortController();
  #parent: Following | undefined;
  #other: Following | undefined;
  #timer: Timer | undefined;
  #what = "";
  #reject: ((reason: unknown) => void) | undefined;

  /** Follows the parents that are there. */
  constructor(parent?: AbortSignal, other?: AbortSignal) {
    super();
    const signal: Followed = this.#controller.signal;
    signal[FOLLOWERS] = this;
    this.signal = signal;
    if (parent?.aborted || other?.aborted) {
      this.abort((parent?.aborted ? parent : other)!.reason);
      return;
    }
    if (parent !== undefined) this.#parent = follow(parent, this);
    if (other !== undefined) this.#other = follow(other, this);
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
    this.tell(this.signal);
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
  first(aborted: (reason: unknown) => void): void {
    this.#reject = aborted;
    if (this.signal.aborted) aborted(this.signal.reason);
  }

  /** The work's outcome, or a rejection with the reason as soon as the signal aborts. One race at a time. */
  race<T>(work: PromiseLike<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      work.then(resolve, reject);
      this.first(reject);
    });
  }

  /** Lets go of the parents and the timer. The signal does not abort any more by itself. */
  [Symbol.dispose](): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#parent?.end();
    this.#other?.end();
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
