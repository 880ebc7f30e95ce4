import { hasPrice, loadPrices } from "../pricing/prices.ts";
import { type Configuration, configuration } from "./options/config.ts";

/**
 * Checks that the prices of all models are known, as a budget in US dollars requires.
 *
 * @param doing What needs the prices, for the message.
 * @throws {TypeError} If the price of a model is unknown.
 */
export async function requirePrices(
  doing: string,
  models: Iterable<string>,
  { prices }: Configuration = configuration(),
): Promise<void> {
  for (const model of models) {
    await loadPrices(model, prices);
    if (hasPrice(model, prices)) continue;
    throw new TypeError(
      `Cannot ${doing} as the price of the model "${model}" is not known: ` +
        "pass it with configure({ prices })",
    );
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
