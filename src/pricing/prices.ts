import {
  callback,
  checkOptions,
  dollars,
  isRecord,
  refuse,
  type Rule,
} from "../model/check_options.ts";
import type { Cost, Usage } from "../model/usage.ts";

/** The price of a model, in US dollars per million tokens. */
export interface Price {
  /** The price of a million input tokens. */
  readonly input: number;
  /**
   * The price of a million input tokens read from the provider's cache.
   *
   * @default The value of `input`
   */
  readonly cachedInput?: number;
  /** The price of a million output tokens. */
  readonly output: number;
}

/**
 * Prices by model name, or a function that returns the cost of a usage. Models that are missing, or
 * for which the function returns `undefined`, are looked up in the public price list.
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

/** Returns the cost of the usage at this price, in US dollars. */
export function costAt(price: Price, usage: Usage): Cost {
  const cached = usage.cachedInputTokens;
  const input = ((usage.inputTokens - cached) * price.input +
    cached * (price.cachedInput ?? price.input)) / 1e6;
  const output = usage.outputTokens * price.output / 1e6;
  return { input, output, total: input + output };
}

/** Returns the cost by the own prices or the public list; `undefined` if neither has the model. */
export function costOf(model: string, usage: Usage, own: Prices | undefined): Cost | undefined {
  if (typeof own === "function") {
    const cost = own(model, usage);
    if (cost !== undefined) return cost;
  } else if (own !== undefined && Object.hasOwn(own, model)) {
    return costAt(own[model]!, usage);
  }
  return publicCost(model, usage);
}

/** Whether the price of this model is known. */
export function hasPrice(model: string, own: Prices | undefined): boolean {
  return costOf(model, ONE_TOKEN, own) !== undefined;
}

const ONE_TOKEN: Usage = {
  inputTokens: 1,
  cachedInputTokens: 0,
  cacheWriteTokens: 0,
  outputTokens: 1,
  reasoningTokens: 0,
  totalTokens: 2,
};

type PublicList = typeof import("@pydantic/genai-prices");
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
 * Loads the public price list if this model needs it. Loading takes about 100 ms, so it happens
 * when the first answer is priced, not on import.
 *
 * @returns `undefined` if there is nothing to wait for.
 */
export function loadPrices(model: string, own: Prices | undefined): Promise<void> | undefined {
  if (list !== undefined) return undefined;
  if (typeof own === "object" && Object.hasOwn(own, model)) return undefined;
  requested.resolve();
  return loading;
}

/** Flat prices by model, since a lookup in the list takes 40 µs. `null` means unknown. */
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
    return undefined; // an impossible usage, such as more cached tokens than input tokens
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
