/** Reads usages and costs that may have been stored by an earlier version. */
import { type Cost, NO_USAGE, type Usage } from "../model/usage.ts";

/** Completes a stored usage: earlier versions did not count the tokens written to a cache. */
export function readStoredUsage(usage: Usage): Usage {
  return usage.cacheWriteTokens === undefined ? { ...NO_USAGE, ...usage } : usage;
}

/** Completes a stored cost: earlier versions calculated all costs themselves. */
export function readStoredCost(cost: Cost | undefined): Cost | undefined {
  return cost === undefined || cost.source !== undefined ? cost : { ...cost, source: "prices" };
}
