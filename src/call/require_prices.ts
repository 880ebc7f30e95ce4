import { hasPrice, loadPrices } from "../pricing/prices.ts";
import { type Configuration, configuration } from "./options/config.ts";

/**
 * Checks that the prices of the models are known: a budget in money needs them.
 *
 * @param doing What cannot be done without them.
 * @throws {TypeError} If the price of one of the models is not known.
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
