import type { ReportedCost } from "../model/usage.ts";

/** What is known of a request besides its model and its usage. */
export interface PriceDetails {
  /** The URL of the server, if the provider has one. */
  readonly baseURL?: string;
  /** The name of the company that serves the model, if the provider knows it. */
  readonly vendor?: string;
  /**
   * The service tier, if the server reported it or the request named it. The standard tier has no
   * name.
   */
  readonly serviceTier?: string;
  /** The model that answered as the server names it, if it is another name than the request's. */
  readonly servedModel?: string;
  /** The part of `usage.cacheWriteTokens` that is kept for an hour, if the server reported it. */
  readonly longCacheWriteTokens?: number;
  /** The cost that the server reported. */
  readonly cost?: ReportedCost;
}

/** The names of the standard service tier, at any server. */
const STANDARD_TIERS: ReadonlySet<string> = new Set([
  "default",
  "standard",
  "standard_only",
  "auto",
  "on_demand",
]);

/** Returns the name of a service tier, or `undefined` if it is the standard one. */
export function namedTier(tier: string | undefined): string | undefined {
  return tier === undefined || STANDARD_TIERS.has(tier.toLowerCase()) ? undefined : tier;
}
