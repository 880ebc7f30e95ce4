/** The units in which budgets count costs. */

/**
 * Costs are counted in integers of 1e-12 dollars, so that three times 0.1 is 0.3, and a cancelled
 * reservation leaves 0.
 */
export const COST = 1e12;

/** Converts US dollars to units. */
export function toUnits(cost: number): number {
  return Math.round(cost * COST);
}

/**
 * Ignores invalid results of a price function: a sum with NaN in it would never exceed the budget.
 */
export function validAmount(amount: number | undefined): number | undefined {
  return amount !== undefined && amount >= 0 && amount < Infinity ? amount : undefined;
}
