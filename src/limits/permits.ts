import type { Feedback } from "./feedback.ts";
import type { PermitRequest, Limiter, WaitReason } from "./limiter.ts";

/** How long an attempt has waited for what, in milliseconds; also if it was aborted while it waited. */
export type WaitTimes = Partial<Record<WaitReason, number>>;

/**
 * A permit of every limiter, taken from the innermost to the outermost and held while an attempt is on the wire. The order is the same for
 * all, and who holds the outermost holds all it needs, so nobody can wait for each other.
 */
export class Permits implements PermitRequest {
  readonly #limiters: readonly Limiter[];
  readonly tokens: number;
  readonly priority: number;
  #held = 0;
  #marks: unknown[] | undefined;

  /** None is held yet. */
  constructor(limiters: readonly Limiter[], { tokens, priority }: PermitRequest) {
    this.#limiters = limiters;
    this.tokens = tokens;
    this.priority = priority;
  }

  /** Takes what can be had at once, and says whether that is everything. */
  tryAcquire(now: number = performance.now()): boolean {
    while (this.#held < this.#limiters.length) {
      if (!this.#limiters[this.#held]!.tryAcquire(this, now)) return false;
      this.#held++;
    }
    return true;
  }

  /**
   * Waits for what is missing.
   *
   * @throws The signal's reason, as soon as it aborts; then nothing is held.
   */
  async acquire(signal: AbortSignal | undefined, waited: WaitTimes = {}): Promise<void> {
    try {
      signal?.throwIfAborted();
      while (!this.tryAcquire()) {
        const limiter = this.#limiters[this.#held]!;
        const began = performance.now();
        let reason: WaitReason | undefined;
        try {
          reason = await limiter.acquire(this, signal);
        } finally {
          reason ??= limiter.reason;
          waited[reason] = (waited[reason] ?? 0) + performance.now() - began;
        }
        this.#held++;
        // It may have aborted just after the permit was given.
        signal?.throwIfAborted();
        // Meanwhile the server may have asked for a pause: who has not gone out yet waits for its end, too.
        const paused = this.#limiters.slice(0, this.#held).findIndex((limiter) => limiter.paused);
        while (paused >= 0 && this.#held > paused) this.#limiters[--this.#held]!.cancel(this);
      }
    } catch (reason) {
      this.release();
      throw reason;
    }
  }

  /** The least concurrency that was found out by the limiters, if any looks for it. */
  get discoveredConcurrency(): number | undefined {
    let found: number | undefined;
    for (const limiter of this.#limiters) {
      if (limiter.discoveredConcurrency !== undefined) found = Math.min(found ?? Infinity, limiter.discoveredConcurrency);
    }
    return found;
  }

  /** The request goes out now. Permits that are given back before that are as if they had never been taken. */
  markSent(now: number = performance.now()): void {
    this.#marks = this.#limiters.map((limiter) => limiter.markSent(this, now));
  }

  /**
   * Gives everything back, once.
   *
   * @param used How many tokens were used, if that is known.
   * @param answer What the server's answer tells of its limits; nothing if none was sent.
   */
  release(used?: number, answer?: Feedback, now: number = performance.now()): void {
    while (this.#held > 0) {
      const limiter = this.#limiters[--this.#held]!;
      if (this.#marks === undefined) {
        limiter.cancel(this);
        continue;
      }
      if (answer !== undefined) limiter.applyFeedback(answer, this.#marks[this.#held], this, now);
      limiter.release(this, used);
    }
  }
}

/**
 * Waits for a permit of every limiter.
 *
 * @throws The signal's reason, as soon as it aborts; then nothing is held.
 */
export async function acquirePermits(
  limiters: readonly Limiter[],
  ask: PermitRequest,
  signal: AbortSignal | undefined,
  waited?: WaitTimes,
): Promise<Permits> {
  const permits = new Permits(limiters, ask);
  await permits.acquire(signal, waited);
  return permits;
}
