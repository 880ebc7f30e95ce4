import { isRecord } from "../../model/check_options.ts";
import type { Usage } from "../../model/usage.ts";

/**
 * Reads the usage, if the model reports it. The oldest version of the interface has flat numbers.
 */
export function readAiSdkUsage(usage: unknown): Usage | undefined {
  if (!isRecord(usage)) return undefined;
  const input = isRecord(usage.inputTokens) ? usage.inputTokens : {
    total: usage.inputTokens,
    cacheRead: usage.cachedInputTokens,
  };
  const output = isRecord(usage.outputTokens) ? usage.outputTokens : {
    total: usage.outputTokens,
    reasoning: usage.reasoningTokens,
  };
  const inputTokens = finiteNumber(input.total) ??
    sum(input.noCache, input.cacheRead, input.cacheWrite);
  const outputTokens = finiteNumber(output.total) ?? sum(output.text, output.reasoning);
  // Without both numbers there is no price: none is better than a wrong one.
  if (inputTokens === undefined || outputTokens === undefined) return undefined;
  return {
    inputTokens,
    cachedInputTokens: finiteNumber(input.cacheRead) ?? 0,
    cacheWriteTokens: finiteNumber(input.cacheWrite) ?? 0,
    outputTokens,
    reasoningTokens: finiteNumber(output.reasoning) ?? 0,
    totalTokens: inputTokens + outputTokens,
  };
}

function finiteNumber(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

function sum(...values: unknown[]): number | undefined {
  const numbers = values.map(finiteNumber).filter((n) => n !== undefined);
  return numbers.length === 0 ? undefined : numbers.reduce((a, b) => a + b);
}
