/** Counting how calls ended. */
import type { Case, Load } from "./case.ts";
import { median } from "./median.ts";

/** Counts the calls of one run. */
export class CallCounter {
  #done = 0;
  #failed = 0;

  /** A call came to an end: with an error, or without. */
  readonly add = (error?: unknown): void => {
    this.#done++;
    if (error === undefined) return;
    // Whoever runs a case by hand sees why.
    if (this.#failed++ === 0) console.error(error);
  };

  /** Counts a call when it ends; never throws. */
  readonly count = (call: PromiseLike<unknown>): PromiseLike<void> =>
    call.then(() => this.add(), this.add);

  /**
   * What was counted.
   *
   * @throws {Error} If calls are missing, or none was completed: that is no result, something is broken.
   */
  figures(n: number): { completed: number; failed: number } {
    const completed = this.#done - this.#failed;
    if (this.#done !== n) throw new Error(`${this.#done} calls of ${n} came to an end`);
    if (completed === 0) throw new Error(`none of ${n} calls was completed`);
    return { completed, failed: this.#failed };
  }
}

/** What calls are made, and what is done beforehand. */
export interface CountedLoad extends Load {
  /** Done before, to be warm. */
  readonly warm?: Load;
  /**
   * How often the work is done.
   *
   * @default {1}
   */
  readonly repeats?: number;
}

/** Calls: a few of them to be warm, then all. `run` tells the tally of each. `medianMs` is what doing the work once took. */
export function countedCase(
  { n, concurrency, warm, repeats: again = 1 }: CountedLoad,
  run: (load: Load, tally: CallCounter) => Promise<unknown>,
): Case {
  const make = async (load: Load): Promise<CallCounter> => {
    const tally = new CallCounter();
    await run(load, tally);
    tally.figures(load.n);
    return tally;
  };
  return {
    warm: warm && (() => make(warm)),
    work: async () => {
      const times: number[] = [];
      let failed = 0;
      for (let i = 0; i < again; i++) {
        const began = performance.now();
        const tally = await make({ n, concurrency });
        times.push(performance.now() - began);
        failed += tally.figures(n).failed;
      }
      return { completed: n * again - failed, failed, medianMs: median(times)! };
    },
  };
}
