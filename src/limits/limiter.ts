/**
 * Admits attempts within a concurrency and rates. It is our own, not a library's: calls have
 * priorities, a share of the concurrency is reserved for them, tokens are corrected afterwards,
 * and an abort must leave the queue at once.
 */
import { follow, type Following } from "../async/abort.ts";
import { MAX_TIMER_DELAY } from "../async/timer.ts";
import { LONG_WAIT } from "../model/errors.ts";
import { type LimitOptions, maxConcurrency } from "../model/limits.ts";
import {
  longestPauseOf,
  pausedError,
  type PermitRequest,
  type WaitReason,
} from "./permit_request.ts";
import { PriorityQueue, type QueueEntry } from "./priority_queue.ts";
import { RateLimits } from "./rate_limits.ts";
import type { Feedback } from "./feedback.ts";

interface Waiter {
  readonly request: PermitRequest;
  /** The registration with its signal. */
  following: Following | undefined;
  readonly admit: (reason: WaitReason) => void;
  readonly abort: () => void;
  /** Rejects it, as the pause is longer than it waits for. */
  readonly refuse: (pauseMs: number) => void;
}

/**
 * Admits attempts as its limits allow: first come, first served, within a priority. Held permits
 * count towards the concurrency; rates count attempts when they start.
 */
export class Limiter {
  readonly #queue = new PriorityQueue<Waiter>();
  #concurrency: number;
  readonly #reserve: number;
  /** The rate limits. */
  protected readonly rates: RateLimits;
  #held = 0;
  /** The permits among them that are held without a priority. */
  #heldUnreserved = 0;
  #pausedUntil = 0;
  /** Why the first waiter waits. */
  #reason: WaitReason = "concurrency";
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Creates a limiter with no permits held. */
  constructor(options: LimitOptions) {
    this.#concurrency = maxConcurrency(options.concurrency) ?? Infinity;
    this.#reserve = options.reserve ?? 0;
    this.rates = new RateLimits(options, performance.now());
  }

  /** The number of permits held. */
  get held(): number {
    return this.#held;
  }

  /** The number of waiters. */
  get waiting(): number {
    return this.#queue.size;
  }

  /** The maximum number of permits held at once. */
  get concurrency(): number {
    return this.#concurrency;
  }

  set concurrency(limit: number) {
    this.#concurrency = limit;
    this.#admit();
  }

  /** Why the first waiter waits, or why the last one did. */
  get reason(): WaitReason {
    return this.#reason;
  }

