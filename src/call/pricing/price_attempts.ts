/** Prices the requests of a call. */
import type { Attempt } from "../../model/attempt.ts";
import { addCost, type Cost, NO_COST, NO_USAGE } from "../../model/usage.ts";
import type { PriceDetails } from "../../pricing/price_details.ts";
import { costOf, type Prices } from "../../pricing/prices.ts";

/** What the requests of a call cost. A cost is absent if a price is unknown. */
export interface AttemptCosts {
  /** The cost of all requests. */
  readonly sum: Cost | undefined;
  /** The cost of those that came from a journal. */
  readonly replayed: Cost | undefined;
}

/**
 * Sets the cost of each request that was billed and has none, and returns the sums.
 *
 * @param details What the price of each request depends on. Requests without details are those of
 * nested calls, which are priced already.
 * @throws What the function `prices` throws.
 */
export function priceAttempts(
  attempts: readonly Attempt[],
  details: readonly (PriceDetails | undefined)[] | undefined,
  prices: Prices | undefined,
): AttemptCosts {
  let sum: Cost | undefined = NO_COST;
  let resumed: Cost | undefined = NO_COST;
  for (let i = 0; i < attempts.length; i++) {
    const attempt = attempts[i]!;
    const known = details?.[i];
    // Earlier rounds may have been priced already.
    if (known !== undefined && attempt.cost === undefined) {
      setCost(attempt, costOfAttempt(attempt, prices, known));
    }
    const { cost, usage, error, replayed } = attempt;
    if (cost === undefined && usage === undefined && error !== undefined) continue;
    sum = addCost(sum, cost);
    if (replayed) resumed = addCost(resumed, cost);
  }
  return { sum, replayed: resumed };
}

function costOfAttempt(
  { model, usage, estimated }: Attempt,
  prices: Prices | undefined,
  details: PriceDetails,
): Cost | undefined {
  if (usage === undefined && details.cost === undefined) return undefined;
  const cost = costOf(model, usage ?? NO_USAGE, prices, details);
  return cost && estimated ? { ...cost, source: "prices" } : cost;
}

/** Sets the cost of an attempt. Errors share the attempt, so it is changed in place. */
function setCost(attempt: { cost?: Cost }, cost: Cost | undefined): void {
  if (cost !== undefined) attempt.cost = cost;
}
