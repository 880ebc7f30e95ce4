import { causeMessage } from "../../model/cause_message.ts";
import type { PriceDetails } from "../../pricing/price_details.ts";
import type { ModelSettings } from "../../model/message.ts";
import type { Provider } from "../../model/provider.ts";
import { loadPrices } from "../../pricing/prices.ts";
import { reservationCost } from "../../pricing/reservation_cost.ts";
import { plainUsage } from "../../model/usage.ts";
import { type Configuration, configuration } from "../options/config.ts";
import { providerPriceDetails } from "./price_details.ts";

/** A model that a call may use. */
export interface PricedModel {
  /** The model. */
  readonly model: string;
  /** The provider, if it is known. */
  readonly provider?: Provider;
  /** The settings of its requests. */
  readonly settings?: ModelSettings;
}

/**
 * Checks that the prices of all models are known, as a budget in US dollars requires.
 *
 * @param doing What needs the prices, for the message.
 * @throws {TypeError} If the price of a model is unknown, or a function `prices` fails.
 */
export async function requirePrices(
  doing: string,
  models: Iterable<PricedModel>,
  { prices }: Configuration = configuration(),
): Promise<void> {
  for (const { model, provider = {}, settings } of models) {
    await loadPrices(model, prices);
    const details = providerPriceDetails(provider, model, settings);
    if (findPrice(doing, model, prices, details)) continue;
    const { serviceTier } = details;
    const tier = serviceTier === undefined ? "" : ` in the service tier "${serviceTier}"`;
    throw new TypeError(
      `Cannot ${doing} as the price of the model "${model}"${tier} is not known: ` +
        "pass it with configure({ prices })",
    );
  }
}

/** Whether a price is known. */
function findPrice(
  doing: string,
  model: string,
  prices: Configuration["prices"],
  details: PriceDetails,
): boolean {
  try {
    return reservationCost(model, plainUsage(1, 1), prices, details) !== undefined;
  } catch (cause) {
    throw new TypeError(`Cannot ${doing} as ${causeMessage(cause)}`, { cause });
  }
}

/** The models of calls whose prices were found, with the configuration that has them. */
const priced = new WeakMap<object, Configuration>();

/** Notes that the prices of these models are known. */
export function markPriced(models: object, config: Configuration): void {
  priced.set(models, config);
}

/** Whether the prices of these models were found before, so that there is nothing to wait for. */
export function arePriced(models: object, config: Configuration): boolean {
  return priced.get(models) === config;
}
