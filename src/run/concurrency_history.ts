import type { Attempt } from "../model/result.ts";

/** How many attempts were let on the wire at a time, from some moment on. */
export interface DiscoveredConcurrency {
  /** The moment, in milliseconds since 1970. */
  readonly at: number;
  /** How many. */
  readonly concurrency: number;
}

/** The maximum number of steps reported of a long history. */
const MOST = 200;

/**
 * How an adaptive concurrency has changed, as its attempts tell. Changes of less than a tenth are
 * left out.
 */
export class ConcurrencyHistory {
  readonly #steps: DiscoveredConcurrency[] = [];

  /** Takes what an attempt tells. */
  add({ startedAt, concurrency }: Attempt): void {
    if (concurrency !== undefined) this.#steps.push({ at: startedAt, concurrency });
  }

  /** The steps, oldest first; `undefined` if there was nothing to find out. */
  steps(): readonly DiscoveredConcurrency[] | undefined {
    if (this.#steps.length === 0) return undefined;
    const inTime = this.#steps.sort((a, b) => a.at - b.at);
    let last = 0;
    const changes = inTime.filter(({ concurrency }) => {
      if (Math.abs(concurrency - last) < Math.max(1, last / 10)) return false;
      last = concurrency;
      return true;
    });
    const each = Math.ceil(changes.length / MOST);
    return changes.filter((_, i) => i % each === 0);
  }
}
