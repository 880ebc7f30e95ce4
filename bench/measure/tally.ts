/** Counting how calls ended. */
import type { Case, Load } from "./case.ts";

/** Counts the calls of one run. */
export class Tally {
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
  readonly of = (call: PromiseLike<unknown>): PromiseLike<void> =>
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

/** The same calls twice: a few of them to be warm, then all. `run` tells the tally of each. */
export function tallied(
  { n, concurrency, warm }: Load & { readonly warm?: Load },
  run: (load: Load, tally: Tally) => Promise<unknown>,
): Case {
  const work = async (load: Load): Promise<{ completed: number; failed: number }> => {
    const tally = new Tally();
    await run(load, tally);
    return tally.figures(load.n);
  };
  return { warm: warm && (() => work(warm)), work: () => work({ n, concurrency }) };
}
