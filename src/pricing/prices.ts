import {
  callback,
  checkOptions,
  dollars,
  isRecord,
  refuse,
  type Rule,
  type RulesFor,
} from "../model/check_options.ts";
import { causeMessage } from "../model/cause_message.ts";
import type { Cost, ReportedCost, Usage } from "../model/usage.ts";
import { costAt, type Price, type TokenPrices } from "./price.ts";
import type { PriceDetails } from "./price_details.ts";
import { PriceFunctionError } from "./price_function_error.ts";
import { loadPublicList, publicCost } from "./public_list.ts";

/** A cost that a function of `prices` returns. Without a `source` it is `"prices"`. */
export type OwnCost = Omit<Cost, "source"> & Partial<Pick<Cost, "source">>;

/**
 * Prices by model name, or a function that returns the cost of a request.
 *
 * A table applies where the server does not report the cost itself. Models that are missing in it
 * are looked up in the public price list.
 *
 * A function decides alone: it also receives the cost that the server reports, the service tier and
 * the server. Requests for which it returns `undefined` are priced as without it.
 *
 * @example A discount
 * ```ts
 * import { configure, type Prices } from "@shoal/agents";
 *
 * const prices: Prices = (model, usage, { serviceTier }) => {
 *   if (model !== "gpt-5-mini" || serviceTier !== undefined) return undefined;
 *   const input = 0.2 * usage.inputTokens / 1e6;
 *   const output = 1.6 * usage.outputTokens / 1e6;
 *   return { input, output, total: input + output };
 * };
 * configure({ prices });
 * ```
 */
export type Prices =
  | Readonly<Record<string, Price>>
  | ((model: string, usage: Usage, details: PriceDetails) => OwnCost | undefined);

const TOKEN_RULES: RulesFor<TokenPrices> = {
  input: dollars,
  cachedInput: dollars,
  cacheWrite: dollars,
  output: dollars,
};

/** The rule for an option `prices`. */
export const prices: Rule = (doing, name, value) => {
  if (typeof value === "function") return callback(doing, name, value);
  if (!isRecord(value)) refuse(doing, name, "a table of prices or a function", value);
  for (const [model, price] of Object.entries(value)) {
    const path = `${name}["${model}"]`;
    const { tiers, ...tokens } = checkTokenPrices(doing, path, price);
    checkOptions(doing, tokens, TOKEN_RULES);
    if (tiers === undefined) continue;
    if (!isRecord(tiers)) refuse(doing, `${path}.tiers`, "a table of prices", tiers);
    for (const [tier, price] of Object.entries(tiers)) {
      const prices = checkTokenPrices(doing, `${path}.tiers["${tier}"]`, price);
      checkOptions(doing, prices, TOKEN_RULES);
    }
  }
};

function checkTokenPrices(doing: string, path: string, price: unknown): Record<string, unknown> {
  if (!isRecord(price)) {
    refuse(doing, path, "{ input, output } in dollars per million tokens", price);
  }
  for (const side of ["input", "output"]) dollars(doing, `${path}.${side}`, price[side]);
  return price;
}

/** Returns whether a table has a price of this model. */
function inTable(own: Prices | undefined, model: string | undefined): model is string {
  return typeof own === "object" && model !== undefined && Object.hasOwn(own, model);
}

/**
 * Returns the cost of a request; `undefined` if its price is unknown.
 *
 * A function of the user decides alone. Otherwise, the cost that the server reports is what is
 * billed. Then come the table of the user and the public list.
 *
 * @param details What is known of the request. Its service tier must be a named one.
 * @throws {PriceFunctionError} If the function throws, or returns something other than a cost.
 */
export function costOf(
  model: string,
  usage: Usage,
  own: Prices | undefined,
  details: PriceDetails = NO_DETAILS,
): Cost | undefined {
  if (typeof own === "function") {
    const cost = costByFunction(() => own(model, usage, details));
    if (cost !== undefined) return { ...cost, source: cost.source ?? "prices" };
  }
  const calculated = calculate(model, usage, own, details);
  return details.cost === undefined ? calculated : reportedCost(details.cost, usage, calculated);
}

const NO_DETAILS: PriceDetails = {};

function costByFunction(getCost: () => OwnCost | undefined): OwnCost | undefined {
  let cost: unknown;
  try {
    cost = getCost();
  } catch (cause) {
    throw new PriceFunctionError(
      `the prices function of configure threw: ${causeMessage(cause)}`,
      { cause },
    );
  }
  if (cost === undefined) return undefined;
  const isCost = isRecord(cost) && [cost.input, cost.output, cost.total].every(isDollars);
  if (isCost) return cost as unknown as OwnCost;
  throw new PriceFunctionError(
    "the prices function of configure must return undefined, " +
      "or input, output and total in US dollars, each 0 or more",
  );
}

function isDollars(value: unknown): boolean {
  return typeof value === "number" && Number.isFinite(value) && value >= 0;
}

function calculate(
  model: string,
  usage: Usage,
  own: Prices | undefined,
  details: PriceDetails,
): Cost | undefined {
  const { servedModel, serviceTier } = details;
  const name = inTable(own, model) ? model : inTable(own, servedModel) ? servedModel : undefined;
  if (name === undefined) return publicCost(model, usage, details);
  const price = (own as Readonly<Record<string, Price>>)[name]!;
  if (serviceTier === undefined) return costAt(price, usage);
  const { tiers = {} } = price;
  return Object.hasOwn(tiers, serviceTier) ? costAt(tiers[serviceTier]!, usage) : undefined;
}

/**
 * Returns a cost that the server reports. If it reports the total alone, the parts have the
 * proportion of the calculated cost, or else of the tokens.
 */
function reportedCost(
  { total, input, output }: ReportedCost,
  { inputTokens, outputTokens }: Usage,
  calculated: Cost | undefined,
): Cost {
  if (input !== undefined && output !== undefined) {
    return { input, output, total, source: "server" };
  }
  const [part, sum] = calculated !== undefined && calculated.total > 0
    ? [calculated.output, calculated.total]
    : [outputTokens, inputTokens + outputTokens];
  const ofOutput = sum > 0 ? total * part / sum : 0;
  return { input: total - ofOutput, output: ofOutput, total, source: "server" };
}

/**
 * Loads the public price list if this model needs it. Loading takes about 100 ms, so it happens
 * when the first answer is priced, not on import.
 *
 * @returns `undefined` if there is nothing to wait for.
 */
export function loadPrices(model: string, own: Prices | undefined): Promise<void> | undefined {
  return inTable(own, model) ? undefined : loadPublicList();
}
