import type { Cost, Usage } from "../model/usage.ts";
import type { PriceDetails } from "./price_details.ts";
import { costOf, type Prices } from "./prices.ts";
import { isDiscount } from "./service_tiers.ts";

/**
 * Returns the highest plausible cost of a request that is still to be sent: its input may be
 * written to the provider's cache, which costs more than input with some models, and a discount for
 * its service tier may not be known.
 *
 * @returns `undefined` if the price is unknown.
 */
export function reservationCost(
  model: string,
  usage: Usage,
  own: Prices | undefined,
  details: PriceDetails = {},
): Cost | undefined {
  const { serviceTier } = details;
  const cost = dearestInput(model, usage, own, details);
  if (cost !== undefined || serviceTier === undefined || !isDiscount(serviceTier)) return cost;
  return dearestInput(model, usage, own, { ...details, serviceTier: undefined });
}

function dearestInput(
  model: string,
  usage: Usage,
  own: Prices | undefined,
  details: PriceDetails,
): Cost | undefined {
  const uncached = costOf(model, usage, own, details);
  const written = { ...usage, cachedInputTokens: 0, cacheWriteTokens: usage.inputTokens };
  const cached = costOf(model, written, own, details);
  return uncached === undefined || (cached !== undefined && cached.total > uncached.total)
    ? cached
    : uncached;
}
