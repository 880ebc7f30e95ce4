/**
 * Timers that mostly never fire: the time limits of calls. To set a timer of the runtime and to clear it again takes 4 µs, a third of what a
 * whole call may; but thousands of calls have the same limit, and whoever began first is due first. So those with the same limit stand
 * in a line, and the first one has a timer for all.
 */

/** Whose time is limited. */
export interface TimerOwner {
  /** So many milliseconds are over. */
  over(ms: number): void;
}

/** A limit that runs until it is cancelled or has passed. */
export class Timer {
  /** When it is over, as `performance.now()` tells the time. */
  readonly due: number;
  /** Whose limit it is. */
  readonly owner: TimerOwner;
  previous: Timer | undefined;
  next: Timer | undefined;
  #line: Line | undefined;

  /** Tells its owner after so many milliseconds. */
  constructor(ms: number, owner: TimerOwner) {
    this.due = performance.now() + ms;
    this.owner = owner;
    let line = lines.get(ms);
    if (line === undefined) lines.set(ms, line = new Line(ms));
    this.#line = line;
    line.push(this);
  }

  /** Takes it back; if it is over already, nothing happens. */
  cancel(): void {
    this.#line?.remove(this);
    this.#line = undefined;
  }
}

/** A timer of the runtime that is set to more milliseconds than this fires at once. */
export const LONGEST_TIMER = 2 ** 31 - 1;

/** The lines, by their milliseconds. One that is empty is there only while somebody holds the lines. */
const lines = new Map<number, Line>();
let holders = 0;

/**
 * Who makes many calls holds the lines, so that their timers are not set and cleared whenever there is no call for a moment. When
 * nobody does any more, the timers of empty lines are cleared.
 *
 * @returns To be called once, at the end.
 */
export function holdTimers(): () => void {
  holders++;
  let holds = true;
  return () => {
    if (!holds) return;
    holds = false;
    if (--holders > 0) return;
    for (const line of lines.values()) line.closeIfEmpty();
  };
}

/** Those with the same limit, in the order in which they are due. */
class Line {
  #first: Timer | undefined;
  #last: Timer | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(readonly ms: number) {}

  push(timer: Timer): void {
    timer.previous = this.#last;
    if (this.#last === undefined) this.#first = timer;
    else this.#last.next = timer;
    this.#last = timer;
    if (this.#timer === undefined) this.#set(this.ms);
  }

  remove(timer: Timer): void {
    if (timer.previous === undefined) this.#first = timer.next;
    else timer.previous.next = timer.next;
    if (timer.next === undefined) this.#last = timer.previous;
    else timer.next.previous = timer.previous;
    timer.previous = timer.next = undefined;
    // The timer of one that has left is let go on: when it fires, it is set for the one who is first then.
    if (holders === 0) this.closeIfEmpty();
  }

  closeIfEmpty(): void {
    if (this.#first !== undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    lines.delete(this.ms);
  }

  #set(ms: number): void {
    this.#timer = setTimeout(() => this.#ring(), Math.min(Math.ceil(ms), LONGEST_TIMER));
  }

  #ring(): void {
    this.#timer = undefined;
    const now = performance.now();
    while (this.#first !== undefined && this.#first.due <= now) {
      const timer = this.#first;
      timer.cancel();
      timer.owner.over(this.ms);
    }
    if (this.#first !== undefined && this.#timer === undefined) this.#set(this.#first.due - now);
  }
}
