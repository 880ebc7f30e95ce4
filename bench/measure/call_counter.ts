import type { Case, Load } from "./case.ts";
import { median } from "./median.ts";

/** Counts how the calls of one run ended. */
export class CallCounter {
  #done = 0;
  #failed = 0;

  /** Adds a call that has ended, with its error if it failed. */
  readonly add = (error?: unknown): void => {
    this.#done++;
    if (error === undefined) return;
    // The first error is enough to see what is wrong.
    if (this.#failed++ === 0) console.error(error);
  };

  /** Adds a call when it ends; never rejects. */
  readonly count = (call: PromiseLike<unknown>): PromiseLike<void> =>
    call.then(() => this.add(), this.add);

  /**
   * Returns the number of completed and failed calls.
   *
   * @throws {Error} If calls are missing or none completed: the case is then broken.
   */
  figures(n: number): { completed: number; failed: number } {
    const completed = this.#done - this.#failed;
    if (this.#done !== n) throw new Error(`${this.#done} of ${n} calls ended`);
    if (completed === 0) throw new Error(`none of ${n} calls completed`);
    return { completed, failed: this.#failed };
  }
}

/** The calls of a case, and those of its warm-up. */
export interface CountedLoad extends Load {
  /** The warm-up. */
  readonly warm?: Load;
  /**
   * How often the work is repeated in the same process.
   *
   * @default {1}
   */
  readonly repeats?: number;
}

/**
 * Returns a case that makes calls and counts how they end. `run` adds each call to the counter; the
 * figure `medianMs` is the median wall time of the repeats.
 */
export function countedCase(
  { n, concurrency, warm, repeats = 1 }: CountedLoad,
  run: (load: Load, counter: CallCounter) => Promise<unknown>,
): Case {
  const runOnce = async (load: Load): Promise<CallCounter> => {
    const counter = new CallCounter();
    await run(load, counter);
    counter.figures(load.n);
    return counter;
  };
  return {
    warm: warm && (() => runOnce(warm)),
    work: async () => {
      const times: number[] = [];
      let failed = 0;
      for (let i = 0; i < repeats; i++) {
        const startedAt = performance.now();
        const counter = await runOnce({ n, concurrency });
        times.push(performance.now() - startedAt);
        failed += counter.figures(n).failed;
      }
      return { completed: n * repeats - failed, failed, medianMs: median(times)! };
    },
  };
}
