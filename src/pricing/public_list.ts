/** The public price list, which is loaded when it is first needed. */
import type { Cost, Usage } from "../model/usage.ts";
import { costAt, type TokenPrices } from "./price.ts";
import type { PriceDetails } from "./price_details.ts";
import { tierShare } from "./service_tiers.ts";

type PublicList = typeof import("@pydantic/genai-prices");
type Found = NonNullable<ReturnType<PublicList["calcPrice"]>>;
let list: PublicList | undefined;

/**
 * `import()` keeps the asynchronous context of its caller and passes it to later work of the
 * runtime: unrelated calls would then run in the scope of the first one. So this reaction,
 * registered outside of every call, does the import.
 */
const requested = Promise.withResolvers<void>();
const loading = requested.promise.then(() => import("@pydantic/genai-prices")).then((module) => {
  list = module;
}, () => {
  // Without the list, prices are unknown. The answers are still returned.
});

/**
 * Loads the list. That takes about 100 ms.
 *
 * @returns `undefined` if it is loaded.
 */
export function loadPublicList(): Promise<void> | undefined {
  if (list !== undefined) return undefined;
  requested.resolve();
  return loading;
}

/** The ids in the list of vendors that the AI SDK names otherwise. */
const VENDOR_IDS: Readonly<Record<string, string>> = {
  "azure-openai": "azure",
  togetherai: "together",
  vertex: "google",
  "google-vertex": "google",
  "amazon-bedrock": "aws",
};

/** Where a price is looked up: at a server, at a vendor, or by the model's name alone. */
interface Place {
  readonly options: { readonly providerApiUrl?: string; readonly providerId?: string };
  /** The vendor's id; absent if the list does not have it. */
  readonly vendor?: string;
  /**
   * The flat prices by model, since a lookup in the list takes 40 µs. `null` means unknown.
   */
  readonly flat: Map<string, FlatPrice | null>;
}

const ANYWHERE: Place = { options: {}, flat: new Map() };
/** The places of servers and vendors, since finding one takes many comparisons. */
const places = new Map<string, Place>();

/**
 * Returns where the prices of a server are. Servers and vendors that the list does not have, such
 * as gateways, charge the usual price of a model, as far as is known.
 */
function placeOf({ baseURL, vendor }: PriceDetails): Place {
  const key = baseURL ?? vendor;
  if (key === undefined) return ANYWHERE;
  let place = places.get(key);
  if (place === undefined) {
    const options = baseURL !== undefined
      ? { providerApiUrl: baseURL.replace("//api.together.ai", "//api.together.xyz") }
      : { providerId: VENDOR_IDS[vendor!] ?? vendor };
    const found = list!.findProvider(options);
    place = found === undefined ? ANYWHERE : { options, vendor: found.id, flat: new Map() };
    places.set(key, place);
  }
  return place;
}

/** A price that does not depend on the usage and the time. */
interface FlatPrice {
  readonly vendor: string;
  readonly prices: TokenPrices;
}

/** Returns the cost by the list; `undefined` if it does not have the price. */
export function publicCost(model: string, usage: Usage, details: PriceDetails): Cost | undefined {
  if (list === undefined) return undefined;
  const place = placeOf(details);
  const { servedModel, serviceTier } = details;
  // The name of a deployment at Azure says nothing about its model.
  const [first, second] = place.vendor === "azure" && servedModel !== undefined
    ? [servedModel, model]
    : [model, servedModel];
  const long = details.longCacheWriteTokens;
  const priced = lookUp(first, usage, place, long) ??
    (second === undefined ? undefined : lookUp(second, usage, place, long));
  if (priced === undefined || serviceTier === undefined) return priced?.cost;
  const share = tierShare(priced.vendor, serviceTier);
  return share === undefined ? undefined : scaleCost(priced.cost, share);
}

/** Returns a share of a cost. */
export function scaleCost(cost: Cost, share: number): Cost {
  const { input, output, total, source } = cost;
  return { input: share * input, output: share * output, total: share * total, source };
}

function lookUp(
  model: string,
  usage: Usage,
  place: Place,
  longWrites: number = 0,
): { readonly vendor: string; readonly cost: Cost } | undefined {
  const known = place.flat.get(model);
  if (known === null) return undefined;
  if (known !== undefined && longWrites === 0) {
    return { vendor: known.vendor, cost: costAt(known.prices, usage) };
  }
  let found: Found | null;
  try {
    found = calculate(model, usage, place, longWrites);
  } catch {
    return undefined; // an impossible usage, such as more cached tokens than input tokens
  }
  if (found === null) {
    place.flat.set(model, null);
    return undefined;
  }
  const prices = flatPrices(found);
  if (prices !== undefined) place.flat.set(model, { vendor: found.provider.id, prices });
  const { output_price: output, total_price: total } = found;
  // Fees per request count as input.
  const cost: Cost = { input: total - output, output, total, source: "prices" };
  return { vendor: found.provider.id, cost };
}

function calculate(
  model: string,
  usage: Usage,
  place: Place,
  longWrites: number,
): Found | null {
  const counts = {
    input_tokens: usage.inputTokens,
    cache_read_tokens: usage.cachedInputTokens,
    cache_write_tokens: usage.cacheWriteTokens,
    cache_write_1h_tokens: Math.min(longWrites, usage.cacheWriteTokens),
    output_tokens: usage.outputTokens,
    output_reasoning_tokens: usage.reasoningTokens,
  };
  // Gemini's compatible endpoint also accepts the name of the resource.
  const found = list!.calcPrice(counts, model.replace(/^models\//, ""), place.options);
  if (found !== null) return found;
  // Gateways and Vertex AI put the vendor's name before that of the model.
  const slash = model.indexOf("/");
  if (slash <= 0) return null;
  const prefix = model.slice(0, slash);
  const providerId = VENDOR_IDS[prefix] ?? prefix;
  if (place !== ANYWHERE && providerId !== place.vendor) return null;
  return list!.calcPrice(counts, model.slice(slash + 1), { providerId });
}

/** The members of a price that depend on the tokens alone. */
const FLAT_KEYS = ["input_mtok", "output_mtok", "cache_read_mtok", "cache_write_mtok"];
/** The members that depend on what a usage does not have. */
const OTHER_KEYS: ReadonlySet<string> = new Set(["requests_kcount", "output_reasoning_mtok"]);

/** Returns the prices if they depend neither on the time nor on the size of the usage. */
function flatPrices({ model, model_price: price }: Found): TokenPrices | undefined {
  const isDated = Array.isArray(model.prices);
  const isFlat = FLAT_KEYS.every((key) => typeof price[key] !== "object") &&
    !Object.keys(price).some((key) => OTHER_KEYS.has(key));
  const { input_mtok: input, output_mtok: output } = price;
  if (isDated || !isFlat || typeof input !== "number" || typeof output !== "number") {
    return undefined;
  }
  return {
    input,
    output,
    cachedInput: price.cache_read_mtok as number | undefined,
    cacheWrite: price.cache_write_mtok as number | undefined,
  };
}
