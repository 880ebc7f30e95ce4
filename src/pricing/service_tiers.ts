/**
 * The prices of service tiers as a share of the standard prices, by vendor: those that the vendor
 * documents for all of its models. Other tiers differ by model or by contract, so their prices are
 * unknown.
 */
const SHARES: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  // Flex costs as much as batches, which cost half.
  openai: { flex: 0.5, batch: 0.5 },
  google: { flex: 0.5, batch: 0.5 },
  anthropic: { batch: 0.5 },
  // Groq's flex tier has other limits, not other prices.
  groq: { flex: 1, batch: 0.5 },
};

/**
 * Returns the price of a service tier as a share of the standard price.
 *
 * @param vendor The vendor's id in the public price list.
 * @returns `undefined` if it is unknown.
 */
export function tierShare(vendor: string, tier: string): number | undefined {
  return SHARES[vendor]?.[tier.toLowerCase()];
}

/** Whether a tier never costs more than the standard tier. */
export function isDiscount(tier: string): boolean {
  return ["flex", "batch"].includes(tier.toLowerCase());
}
