import type { BudgetOptions } from "../model/budget.ts";

const UNITS = { cost: "US dollars", tokens: "tokens", calls: "calls" };

/** The reservation of an attempt that did not fit. */
export interface UnmetNeed {
  /** The budget. */
  readonly budget: object;
  /** The limit that is reached. */
  readonly limit: keyof BudgetOptions;
  /** The limit. */
  readonly total: number;
  /** The amount used. */
  readonly used: number;
  /** The amount requested. */
  readonly needed: number;
  /** The `maxTokens` of the attempt that would fit; absent if none would, or if it has none. */
  readonly fitting?: number;
}

/** Thrown if a budget leaves too little for another attempt. */
export class BudgetExhausted extends Error {
  /** The name of the error class. */
  override readonly name = "BudgetExhausted";
  /** The limit that is reached. */
  readonly limit: keyof BudgetOptions;
  readonly #budget: object;

  /** Creates the error. */
  constructor({ budget, limit, total, used, needed, fitting }: UnmetNeed) {
    const subject = `the budget of ${show(total)} ${UNITS[limit]}`;
    const advice = fitting === undefined ? "" : `; maxTokens: ${fitting} would fit`;
    super(
      used > 0
        ? `${subject} is spent: ${show(used)} are used and this would take about ` +
          `${show(needed)}${advice}`
        : `${subject} is too small: this would take about ${show(needed)}${advice}`,
    );
    this.limit = limit;
    this.#budget = budget;
  }

  /** Whether this is the budget that leaves too little. */
  isOf(budget: object): boolean {
    return this.#budget === budget;
  }
}

/** Formats an amount with at most six significant digits. */
function show(amount: number): string {
  return String(Number.isInteger(amount) ? amount : Number(amount.toPrecision(6)));
}
