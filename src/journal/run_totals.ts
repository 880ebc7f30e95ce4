import type { ErrorCode } from "../model/errors.ts";
import type { JournalSummary } from "../model/journal.ts";
import type { Result } from "../model/result.ts";
import { type Spent, subtractSpent } from "../model/spent.ts";
import { addCost, addUsage, type Cost, NO_COST, NO_USAGE, type Usage } from "../model/usage.ts";
import { readStoredCost, readStoredUsage } from "./stored_usage.ts";

/** The totals of a run. They are updated in memory and stored with each write. */
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
   * Restores the stored totals of a run, or starts with zeros.
   *
   * @throws If the stored totals are invalid.
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

  /** Changes the number of items. */
  addItems(items: 1 | -1): void {
    this.#total += items;
  }

  /**
   * Adds the result of an item. It replaces the item's previous result, if any. The usage of its
   * checkpoints is already counted.
   */
  addOutcome(result: Result, previous: Result | undefined, counted?: Spent): void {
    if (previous !== undefined) this.#countOutcome(previous, -1);
    this.#countOutcome(result, 1);
    this.addCost(result, counted);
  }

  /** Adds the usage and the cost of a result, except what was counted already. */
  addCost(result: Result, counted?: Spent): void {
    if (result.cost === undefined) this.#unpriced++;
    this.addSpent(subtractSpent(result, counted), result.attempts.length > 0);
  }

  /** Adds a usage and its cost, if that is known. A cost of 0 counts if something was sent. */
  addSpent({ usage, cost }: Spent, wasSent: boolean): void {
    this.#usage = addUsage(this.#usage, usage);
    if (cost !== undefined && (wasSent || cost.total !== 0)) {
      this.#cost = addCost(this.#cost ?? NO_COST, cost);
    }
  }

  /** Returns the totals as JSON. */
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

  #countOutcome(result: Result, change: 1 | -1): void {
    if (result.ok) {
      this.#ok += change;
      return;
    }
    this.#failed += change;
    const { code } = result.error;
    const count = (this.#byError[code] ?? 0) + change;
    if (count > 0) this.#byError[code] = count;
    else delete this.#byError[code];
  }
}

/** Reads the stored totals of a run. */
export function readSummary(runId: string, state: string): JournalSummary {
  const { total, ok, failed, usage, cost, ...others } = JSON.parse(state);
  return {
    runId,
    total,
    ok,
    failed,
    started: total - ok - failed,
    usage: readStoredUsage(usage),
    ...(cost !== undefined && { cost: readStoredCost(cost) }),
    ...others,
  };
}
