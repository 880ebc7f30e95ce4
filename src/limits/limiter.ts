import { onAbort } from "../async/abort.ts";
import { type LimitOptions, maxConcurrency } from "../model/limits.ts";
import { PriorityQueue, type QueueEntry } from "./priority_queue.ts";
import { RateLimits } from "./rate_limits.ts";
import type { Feedback } from "./feedback.ts";

/** What an attempt asks of a limiter. */
export interface PermitRequest {
  /** Tokens it will use, as far as one can tell. */
  readonly tokens: number;
  /** Who goes first: the higher number. Above 0, the reserved share is open too. */
  readonly priority: number;
}

/** Why an attempt had to wait: for others to end, for a limit a minute, or because the server asked to be left alone. */
export type WaitReason = "concurrency" | "requests" | "tokens" | "pause";

interface Waiter {
  readonly ask: PermitRequest;
  readonly signal: AbortSignal | undefined;
  readonly admit: (reason: WaitReason) => void;
  readonly leave: () => void;
}

/**
 * Lets attempts begin when its limits allow: first come, first served, within a priority. Held permits count
 * against the concurrency; the rates are counted when an attempt begins.
 */
export class Limiter {
  readonly #queue = new PriorityQueue<Waiter>();
  #concurrency: number;
  readonly #reserve: number;
  /** Its limits in a time. */
  protected readonly rates: RateLimits;
  #held = 0;
  /** Those among them that the reserve is kept from. */
  #heldByRuns = 0;
  #pausedUntil = 0;
  /** Why the first one waits. */
  #reason: WaitReason = "concurrency";
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** A limiter at which nobody has been. */
  constructor(options: LimitOptions) {
    this.#concurrency = maxConcurrency(options.concurrency) ?? Infinity;
    this.#reserve = options.reserve ?? 0;
    this.rates = new RateLimits(options, performance.now());
  }

  /** How many permits are held. */
  get held(): number {
    return this.#held;
  }

  /** How many wait. */
  get waiting(): number {
    return this.#queue.size;
  }

  /** The most permits that may be held. */
  get concurrency(): number {
    return this.#concurrency;
  }

  set concurrency(limit: number) {
    this.#concurrency = limit;
    this.#admit();
  }

  /** Why the first one waits, or did when the last one left. */
  get reason(): WaitReason {
    return this.#reason;
  }

  /** Does a {@linkcode Limiter.pause} last? */
  get paused(): boolean {
    return this.#pausedUntil > 0 && this.#pausedUntil > performance.now();
  }

  /** Takes a permit if it can be had at once. */
  tryAcquire(ask: PermitRequest, now: number = performance.now()): boolean {
    // Who waits and could go first is not overtaken.
    const first = this.#queue.first;
    if (first !== undefined && first.priority >= ask.priority) return false;
    if (!this.#hasRoom(ask.priority)) return false;
    if (this.#waitForRate(ask, now) > 0) return false;
    this.#take(ask, now);
    return true;
  }

  /**
   * Waits for a permit; gives the reason for the wait, or `undefined` if there was none.
   *
   * @throws The signal's reason, as soon as it aborts.
   */
  acquire(ask: PermitRequest, signal: AbortSignal | undefined): Promise<WaitReason | undefined> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (this.tryAcquire(ask)) return Promise.resolve(undefined);
    return new Promise((resolve, reject) => {
      let release: (() => void) | undefined;
      const waiting: QueueEntry<Waiter> = this.#queue.push({
        ask,
        signal,
        admit: (reason) => {
          release?.();
          this.#queue.remove(waiting);
          resolve(reason);
        },
        leave: () => {
          release?.();
          this.#queue.remove(waiting);
          reject(signal!.reason);
        },
      }, ask.priority);
      if (signal !== undefined) {
        release = onAbort(signal, () => {
          const first = this.#queue.first === waiting;
          waiting.value.leave();
          // Behind it may stand one who needs less.
          if (first) this.#admit();
        });
      }
      // Those behind the first one wait for it, not for a timer.
      if (this.#queue.first === waiting) this.#schedule(performance.now());
    });
  }

