import {
  callback,
  checkOptions,
  milliseconds,
  numberThat,
  type RulesFor,
} from "../../model/check_options.ts";
import { installGlobals } from "./install_globals.ts";
import { advance, waitForRealWork } from "./advance.ts";
import { Timers } from "./timers.ts";

/** Options of {@linkcode virtualTime}. */
export interface VirtualTimeOptions {
  /**
   * The maximum duration of a `run`, in virtual milliseconds, 0 or more, or `Infinity`. Work that
   * does not end fails then, instead of running forever.
   *
   * @default {86_400_000} a day
   */
  readonly maxDuration?: number;
  /**
   * How long a `run` waits for real work, such as a file or a lazy import, when no timer is left,
   * in real milliseconds, 0 or more; then it fails.
   *
   * @default {2_000}
   */
  readonly patience?: number;
  /**
   * The seed of `Math.random`, so that a run can be repeated, including the jitter between
   * retries: an integer, 0 or more.
   *
   * @default `Math.random` is not replaced
   */
  readonly seed?: number;
  /**
   * The initial value of `Date.now()`, in milliseconds since 1970.
   *
   * @default The real time
   */
  readonly date?: number;
}

/**
 * A virtual clock. It starts when it is created, and ends after a `run` or when it is disposed.
 */
export interface VirtualTime extends Disposable {
  /** Virtual milliseconds since the start. */
  readonly now: number;
  /** The number of pending timers: 0 after work that leaks none. */
  readonly pending: number;
  /**
   * Calls `fn` and advances the clock until its promise settles: whenever all work without timers
   * is done, the clock jumps to the next timer. Virtual time ends afterwards in any case.
   *
   * @returns The result of `fn`.
   * @throws What `fn` or a timer's callback throws.
   * @throws {Error} If nothing is left to wait for, or `maxDuration` has passed.
   */
  run<T>(fn: () => T | PromiseLike<T>): Promise<T>;
  /**
   * Advances the clock by the given milliseconds, firing the timers that are due.
   *
   * @throws What a timer's callback throws; the clock stops at that time.
   */
  tick(ms: number): Promise<void>;
}

const RULES: RulesFor<VirtualTimeOptions> = {
  maxDuration: numberThat("milliseconds, 0 or more, or Infinity", (n) => n >= 0),
  patience: milliseconds,
  seed: numberThat("a whole number, 0 or more", (n) => Number.isSafeInteger(n) && n >= 0),
  date: numberThat("milliseconds since 1970", (n) => Number.isSafeInteger(n)),
};

const realNow = performance.now.bind(performance);

let active: Clock | undefined;
/** The latest `performance.now()`: it must not go back from one virtual time to the next. */
let reached = 0;

/**
 * Starts virtual time: the global timers, `Date`, `performance.now` and `AbortSignal.timeout`
 * follow a clock that jumps from one timer to the next. An hour of rate limits, outages and
 * backoff takes a few microseconds for each timer, however many are pending.
 *
 * Sockets, files, `node:timers`, and functions that were copied from `globalThis` before, stay
 * real. The clock does not wait for them, so avoid them or await them beforehand. Use agents with
 * limits in one time only: after virtual time their limiters wait too long, as the real clock is
 * behind.
 *
 * @throws {Error} If virtual time is already active.
 * @throws {TypeError} If an option has the wrong type.
 * @throws {RangeError} If a number is out of range.
 *
 * @example An hour at once
 * ```ts
 * import { virtualTime } from "@shoal/agents/testing";
 *
 * const time = virtualTime();
 * const hours = await time.run(async () => {
 *   const began = Date.now();
 *   await new Promise((resolve) => setTimeout(resolve, 3_600_000));
 *   return (Date.now() - began) / 3_600_000;
 * });
 * console.log(hours, time.now); // 1 3600000
 * ```
 *
 * @example Step by step
 * ```ts
 * import { virtualTime } from "@shoal/agents/testing";
 *
 * using time = virtualTime();
 * setTimeout(() => console.log("a second is over"), 1_000);
 * await time.tick(999);
 * await time.tick(1); // a second is over
 * ```
 */
export function virtualTime(options: VirtualTimeOptions = {}): VirtualTime {
  checkOptions("begin virtual time", options, RULES);
  // Sinon marks its fake timers by a property of that name.
  const other = active !== undefined || "clock" in globalThis.setTimeout;
  if (other) {
    throw new Error(
      "Cannot begin virtual time as another one has not ended: " +
        "dispose of it, or wait for its run, first",
    );
  }
  return active = new Clock(options);
}

class Clock implements VirtualTime {
  readonly #timers = new Timers();
  readonly #maxDuration: number;
  readonly #patience: number;
  readonly #beginning: { readonly monotonic: number; readonly date: number };
  readonly #restore: () => void;
  #running = false;

  constructor(
    { maxDuration: maxDuration = 86_400_000, patience = 2_000, seed, date }: VirtualTimeOptions,
  ) {
    this.#maxDuration = maxDuration;
    this.#patience = patience;
    // Whole milliseconds keep differences exact.
    const monotonic = Math.max(Math.ceil(realNow()), reached);
    this.#beginning = { monotonic, date: date ?? Date.now() };
    this.#restore = installGlobals(this.#timers, this.#beginning, seed);
  }

  get now(): number {
    return this.#timers.now;
  }

  get pending(): number {
    return this.#timers.size;
  }

  async run<T>(fn: () => T | PromiseLike<T>): Promise<T> {
    callback("run in virtual time", "the work", fn);
    this.#begin("run in virtual time");
    let settled = false;
    try {
      const work = (async () => await fn())();
      const settle = () => settled = true;
      // Virtual time may end before the work does: later errors of the work are ignored.
      work.then(settle, settle);
      await this.#advanceUntil(() => settled);
      return await work;
    } finally {
      this.#running = false;
      this[Symbol.dispose]();
    }
  }

  async tick(ms: number): Promise<void> {
    milliseconds("tick", "the time", ms);
    this.#begin("tick");
    try {
      const end = this.#timers.now + Math.trunc(ms);
      await advance(this.#timers, end, () => false);
      this.#timers.now = end;
    } finally {
      this.#running = false;
    }
  }

  [Symbol.dispose](): void {
    if (active !== this) return;
    active = undefined;
    reached = this.#beginning.monotonic + this.#timers.now;
    this.#restore();
    this.#timers.reset();
  }

  #begin(doing: string): void {
    if (active !== this) {
      throw new Error(`Cannot ${doing} as this virtual time is over: create another one`);
    }
    if (this.#running) {
      throw new Error(
        `Cannot ${doing} as the clock is already running: wait for the run or the tick before`,
      );
    }
    this.#running = true;
  }

  async #advanceUntil(settled: () => boolean): Promise<void> {
    const end = this.#timers.now + this.#maxDuration;
    for (;;) {
      await advance(this.#timers, end, settled);
      if (settled()) return;
      if (this.pending > 0) {
        throw new Error(
          "Cannot go on in virtual time as the work has not ended after " +
            `${this.#maxDuration} virtual milliseconds: ` +
            "a timer is set again and again, or maxDuration is too short",
        );
      }
      await waitForRealWork(this.#timers, settled, this.#patience);
    }
  }
}
