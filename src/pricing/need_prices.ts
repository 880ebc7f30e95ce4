import { hasPrice, loadPrices, type Prices } from "./prices.ts";

/**
 * A limit on money is only worth something where the prices are known.
 *
 * @param doing What cannot be done without them.
 * @throws {TypeError} If the price of one of the models is not known.
 */
export async function needPrices(
  doing: string,
  models: Iterable<string>,
  prices: Prices | undefined,
): Promise<void> {
  for (const model of models) {
    await loadPrices(model, prices);
    if (hasPrice(model, prices)) continue;
    throw new TypeError(
      `Cannot ${doing} as the price of the model "${model}" is not known: pass it with configure({ prices })`,
    );
  }
}