  /** For how many milliseconds a {@linkcode Limiter.pause} is still in force; 0 if none is. */
  get pausedForMs(): number {
    return Math.max(0, this.#pausedUntil - performance.now());
  }

  /** Whether a {@linkcode Limiter.pause} is in force. */
  get paused(): boolean {
    return this.#pausedUntil > 0 && this.#pausedUntil > performance.now();
  }

  /** Acquires a permit if one is available at once. */
  tryAcquire(request: PermitRequest, now: number = performance.now()): boolean {
    // A waiter of the same or a higher priority must not be overtaken.
    const first = this.#queue.first;
    if (first !== undefined && first.priority >= request.priority) return false;
    if (!this.#hasRoom(request.priority)) return false;
    if (this.#waitForRate(request, now) > 0) return false;
    this.#take(request, now);
    return true;
  }

  /**
   * Waits for a permit.
   *
   * @returns Why it had to wait; `undefined` if it did not.
   * @throws {ProviderError} With the code `rate_limited`, if a pause is longer than it waits for.
   * @throws The signal's reason, as soon as it aborts.
   */
  acquire(
    request: PermitRequest,
    signal: AbortSignal | undefined,
  ): Promise<WaitReason | undefined> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (this.tryAcquire(request)) return Promise.resolve(undefined);
    const pauseMs = this.#pausedUntil - performance.now();
    if (pauseMs > longestPauseOf(request)) return Promise.reject(pausedError(pauseMs));
    const { heartbeat } = request;
    return new Promise((resolve, reject) => {
      const leave = () => {
        entry.value.following?.stop();
        if (heartbeat !== undefined) heartbeat.leaveQueue = undefined;
        this.#queue.remove(entry);
      };
      const entry: QueueEntry<Waiter> = this.#queue.push({
        request,
        following: undefined,
        admit: (reason) => {
          leave();
          if (heartbeat !== undefined) heartbeat.leaveQueue = () => this.cancel(request);
          resolve(reason);
        },
        abort: () => {
          leave();
          reject(signal!.reason);
        },
        refuse: (pauseMs) => {
          leave();
          reject(pausedError(pauseMs));
        },
      }, request.priority);
      const abandon = (reason: unknown) => {
        const wasFirst = this.#queue.first === entry;
        leave();
        reject(reason);
        // The next waiter may need less.
        if (wasFirst) this.#admit();
      };
      if (signal !== undefined) {
        entry.value.following = follow(signal, { onAborted: () => abandon(signal.reason) });
      }
      if (heartbeat !== undefined) heartbeat.leaveQueue = abandon;
      // Only the first waiter needs a timer: the others wait for it.
      if (this.#queue.first === entry) this.#schedule(performance.now());
    });
  }

  /**
   * Notes that an attempt is sent, now that it has all its permits. Returns a mark that must be
   * passed on with its feedback.
   */
  markSent({ tokens }: PermitRequest, _now: number = performance.now()): unknown {
    this.rates.markSent(tokens);
    return undefined;
  }

  /** The discovered concurrency; `undefined` if the limiter is not adaptive. */
  get discoveredConcurrency(): number | undefined {
    return undefined;
  }

  /** Applies the feedback of an attempt, whose permit is still held. */
  applyFeedback(
    _feedback: Feedback,
    _mark: unknown,
    _request: PermitRequest,
    _now: number = performance.now(),
  ): void {}

  /** Releases a permit of an attempt that was never sent, and refunds what it took. */
  cancel({ tokens, priority }: PermitRequest): void {
    this.rates.refund(tokens, performance.now());
    this.#release(priority);
  }

  /**
   * Releases a permit.
   *
   * @param used The tokens that the attempt used, if known: they replace the estimate.
   */
  release({ tokens, priority }: PermitRequest, used: number | undefined): void {
    if (used !== undefined) this.rates.correct(tokens - used);
    this.#release(priority);
  }

  /**
   * Admits no attempts for the given time, in milliseconds. Waiters that do not wait that long are
   * rejected.
   */
  pause(ms: number): void {
    const now = performance.now();
    this.#pausedUntil = Math.max(this.#pausedUntil, now + ms);
    if (ms > LONG_WAIT) {
      const pauseMs = this.#pausedUntil - now;
      for (const { value } of [...this.#queue]) {
        if (pauseMs > longestPauseOf(value.request)) value.refuse(pauseMs);
      }
    }
    this.#schedule(now);
  }

  /** Returns for how many milliseconds a subclass holds attempts back. */
  protected holdBack(_now: number): number {
    return 0;
  }

  #release(priority: number): void {
    this.#held--;
    if (priority <= 0) this.#heldUnreserved--;
    this.#admit();
  }

  /** Admits every waiter that can start now. */
  #admit(): void {
    // In the common case the queue is empty, and then there is no timer either.
    if (this.#queue.size === 0 && this.#timer === undefined) return;
    const now = performance.now();
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      // When many waiters share a signal, the first to be aborted must not admit the others.
      if (next.following?.isAborted) {
        next.abort();
        continue;
      }
      if (this.#waitForRate(next.request, now) > 0) break;
      this.#take(next.request, now);
      next.admit(this.#reason);
    }
    this.#schedule(now);
  }

  /**
   * Sets the timer for the first waiter. If it waits for a permit it needs none: the next release
   * admits it.
   */
  #schedule(now: number): void {
    if (this.#timer !== undefined) clearTimeout(this.#timer);
    this.#timer = undefined;
    const next = this.#next();
    if (next === undefined) {
      if (this.#queue.size > 0) this.#reason = "concurrency";
      return;
    }
    const ms = this.#waitForRate(next.request, now);
    const { heartbeat } = next.request;
    if (heartbeat !== undefined) return heartbeat.wakeAfter(ms, () => this.#admit());
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#admit();
    }, Math.min(Math.ceil(ms), MAX_TIMER_DELAY));
  }

  /**
   * Returns the first waiter if a permit is available for it; otherwise none is for the others.
   */
  #next(): Waiter | undefined {
    const first = this.#queue.first;
    return first !== undefined && this.#hasRoom(first.priority) ? first.value : undefined;
  }

  #hasRoom(priority: number): boolean {
    if (this.#held >= this.#concurrency) return false;
    return priority > 0 ||
      this.#heldUnreserved < unreservedConcurrency(this.#concurrency, this.#reserve);
  }

  /** Returns how long the rates and the pause require to wait; notes which of them is longest. */
  #waitForRate({ tokens }: PermitRequest, now: number): number {
    const pause = Math.max(0, this.#pausedUntil - now, this.holdBack(now));
    const ms = this.rates.waitFor(tokens, now);
    if (ms > pause) this.#reason = this.rates.reason;
    else if (pause > 0) this.#reason = "pause";
    return Math.max(pause, ms);
  }

  #take({ tokens, priority }: PermitRequest, now: number): void {
    this.#held++;
    if (priority <= 0) this.#heldUnreserved++;
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