  /** An attempt that has all its permits goes out. What is given back is handed in with its answer. */
  markSent({ tokens }: PermitRequest, _now: number = performance.now()): unknown {
    this.rates.markSent(tokens);
    return undefined;
  }

  /** How much concurrency has been found out; `undefined` if it is not looked for. */
  get discoveredConcurrency(): number | undefined {
    return undefined;
  }

  /** The answer has come; the permit is still held. */
  applyFeedback(_answer: Feedback, _mark: unknown, _ask: PermitRequest, _now: number = performance.now()): void {}

  /** Gives back a permit with which nothing went out. */
  cancel({ tokens, priority }: PermitRequest): void {
    this.rates.refund(tokens, performance.now());
    this.#leave(priority);
  }

  /** Gives a permit back. `used` is how many tokens the attempt used, if that is known, in the place of those it asked for. */
  release({ tokens, priority }: PermitRequest, used: number | undefined): void {
    if (used !== undefined) this.rates.correct(tokens - used);
    this.#leave(priority);
  }

  /** Lets nobody begin for so many milliseconds. */
  pause(ms: number): void {
    const now = performance.now();
    this.#pausedUntil = Math.max(this.#pausedUntil, now + ms);
    this.#schedule(now);
  }

  #leave(priority: number): void {
    this.#held--;
    if (priority <= 0) this.#heldByRuns--;
    this.#admit();
  }

  /** Lets begin whoever can. */
  #admit(): void {
    // Mostly nobody waits, and then there is no timer either.
    if (this.#queue.size === 0 && this.#timer === undefined) return;
    const now = performance.now();
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      // Of many who wait with one signal the first is told first; the others must not be let in meanwhile.
      if (next.signal?.aborted) {
        next.leave();
        continue;
      }
      if (this.#waitForRate(next.ask, now) > 0) break;
      this.#take(next.ask, now);
      next.admit(this.#reason);
    }
    this.#schedule(now);
  }

  /** Wakes up when the first one can begin, unless it waits for a permit: then the one who gives it back wakes it. */
  #schedule(now: number): void {
    if (this.#timer !== undefined) clearTimeout(this.#timer);
    this.#timer = undefined;
    const next = this.#next();
    if (next === undefined) {
      if (this.#queue.size > 0) this.#reason = "concurrency";
      return;
    }
    const ms = this.#waitForRate(next.ask, now);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#admit();
    }, Math.min(Math.ceil(ms), 2 ** 31 - 1));
  }

  /** The first one, if there is room for it: if there is none for it, there is none for those behind it either. */
  #next(): Waiter | undefined {
    const first = this.#queue.first;
    return first !== undefined && this.#hasRoom(first.priority) ? first.value : undefined;
  }

  #hasRoom(priority: number): boolean {
    if (this.#held >= this.#concurrency) return false;
    return priority > 0 || this.#heldByRuns < unreservedConcurrency(this.#concurrency, this.#reserve);
  }

  /** How long the rates and the pause keep it waiting, and, if they do, which of them does so longest. */
  #waitForRate({ tokens }: PermitRequest, now: number): number {
    const pause = Math.max(0, this.#pausedUntil - now);
    const ms = this.rates.waitFor(tokens, now);
    if (ms > pause) this.#reason = this.rates.reason;
    else if (pause > 0) this.#reason = "pause";
    return Math.max(pause, ms);
  }

  #take({ tokens, priority }: PermitRequest, now: number): void {
    this.#held++;
    if (priority <= 0) this.#heldByRuns++;
    this.rates.take(tokens, now);
  }
}

/**
 * Returns how many permits calls without a priority may hold. It is at least 1, however large the
 * reserve.
 */
export function unreservedConcurrency(concurrency: number, reserve: number): number {
  // 100 × (1 − 0.9) is a little less than 10.
  return reserve === 0 ? concurrency : Math.max(1, Math.floor(concurrency * (1 - reserve) + 1e-9));
}
