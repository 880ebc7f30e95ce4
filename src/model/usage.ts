/** What one model call, or many, used: tokens in and out. */
export interface Usage {
  /** Tokens sent to the model, cached ones included. */
  readonly inputTokens: number;
  /** The part of `inputTokens` that the provider had in its cache. */
  readonly cachedInputTokens: number;
  /** Tokens the model wrote, reasoning included. */
  readonly outputTokens: number;
  /** The part of `outputTokens` that was spent on reasoning. */
  readonly reasoningTokens: number;
  /** `inputTokens + outputTokens`. */
  readonly totalTokens: number;
}

/** What the usage costs, in US dollars. */
export interface Cost {
  /** Dollars for the input tokens. */
  readonly input: number;
  /** Dollars for the output tokens. */
  readonly output: number;
  /** `input + output`. */
  readonly total: number;
}

/** Nothing used. */
export const NO_USAGE: Usage = Object.freeze({
  inputTokens: 0,
  cachedInputTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
  totalTokens: 0,
});

/** A usage of which only the tokens in and out are known. */
export function plainUsage(inputTokens: number, outputTokens: number): Usage {
  const totalTokens = inputTokens + outputTokens;
  return { inputTokens, cachedInputTokens: 0, outputTokens, reasoningTokens: 0, totalTokens };
}

/** Nothing spent. */
export const NO_COST: Cost = Object.freeze({ input: 0, output: 0, total: 0 });

/** The sum of two usages. */
export function addUsage(a: Usage, b: Usage): Usage {
  if (a === NO_USAGE) return b;
  if (b === NO_USAGE) return a;
  return {
    inputTokens: a.inputTokens + b.inputTokens,
    cachedInputTokens: a.cachedInputTokens + b.cachedInputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    reasoningTokens: a.reasoningTokens + b.reasoningTokens,
    totalTokens: a.totalTokens + b.totalTokens,
  };
}

/** The sum of two costs: not known as soon as one of them is not known. */
export function addCost(a: Cost | undefined, b: Cost | undefined): Cost | undefined {
  if (a === undefined || b === undefined) return undefined;
  if (a === NO_COST) return b;
  if (b === NO_COST) return a;
  return { input: a.input + b.input, output: a.output + b.output, total: a.total + b.total };
}
