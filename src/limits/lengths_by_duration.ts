/** The lengths of answers by how long they took, in steps that double. */

/** The first step, in milliseconds. */
const FIRST_STEP = 250;

/** The last step: a little more than an hour. */
const LAST_STEP = 14;

/** All counts are halved after this many answers, so that old ones are forgotten. */
const FORGET_AFTER = 4_000;

/** Returns the duration at which a step begins, in milliseconds: 250 for 0, 500 for 1, … */
export function ageOf(step: number): number {
  return step > LAST_STEP ? Infinity : FIRST_STEP * 2 ** step;
}

/** The number and the tokens of answers in each step. */
export class LengthsByDuration {
  readonly #counts = new Float64Array(LAST_STEP + 2);
  readonly #tokens = new Float64Array(LAST_STEP + 2);
  #added = 0;

  /** Adds an answer. */
  add(tokens: number, durationMs: number): void {
    // Answers faster than the first step are counted before it.
    const step = durationMs < FIRST_STEP ? -1 : Math.floor(Math.log2(durationMs / FIRST_STEP));
    const at = Math.min(step, LAST_STEP) + 1;
    this.#counts[at]!++;
    this.#tokens[at]! += tokens;
    if (++this.#added % FORGET_AFTER > 0) return;
    for (const sums of [this.#counts, this.#tokens]) {
      for (let i = 0; i < sums.length; i++) sums[i]! /= 2;
    }
  }

  /** Returns the mean length from this step on; `undefined` if no answer took that time. */
  meanAfter(step: number): number | undefined {
    let [count, tokens] = [0, 0];
    for (let i = step + 1; i < this.#counts.length; i++) {
      count += this.#counts[i]!;
      tokens += this.#tokens[i]!;
    }
    // What is left of halved counts is too old.
    return count < 0.5 ? undefined : tokens / count;
  }
}
