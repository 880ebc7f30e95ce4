import type { Ask, Limiter, WaitReason } from "./limiter.ts";

/** What an attempt holds while it is on the wire. */
export interface Permits {
  /** Gives everything back, once. `used` is how many tokens were used, if that is known. */
  release(used?: number): void;
}

/** How long an attempt has waited for others to end, and for the rates, in milliseconds; also if it was aborted while it waited. */
export type Waited = Record<WaitReason, number>;

/**
 * Takes a permit of every limiter, from the innermost to the outermost. The order is the same for all, and who holds
 * the outermost holds all it needs, so nobody can wait for each other.
 *
 * @throws The signal's reason, as soon as it aborts; then nothing is held.
 */
export async function acquireAll(
  limiters: readonly Limiter[],
  ask: Ask,
  signal: AbortSignal | undefined,
  waited: Waited = { concurrency: 0, rate: 0 },
): Promise<Permits> {
  let held = 0;
  const release = (used?: number): void => {
    while (held > 0) limiters[--held]!.release(ask, used);
  };
  try {
    signal?.throwIfAborted();
    for (const limiter of limiters) {
      if (!limiter.tryAcquire(ask)) {
        const began = performance.now();
        let reason: WaitReason | undefined;
        try {
          reason = await limiter.acquire(ask, signal);
        } finally {
          waited[reason ?? "concurrency"] += performance.now() - began;
        }
      }
      held++;
    }
    // It may have aborted just after the last permit was given.
    signal?.throwIfAborted();
  } catch (reason) {
    // Nothing was sent: what was counted for it is given back.
    release(0);
    throw reason;
  }
  return { release };
}
