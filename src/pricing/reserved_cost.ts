import type { Usage } from "../model/usage.ts";
import { costOf, type Prices } from "./prices.ts";

/** The price of an attempt before it is sent, in US dollars. */
export interface ReservedCost {
  /** The price of the input, at most. */
  readonly input: number;
  /** The price of one output token. */
  readonly outputToken: number;
}

/** Enough tokens for an exact price of one. */
const SAMPLE = 1_000;

/**
 * Returns what an attempt with these input tokens may cost; `undefined` if the price is unknown.
 * Where it is dearer to write the input to the provider's cache, all of it may be written.
 */
export function reservedCost(
  model: string,
  inputTokens: number,
  prices: Prices | undefined,
): ReservedCost | undefined {
  const plain = costOf(model, usageOf(inputTokens, 0), prices);
  const written = costOf(model, usageOf(inputTokens, inputTokens), prices);
  if (plain === undefined) return undefined;
  return {
    input: Math.max(plain.input, written?.input ?? 0),
    outputToken: plain.output / SAMPLE,
  };
}

function usageOf(inputTokens: number, cacheWriteTokens: number): Usage {
  return {
    inputTokens,
    cachedInputTokens: 0,
    cacheWriteTokens,
    outputTokens: SAMPLE,
    reasoningTokens: 0,
    totalTokens: inputTokens + SAMPLE,
  };
}
