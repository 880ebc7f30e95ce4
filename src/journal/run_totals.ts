import type { ErrorCode } from "../model/errors.ts";
import type { JournalSummary } from "../model/journal.ts";
import type { Result } from "../model/result.ts";
import { addUsage, type Cost, NO_COST, NO_USAGE, type Usage } from "../model/usage.ts";

/** A run in numbers, kept while it goes on and written with each change: nobody has to count. */
export class RunTotals {
  #total = 0;
  #ok = 0;
  #failed = 0;
  #usage: Usage = NO_USAGE;
  #cost: Cost | undefined;
  #unpriced = 0;
  readonly #byError: Partial<Record<ErrorCode, number>> = {};
  readonly #createdAt: number;

  /**
   * Goes on with what was written, or begins.
   *
   * @throws If the text is not what was written.
   */
  constructor(state: string | undefined) {
    if (state === undefined) {
      this.#createdAt = Date.now();
      return;
    }
    const { total, ok, failed, usage, cost, unpriced, byError, createdAt } = readSummary("", state);
    [this.#total, this.#ok, this.#failed, this.#usage] = [total, ok, failed, usage];
    [this.#cost, this.#unpriced, this.#createdAt] = [cost, unpriced, createdAt];
    Object.assign(this.#byError, byError);
  }

  /** There is an item more, or less. */
  addItems(items: 1 | -1): void {
    this.#total += items;
  }

  /** An item has ended; `before` is how it had ended before. */
  addOutcome(result: Result, before: Result | undefined): void {
    if (before !== undefined) this.#take(before, -1);
    this.#take(result, 1);
    this.addCost(result);
  }

  /** Something was used. */
  addCost({ usage, cost, attempts }: Result): void {
    this.#usage = addUsage(this.#usage, usage);
    if (cost === undefined) this.#unpriced++;
    else if (attempts.length > 0 || cost.total !== 0) {
      const { input, output, total } = this.#cost ?? NO_COST;
      this.#cost = {
        input: input + cost.input,
        output: output + cost.output,
        total: total + cost.total,
      };
    }
  }

  /** What is to be written. */
  toString(): string {
    return JSON.stringify({
      total: this.#total,
      ok: this.#ok,
      failed: this.#failed,
      usage: this.#usage,
      cost: this.#cost,
      unpriced: this.#unpriced,
      byError: this.#byError,
      createdAt: this.#createdAt,
      updatedAt: Date.now(),
    });
  }

  #take(result: Result, times: 1 | -1): void {
    if (result.ok) {
      this.#ok += times;
      return;
    }
    this.#failed += times;
    const { code } = result.error;
    const count = (this.#byError[code] ?? 0) + times;
    if (count > 0) this.#byError[code] = count;
    else delete this.#byError[code];
  }
}

/** What was written, for whoever asks. */
export function readSummary(runId: string, state: string): JournalSummary {
  const { total, ok, failed, ...others } = JSON.parse(state);
  return { runId, total, ok, failed, started: total - ok - failed, ...others };
}
