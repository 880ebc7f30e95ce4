import type { Answer, Ask, Limiter, WaitReason } from "./limiter.ts";

/** What an attempt holds while it is on the wire. */
export interface Permits {
  /** The least concurrency that was found out by the limiters, if any looks for it. */
  readonly found: number | undefined;
  /** The request goes out now. Permits that are given back before that are as if they had never been taken. */
  send(): void;
  /**
   * Gives everything back, once.
   *
   * @param used How many tokens were used, if that is known.
   * @param answer What the server's answer tells of its limits; nothing if none was sent.
   */
  release(used?: number, answer?: Answer): void;
}

/** How long an attempt has waited for what, in milliseconds; also if it was aborted while it waited. */
export type Waited = Partial<Record<WaitReason, number>>;

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
  waited: Waited = {},
): Promise<Permits> {
  let held = 0;
  try {
    signal?.throwIfAborted();
    while (held < limiters.length) {
      const limiter = limiters[held]!;
      if (limiter.tryAcquire(ask)) {
        held++;
        continue;
      }
      const began = performance.now();
      let reason: WaitReason | undefined;
      try {
        reason = await limiter.acquire(ask, signal);
      } finally {
        reason ??= limiter.reason;
        waited[reason] = (waited[reason] ?? 0) + performance.now() - began;
      }
      held++;
      // It may have aborted just after the permit was given.
      signal?.throwIfAborted();
      // Meanwhile the server may have asked for a pause: who has not gone out yet waits for its end, too.
      const paused = limiters.slice(0, held).findIndex((limiter) => limiter.paused);
      while (paused >= 0 && held > paused) limiters[--held]!.cancel(ask);
    }
  } catch (reason) {
    while (held > 0) limiters[--held]!.cancel(ask);
    throw reason;
  }
  let marks: readonly unknown[] | undefined;
  const send = (): void => {
    marks = limiters.map((limiter) => limiter.send(ask));
  };
  const release = (used?: number, answer?: Answer): void => {
    while (held > 0) {
      const limiter = limiters[--held]!;
      if (marks === undefined) {
        limiter.cancel(ask);
        continue;
      }
      if (answer !== undefined) limiter.hear(answer, marks[held], ask);
      limiter.release(ask, used);
    }
  };
  let found: number | undefined;
  for (const limiter of limiters) {
    if (limiter.found !== undefined) found = Math.min(found ?? Infinity, limiter.found);
  }
  return { found, send, release };
}
