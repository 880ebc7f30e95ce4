/**
 * Timers that mostly never fire: the time limits of calls. To set a timer of the runtime and to clear it again takes 4 µs, a third of what a
 * whole call may; but thousands of calls have the same limit, and whoever began first is due first. So those with the same limit stand
 * in a line, and the first one has a timer for all.
 */

/** A limit that runs until it is cancelled or has passed. */
export class Timer {
  /** When it is over, as `performance.now()` tells the time. */
  readonly due: number;
  previous: Timer | undefined;
  next: Timer | undefined;
  #line: Line | undefined;

  /** Calls `fire` after so many milliseconds. */
  constructor(ms: number, readonly fire: () => void) {
    this.due = performance.now() + ms;
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
const LONGEST = 2 ** 31 - 1;

/** The lines, by their milliseconds; none of them is empty. */
const lines = new Map<number, Line>();

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
    if (this.#first !== undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    lines.delete(this.ms);
  }

  #set(ms: number): void {
    this.#timer = setTimeout(() => this.#ring(), Math.min(ms, LONGEST));
  }

  #ring(): void {
    this.#timer = undefined;
    const now = performance.now();
    // Timers of the runtime may fire a fraction of a millisecond early.
    while (this.#first !== undefined && this.#first.due <= now + 1) {
      const timer = this.#first;
      timer.cancel();
      timer.fire();
    }
    if (this.#first !== undefined) this.#set(this.#first.due - now);
  }
}
