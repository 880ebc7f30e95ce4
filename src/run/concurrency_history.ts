import type { Attempt } from "../model/attempt.ts";

/** The concurrency that was in force from a point in time. */
export interface DiscoveredConcurrency {
  /** When it took effect, in milliseconds since 1970. */
  readonly at: number;
  /** The maximum number of attempts in flight at once. */
  readonly concurrency: number;
}

/** The maximum number of steps that are returned. */
const MAX_STEPS = 200;

/**
 * Collects the changes of an adaptive concurrency from the attempts that recorded it. Changes of
 * less than a tenth are omitted.
 */
export class ConcurrencyHistory {
  readonly #steps: DiscoveredConcurrency[] = [];

  /** Adds the concurrency that an attempt recorded, if any. */
  add({ startedAt, concurrency }: Attempt): void {
    if (concurrency !== undefined) this.#steps.push({ at: startedAt, concurrency });
  }

  /** Returns the steps, oldest first, or `undefined` if no attempt recorded a concurrency. */
  steps(): readonly DiscoveredConcurrency[] | undefined {
    if (this.#steps.length === 0) return undefined;
    const inTime = this.#steps.sort((a, b) => a.at - b.at);
    let last = 0;
    const changes = inTime.filter(({ concurrency }) => {
      if (Math.abs(concurrency - last) < Math.max(1, last / 10)) return false;
      last = concurrency;
      return true;
    });
    const interval = Math.ceil(changes.length / MAX_STEPS);
    return changes.filter((_, i) => i % interval === 0);
  }
}
