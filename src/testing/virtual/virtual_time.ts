import {
  callback,
  checkOptions,
  milliseconds,
  numberThat,
  type Rules,
} from "../../model/check_options.ts";
import { installGlobals } from "./install_globals.ts";
import { advance, waitForRealWork } from "./advance.ts";
import { Timers } from "./timers.ts";

/** How {@linkcode virtualTime} passes. */
export interface VirtualTimeOptions {
  /**
   * The most virtual milliseconds that a `run` may take: work without an end fails then, in the place of running for ever.
   *
   * @default {86_400_000} A day
   */
  readonly maxDuration?: number;
  /**
   * How many real milliseconds a `run` waits for the real world, a file or a lazy import, when no timer is left to jump to; then it
   * fails.
   *
   * @default {2_000}
   */
  readonly patience?: number;
  /**
   * The seed of `Math.random`, so that a run can be repeated with all its chances: the jitter between retries is one. Without it
   * `Math.random` is left alone.
   */
  readonly seed?: number;
  /**
   * What `Date.now()` gives at the beginning, in milliseconds since 1970.
   *
   * @default The real time
   */
  readonly date?: number;
}

/** Time that passes as fast as the work in it. It begins when it is made, and is over with a `run` or when it is disposed. */
export interface VirtualTime extends Disposable {
  /** How many milliseconds have passed since it began. */
  readonly now: number;
  /** How many timers wait: 0 at the end of work that cleans up behind itself. */
  readonly pending: number;
  /**
   * Calls `fn` and lets time pass until its promise settles: whenever everything is done that needs no timer, the clock jumps
   * to the next one. Then virtual time is over, whatever happened.
   *
   * @returns What `fn` gives.
   * @throws What `fn` or a timer's callback throws.
   * @throws {Error} If nothing is left to wait for, or `maxDuration` have passed.
   */
  run<T>(fn: () => T | PromiseLike<T>): Promise<T>;
  /**
   * Lets so many milliseconds pass, with everything that happens in them.
   *
   * @throws What a timer's callback throws; then the clock stays there.
   */
  tick(ms: number): Promise<void>;
}

const RULES: Rules = {
  maxDuration: numberThat("milliseconds, 0 or more, or Infinity", (n) => n >= 0),
  patience: milliseconds,
  seed: numberThat("a whole number, 0 or more", (n) => Number.isSafeInteger(n) && n >= 0),
  date: numberThat("milliseconds since 1970", (n) => Number.isSafeInteger(n)),
};

const realNow = performance.now.bind(performance);

let active: Clock | undefined;
/** Where `performance.now()` has been: it must not go back, also not from one virtual time to the next. */
let reached = 0;

/**
 * Virtual time: from now on the global timers, `Date`, `performance.now` and `AbortSignal.timeout` follow a clock that jumps from
 * one timer to the next. So an hour of rate limits, outages and backoff takes as long as the work in it: a few
 * microseconds for each timer, with any number of them waiting.
 *
 * Not virtual are sockets, files, `node:timers`, and functions that were taken from `globalThis` before. The clock jumps on while
 * they take their time, so keep them out, or wait for them beforehand. Agents with limits belong to one time: those that were
 * used in virtual time wait too long outside of it, where the clock stands where it stood before.
 *
 * @throws {Error} If virtual time has begun already.
 * @throws {TypeError} If an option is wrong.
 * @throws {RangeError} If a number is out of range.
 *
 * @example An hour in no time
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
  // Sinon marks what it puts in the place of the timers by a property of that name.
  const other = active !== undefined || "clock" in globalThis.setTimeout;
  if (other) {
    throw new Error(
      "Cannot begin virtual time as another one has not ended: dispose of it, or wait for its run, first",
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
  #passing = false;

  constructor(
    { maxDuration: maxDuration = 86_400_000, patience = 2_000, seed, date }: VirtualTimeOptions,
  ) {
    this.#maxDuration = maxDuration;
    this.#patience = patience;
    // Whole milliseconds: then differences are exact, wherever it begins.
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
      // Also if virtual time ends before the work does: what it throws later concerns nobody.
      work.then(settle, settle);
      await this.#passUntil(() => settled);
      return await work;
    } finally {
      this.#passing = false;
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
      this.#passing = false;
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
      throw new Error(`Cannot ${doing} as this virtual time is over: make another one`);
    }
    if (this.#passing) {
      throw new Error(
        `Cannot ${doing} as time passes already: wait for the run or the tick before`,
      );
    }
    this.#passing = true;
  }

  async #passUntil(settled: () => boolean): Promise<void> {
    const end = this.#timers.now + this.#maxDuration;
    for (;;) {
      await advance(this.#timers, end, settled);
      if (settled()) return;
      if (this.pending > 0) {
        throw new Error(
          `Cannot go on in virtual time as the work has not ended after ${this.#maxDuration} virtual milliseconds: ` +
            "a timer is set again and again, or maxDuration is too short",
        );
      }
      await waitForRealWork(this.#timers, settled, this.#patience);
    }
  }
}
