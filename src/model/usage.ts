/** The tokens used by one or more requests. */
export interface Usage {
  /** The input tokens, cached ones included. */
  readonly inputTokens: number;
  /** The part of `inputTokens` that was read from the provider's cache. */
  readonly cachedInputTokens: number;
  /** The part of `inputTokens` that was written to the provider's cache. */
  readonly cacheWriteTokens: number;
  /** The output tokens, reasoning included. */
  readonly outputTokens: number;
  /** The part of `outputTokens` used for reasoning. */
  readonly reasoningTokens: number;
  /** `inputTokens + outputTokens`. */
  readonly totalTokens: number;
}

/** The cost of a usage, in US dollars. */
export interface Cost {
  /** The cost of the input tokens, and of fees that are not for output tokens. */
  readonly input: number;
  /** The cost of the output tokens. */
  readonly output: number;
  /** `input + output`. */
  readonly total: number;
  /**
   * Where the cost comes from: `server` if the server reported all of it, `prices` if any part was
   * calculated from the option `prices` or the public price list.
   */
  readonly source: "server" | "prices";
}

/** The cost of a request as its server reports it, in US dollars. */
export interface ReportedCost {
  /** The total. */
  readonly total: number;
  /** The part for the input and for fees, if the server reports the parts. */
  readonly input?: number;
  /** The part for the output, if the server reports the parts. */
  readonly output?: number;
}

/** What a reply or an error says about its price. */
export interface Billing {
  /** The usage, if the server reports it. */
  readonly usage?: Usage;
  /** The cost, if the server reports it. */
  readonly cost?: ReportedCost;
  /** The service tier that processed the request, if the server reports it. */
  readonly serviceTier?: string;
  /**
   * The part of `usage.cacheWriteTokens` that is kept for an hour instead of minutes, if the server
   * reports it: Anthropic charges more for it.
   */
  readonly longCacheWriteTokens?: number;
  /** The model that answered as the server names it, if it is another name than the request's. */
  readonly servedModel?: string;
}

/** The usage of no request. */
export const NO_USAGE: Usage = Object.freeze({
  inputTokens: 0,
  cachedInputTokens: 0,
  cacheWriteTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
  totalTokens: 0,
});

/** Returns a usage without cached and reasoning tokens. */
export function plainUsage(inputTokens: number, outputTokens: number): Usage {
  const totalTokens = inputTokens + outputTokens;
  // One object literal: a spread is several times slower, and each call needs two.
  return {
    inputTokens,
    cachedInputTokens: 0,
    cacheWriteTokens: 0,
    outputTokens,
    reasoningTokens: 0,
    totalTokens,
  };
}

/** The cost of no request. */
export const NO_COST: Cost = Object.freeze({ input: 0, output: 0, total: 0, source: "prices" });

/** Adds two usages. */
export function addUsage(a: Usage, b: Usage): Usage {
  if (a === NO_USAGE) return b;
  if (b === NO_USAGE) return a;
  return {
    inputTokens: a.inputTokens + b.inputTokens,
    cachedInputTokens: a.cachedInputTokens + b.cachedInputTokens,
    cacheWriteTokens: a.cacheWriteTokens + b.cacheWriteTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    reasoningTokens: a.reasoningTokens + b.reasoningTokens,
    totalTokens: a.totalTokens + b.totalTokens,
  };
}

/** Adds two costs. The sum is unknown if either is. */
export function addCost(a: Cost | undefined, b: Cost | undefined): Cost | undefined {
  if (a === undefined || b === undefined) return undefined;
  // Calls that cost nothing, such as those answered from a cache, do not change the source.
  if (isFree(a)) return b;
  if (isFree(b)) return a;
  return {
    input: a.input + b.input,
    output: a.output + b.output,
    total: a.total + b.total,
    source: a.source === b.source ? a.source : "prices",
  };
}

function isFree({ total, source }: Cost): boolean {
  return total === 0 && source === "prices";
}
