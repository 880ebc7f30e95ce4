import { isRecord } from "../../model/check_options.ts";
import type { Usage } from "../../model/usage.ts";

/** What was used, if the model says so. The oldest version of the interface says it in flat numbers. */
export function usageOf(usage: unknown): Usage | undefined {
  if (!isRecord(usage)) return undefined;
  const input = isRecord(usage.inputTokens) ? usage.inputTokens : {
    total: usage.inputTokens,
    cacheRead: usage.cachedInputTokens,
  };
  const output = isRecord(usage.outputTokens) ? usage.outputTokens : {
    total: usage.outputTokens,
    reasoning: usage.reasoningTokens,
  };
  const inputTokens = numberIn(input.total) ??
    sum(input.noCache, input.cacheRead, input.cacheWrite);
  const outputTokens = numberIn(output.total) ?? sum(output.text, output.reasoning);
  // A half that is not known makes no price: none is better than a wrong one.
  if (inputTokens === undefined || outputTokens === undefined) return undefined;
  return {
    inputTokens,
    cachedInputTokens: numberIn(input.cacheRead) ?? 0,
    outputTokens,
    reasoningTokens: numberIn(output.reasoning) ?? 0,
    totalTokens: inputTokens + outputTokens,
  };
}

function numberIn(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

function sum(...values: unknown[]): number | undefined {
  const numbers = values.map(numberIn).filter((n) => n !== undefined);
  return numbers.length === 0 ? undefined : numbers.reduce((a, b) => a + b);
}
