import {
  callback,
  checkOptions,
  dollars,
  isRecord,
  refuse,
  type Rule,
} from "../model/check_options.ts";
import type { Cost, Usage } from "../model/usage.ts";

/** What a model costs, in US dollars per million tokens. */
export interface Price {
  /** For a million input tokens. */
  readonly input: number;
  /**
   * For a million input tokens that the provider had in its cache.
   *
   * @default The price of `input`
   */
  readonly cachedInput?: number;
  /** For a million output tokens. */
  readonly output: number;
}

/**
 * Prices by model name, or a function that prices a usage itself; what it does not know (`undefined`) is looked up in
 * the public list.
 */
export type Prices =
  | Readonly<Record<string, Price>>
  | ((model: string, usage: Usage) => Cost | undefined);

/** The rule for an option `prices`. */
export const prices: Rule = (doing, name, value) => {
  if (typeof value === "function") return callback(doing, name, value);
  if (!isRecord(value)) refuse(doing, name, "a table of prices or a function", value);
  for (const [model, price] of Object.entries(value)) {
    if (!isRecord(price)) {
      refuse(
        doing,
        `${name}["${model}"]`,
        "{ input, output } in dollars per million tokens",
        price,
      );
    }
    for (const side of ["input", "output"]) {
      dollars(doing, `${name}["${model}"].${side}`, price[side]);
    }
    checkOptions(doing, price, { input: dollars, cachedInput: dollars, output: dollars });
  }
};

/** What the usage costs with this price, in US dollars. */
export function costAt(price: Price, usage: Usage): Cost {
  const cached = usage.cachedInputTokens;
  const input = ((usage.inputTokens - cached) * price.input +
    cached * (price.cachedInput ?? price.input)) / 1e6;
  const output = usage.outputTokens * price.output / 1e6;
  return { input, output, total: input + output };
}

/** What the usage costs, by the caller's prices or else the public list; `undefined` where nobody knows. */
export function costOf(model: string, usage: Usage, own: Prices | undefined): Cost | undefined {
  if (typeof own === "function") {
    const cost = own(model, usage);
    if (cost !== undefined) return cost;
  } else if (own !== undefined && Object.hasOwn(own, model)) {
    return costAt(own[model]!, usage);
  }
  return publicCost(model, usage);
}

/** Is there a price for this model? */
export function hasPrice(model: string, own: Prices | undefined): boolean {
  return costOf(model, ONE_TOKEN, own) !== undefined;
}

const ONE_TOKEN: Usage = {
  inputTokens: 1,
  cachedInputTokens: 0,
  outputTokens: 1,
  reasoningTokens: 0,
  totalTokens: 2,
};

type PublicList = typeof import("@pydantic/genai-prices");
let list: PublicList | undefined;

/**
 * What is begun by `import()` keeps the asynchronous context it was called in, and hands it to whatever the runtime does next: strangers
 * would stand in the scope of the first call. So the import is called by a reaction that was registered here, outside of all.
 */
const wanted = Promise.withResolvers<void>();
const loading = wanted.promise.then(() => import("@pydantic/genai-prices")).then((module) => {
  list = module;
}, () => {
  // Where the list cannot be had, prices are not known: no answer is lost for that.
});

/**
 * Loads the public list if this model's price must come from there. It takes a tenth of a second: so not on import, but when
 * the first answer is priced.
 *
 * @returns `undefined` where there is nothing to wait for.
 */
export function loadPrices(model: string, own: Prices | undefined): Promise<void> | undefined {
  if (list !== undefined) return undefined;
  if (typeof own === "object" && Object.hasOwn(own, model)) return undefined;
  wanted.resolve();
  return loading;
}

/** Prices that are the same at any size and hour, by model: looking one up takes 40 µs. `null` is "not known". */
const flat = new Map<string, Price | null>();

function publicCost(model: string, usage: Usage): Cost | undefined {
  if (list === undefined) return undefined;
  const known = flat.get(model);
  if (known !== undefined) return known === null ? undefined : costAt(known, usage);

  let found: ReturnType<PublicList["calcPrice"]>;
  try {
    found = list.calcPrice({
      input_tokens: usage.inputTokens,
      cache_read_tokens: usage.cachedInputTokens,
      output_tokens: usage.outputTokens,
    }, model);
  } catch {
    return undefined; // a usage that cannot be: more cached tokens than tokens, for example
  }
  if (found === null) {
    flat.set(model, null);
    return undefined;
  }
  const { input_mtok: input, output_mtok: output, cache_read_mtok: cachedInput } =
    found.model_price;
  const dated = Array.isArray(found.model.prices);
  if (
    !dated && typeof input === "number" && typeof output === "number" &&
    typeof cachedInput !== "object"
  ) {
    flat.set(model, { input, output, cachedInput });
  }
  return { input: found.input_price, output: found.output_price, total: found.total_price };
}
