import type { Cost, Usage } from "../model/usage.ts";

/** Prices of tokens, in US dollars per million tokens, each 0 or more. */
export interface TokenPrices {
  /** The price of a million input tokens. */
  readonly input: number;
  /**
   * The price of a million input tokens read from the provider's cache.
   *
   * @default The value of `input`
   */
  readonly cachedInput?: number;
  /**
   * The price of a million input tokens written to the provider's cache.
   *
   * @default The value of `input`
   */
  readonly cacheWrite?: number;
  /** The price of a million output tokens. */
  readonly output: number;
}

/** The price of a model, in US dollars per million tokens. */
export interface Price extends TokenPrices {
  /**
   * The prices of service tiers, such as `flex` and `priority`, by the server's name of the tier.
   * Without them, the cost of requests that another tier than the standard one processes is
   * unknown.
   *
   * @default {{}}
   */
  readonly tiers?: Readonly<Record<string, TokenPrices>>;
}

/** Returns the cost of the usage at this price, in US dollars. */
export function costAt(price: TokenPrices, usage: Usage): Cost {
  const { cachedInputTokens: cached, cacheWriteTokens: written } = usage;
  const input = ((usage.inputTokens - cached - written) * price.input +
    cached * (price.cachedInput ?? price.input) +
    written * (price.cacheWrite ?? price.input)) / 1e6;
  const output = usage.outputTokens * price.output / 1e6;
  return { input, output, total: input + output, source: "prices" };
}
