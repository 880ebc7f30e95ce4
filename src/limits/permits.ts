import type { Heartbeat } from "../async/heartbeat.ts";
import type { Feedback } from "./feedback.ts";
import type { Limiter } from "./limiter.ts";
import type { PermitRequest, WaitReason } from "./permit_request.ts";

/** How long an attempt has waited for which reason, in milliseconds, even if it was aborted. */
export type WaitTimes = Partial<Record<WaitReason | "budget", number>>;

/**
 * The permits of one attempt: one of every limiter, acquired from the innermost to the outermost,
 * and held while the attempt is in flight. The order is the same for all attempts, and an attempt
 * that holds the outermost permit holds all of them, so that no two attempts wait for each other.
 */
export class Permits implements PermitRequest {
  readonly #limiters: readonly Limiter[];
  readonly tokens: number;
  readonly priority: number;
  /** The longest pause that it waits for, in milliseconds. */
  longestPause: number = Infinity;
  readonly heartbeat: Heartbeat | undefined;
  #held = 0;
  #marks: unknown[] | undefined;

  /** Creates a set of which no permit is held yet. */
  constructor(limiters: readonly Limiter[], { tokens, priority, heartbeat }: PermitRequest) {
    this.#limiters = limiters;
    this.tokens = tokens;
    this.priority = priority;
    this.heartbeat = heartbeat;
  }

  /** Acquires the permits that are available at once. Returns whether these are all. */
  tryAcquire(now: number = performance.now()): boolean {
    while (this.#held < this.#limiters.length) {
      if (!this.#limiters[this.#held]!.tryAcquire(this, now)) return false;
      this.#held++;
    }
    return true;
  }

  /**
   * Waits for the permits that are missing.
   *
   * @throws {ProviderError} With the code `rate_limited`, if a pause is longer than it waits for.
   * @throws The signal's reason, as soon as it aborts; then no permit is held.
   */
  async acquire(signal: AbortSignal | undefined, waited: WaitTimes = {}): Promise<void> {
    try {
      signal?.throwIfAborted();
      while (!this.tryAcquire()) {
        const limiter = this.#limiters[this.#held]!;
        const began = performance.now();
        let reason: WaitReason | undefined;
        let isFromQueue = false;
        try {
          reason = await limiter.acquire(this, signal);
          isFromQueue = reason !== undefined;
        } finally {
          reason ??= limiter.reason;
          waited[reason] = (waited[reason] ?? 0) + performance.now() - began;
        }
        if (isFromQueue) this.#noticeGrant();
        this.#held++;
        // The signal may have aborted just after the permit was granted.
        signal?.throwIfAborted();
        // A limiter may have been paused meanwhile: an attempt not yet sent waits for its end,
        // too.
        const paused = this.#limiters.slice(0, this.#held).findIndex((limiter) => limiter.paused);
        while (paused >= 0 && this.#held > paused) this.#limiters[--this.#held]!.cancel(this);
      }
    } catch (reason) {
      this.release();
      throw reason;
    }
  }

  /** Notes that a permit was granted; throws if it was taken back, as the request has ended. */
  #noticeGrant(): void {
    const { heartbeat } = this;
    if (heartbeat === undefined) return;
    if (heartbeat.isOver) throw new DOMException("The request has ended", "AbortError");
    heartbeat.leaveQueue = undefined;
  }

  /**
   * The lowest concurrency that an adaptive limiter among them has discovered, if there is one.
   */
  get discoveredConcurrency(): number | undefined {
    let lowest: number | undefined;
    for (const { discoveredConcurrency } of this.#limiters) {
      if (discoveredConcurrency === undefined) continue;
      lowest = Math.min(lowest ?? Infinity, discoveredConcurrency);
    }
    return lowest;
  }

  /** Notes that the request is sent now. Permits released before that count as never acquired. */
  markSent(now: number = performance.now()): void {
    this.#marks = this.#limiters.map((limiter) => limiter.markSent(this, now));
  }

  /**
   * Releases all permits. Further calls do nothing.
   *
   * @param used How many tokens were used, if that is known.
   * @param feedback What the outcome says about the server's limits; absent if nothing was sent.
   */
  release(used?: number, feedback?: Feedback, now: number = performance.now()): void {
    while (this.#held > 0) {
      const limiter = this.#limiters[--this.#held]!;
      if (this.#marks === undefined) {
        limiter.cancel(this);
        continue;
      }
      if (feedback !== undefined) {
        limiter.applyFeedback(feedback, this.#marks[this.#held], this, now);
      }
      limiter.release(this, used);
    }
  }
}

/**
 * Acquires a permit of every limiter.
 *
 * @throws The signal's reason, as soon as it aborts; then no permit is held.
 */
export async function acquirePermits(
  limiters: readonly Limiter[],
  request: PermitRequest,
  signal: AbortSignal | undefined,
  waited?: WaitTimes,
): Promise<Permits> {
  const permits = new Permits(limiters, request);
  await permits.acquire(signal, waited);
  return permits;
}
