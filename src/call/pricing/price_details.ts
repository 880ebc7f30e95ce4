/** Collects what the price of a request depends on. */
import { isRecord } from "../../model/check_options.ts";
import type { ModelSettings } from "../../model/message.ts";
import type { Provider } from "../../model/provider.ts";
import type { Billing, ReportedCost } from "../../model/usage.ts";
import { namedTier, type PriceDetails } from "../../pricing/price_details.ts";
import type { Outgoing } from "../outgoing.ts";

/** Returns what the price of a request to this model depends on before it is sent. */
export function providerPriceDetails(
  provider: Pick<Provider, "baseURL" | "vendor">,
  model: string,
  settings?: ModelSettings,
): PriceDetails {
  return {
    baseURL: provider.baseURL,
    vendor: vendorOf(provider, model),
    serviceTier: namedTier(settings && requestedTier(settings)),
  };
}

function vendorOf(provider: Pick<Provider, "baseURL" | "vendor">, model: string) {
  return provider.baseURL === undefined ? provider.vendor?.(model) : undefined;
}

/** Returns what the price of a request depends on once there is a reply or an error. */
export function priceDetailsOf(
  { provider, request: { model, settings } }: Pick<Outgoing, "provider" | "request">,
  billing: Billing,
): PriceDetails {
  const { serviceTier, servedModel, longCacheWriteTokens: long, cost } = billing;
  const isPlain = serviceTier === undefined && servedModel === undefined && long === undefined &&
    cost === undefined && settings.extra === undefined;
  if (isPlain) return plainDetails(provider, model);
  return {
    baseURL: provider.baseURL,
    vendor: vendorOf(provider, model),
    // The server may have processed the request in another tier than it names.
    serviceTier: namedTier(asName(serviceTier) ?? requestedTier(settings)),
    servedModel: asName(servedModel),
    longCacheWriteTokens: isAmount(long) ? long : undefined,
    cost: asCost(cost),
  };
}

/** The latest details without more of a request or a server. Most attempts share them. */
let last: { provider: Outgoing["provider"]; model: string; details: PriceDetails } | undefined;

/** Returns the details of a request if neither it nor the server has others. */
function plainDetails(provider: Outgoing["provider"], model: string): PriceDetails {
  if (last?.provider !== provider || last.model !== model) {
    const details = { baseURL: provider.baseURL, vendor: vendorOf(provider, model) };
    last = { provider, model, details };
  }
  return last.details;
}

/** Drops anything but a name, since the values of custom providers are not checked elsewhere. */
function asName(name: unknown): string | undefined {
  return typeof name === "string" && name !== "" ? name : undefined;
}

/** Drops anything but a cost: an invalid number would make every sum invalid. */
function asCost(cost: ReportedCost | undefined): ReportedCost | undefined {
  if (!isRecord(cost) || !isAmount(cost.total)) return undefined;
  const { total, input, output } = cost as ReportedCost;
  return isAmount(input) && isAmount(output) ? { total, input, output } : { total };
}

function isAmount(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && value >= 0;
}

/**
 * Finds the service tier that a request names: a field of the request body, or an option of a
 * provider of the AI SDK.
 */
function requestedTier({ extra }: ModelSettings): string | undefined {
  if (extra === undefined) return undefined;
  const places = [extra, ...Object.values(extra).filter(isRecord)];
  for (const { service_tier, serviceTier } of places) {
    const tier = asName(service_tier) ?? asName(serviceTier);
    if (tier !== undefined) return tier;
  }
  return undefined;
}
