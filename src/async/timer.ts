/**
 * Timers that rarely fire: the time limits of calls. Setting and clearing a timer of the runtime
 * takes 4 µs, a third of the budget of a whole call. Thousands of calls share the same limit, and
 * among them the oldest is due first. So timers of equal delay stand in a queue, and one timer of
 * the runtime serves the queue. Where timers belong to requests, each stands in a queue of its own.
 */
import { IO_PER_REQUEST } from "./io_per_request.ts";
import { LinkedList, type ListItem } from "./linked_list.ts";

/**
 * The maximum delay of a runtime timer, in milliseconds. A timer with a longer delay fires at once.
 */
export const MAX_TIMER_DELAY = 2 ** 31 - 1;

/** What a {@linkcode Timer} notifies. */
export interface TimerOwner {
  /** Called once, when the delay of `ms` milliseconds has passed. */
  onTimeout(ms: number): void;
}

/** A time limit that runs until it is cancelled or has passed. */
export class Timer implements ListItem<Timer> {
  /** When the timer is due, on the clock of `performance.now()`. */
  readonly due: number;
  /** What is notified. */
  readonly owner: TimerOwner;
  previous: Timer | undefined;
  next: Timer | undefined;
  #queue: TimerQueue | undefined;

  /** Starts a timer that notifies its owner after `ms` milliseconds. */
  constructor(ms: number, owner: TimerOwner) {
    this.due = performance.now() + ms;
    this.owner = owner;
    this.#queue = IO_PER_REQUEST ? new TimerQueue(ms) : sharedQueue(ms);
    this.#queue.push(this);
  }

  /** Cancels the timer. Does nothing if it has fired or was cancelled before. */
  cancel(): void {
    this.#queue?.remove(this);
    this.#queue = undefined;
  }
}

/** The queues, by delay in milliseconds. An empty queue is kept only while timers are held. */
const queues = new Map<number, TimerQueue>();
let holders = 0;

function sharedQueue(ms: number): TimerQueue {
  let queue = queues.get(ms);
  if (queue === undefined) queues.set(ms, queue = new TimerQueue(ms));
  return queue;
}

/**
 * Keeps empty queues alive, so that a pause between two calls does not clear and set their timers
 * again. Runs of many calls use it. When the last holder releases, the timers of empty queues are
 * cleared.
 *
 * @returns A function that releases the hold. Must be called once, at the end.
 */
export function holdTimers(): () => void {
  holders++;
  let holds = true;
  return () => {
    if (!holds) return;
    holds = false;
    if (--holders > 0) return;
    for (const queue of queues.values()) queue.closeIfEmpty();
  };
}

/** The timers of one delay, in the order in which they are due. */
class TimerQueue extends LinkedList<Timer> {
  readonly #ms: number;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(ms: number) {
    super();
    this.#ms = ms;
  }

  override push(timer: Timer): void {
    super.push(timer);
    if (this.#timer === undefined) this.#set(this.#ms);
  }

  override remove(timer: Timer): void {
    super.remove(timer);
    // The runtime's timer keeps running: when it fires, it is set again for the first timer left.
    if (holders === 0 || IO_PER_REQUEST) this.closeIfEmpty();
  }

  closeIfEmpty(): void {
    if (this.first !== undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    queues.delete(this.#ms);
  }

  #set(ms: number): void {
    this.#timer = setTimeout(() => this.#fire(), Math.min(Math.ceil(ms), MAX_TIMER_DELAY));
  }

  #fire(): void {
    this.#timer = undefined;
    const now = performance.now();
    while (this.first !== undefined && this.first.due <= now) {
      const timer = this.first;
      timer.cancel();
      timer.owner.onTimeout(this.#ms);
    }
    if (this.first !== undefined && this.#timer === undefined) this.#set(this.first.due - now);
  }
}
