/** Reads what a model of the AI SDK reports about the price of a request. */
import { isRecord } from "../../model/check_options.ts";
import { ProviderError } from "../../model/errors.ts";
import type { Billing, ReportedCost, Usage } from "../../model/usage.ts";
import { readReportedCost } from "../http/read_reported_cost.ts";
import { readLongCacheWrites, readUsage } from "../http/read_usage.ts";

/** The parts of a result that its price depends on. */
interface Sources {
  readonly usage: unknown;
  /** Metadata by provider. */
  readonly metadata: unknown;
  /** The model as the server names it. */
  readonly servedModel?: unknown;
}

/** Reads the billing of a reply to a request to the given model. */
export function readAiSdkBilling(
  { usage, metadata, servedModel }: Sources,
  requestedModel?: string,
): Billing {
  const raw = isRecord(usage) && isRecord(usage.raw) ? usage.raw : undefined;
  const entries = isRecord(metadata) ? Object.values(metadata).filter(isRecord) : [];
  const counts = readAiSdkUsage(usage, entries);
  const longWrites = readLongCacheWrites(raw) ?? readLongCacheWrites(nativeUsage(entries));
  const cost = readReportedCost(raw) ?? firstCost(entries);
  const tier = [...entries, raw ?? {}]
    .map((place) => place.serviceTier ?? place.service_tier)
    .find((tier) => typeof tier === "string" && tier !== "") as string | undefined;
  return {
    ...(counts !== undefined && { usage: counts }),
    ...(cost !== undefined && { cost }),
    ...(longWrites !== undefined && { longCacheWriteTokens: longWrites }),
    ...(tier !== undefined && { serviceTier: tier }),
    ...(typeof servedModel === "string" && servedModel !== "" && servedModel !== requestedModel &&
      { servedModel }),
  };
}

/** Finds the cost in the metadata: OpenRouter's is in a `usage`, those of others are not. */
function firstCost(entries: readonly Record<string, unknown>[]): ReportedCost | undefined {
  for (const entry of entries) {
    const cost = readReportedCost(entry.usage) ?? readReportedCost(entry);
    if (cost !== undefined) return cost;
  }
  return undefined;
}

/**
 * Reads the usage, if the model reports it. The oldest version of the interface has flat numbers.
 */
export function readAiSdkUsage(
  usage: unknown,
  metadata: readonly Record<string, unknown>[] = [],
): Usage | undefined {
  if (!isRecord(usage)) return undefined;
  return readNativeUsage(usage, metadata) ?? readUnifiedUsage(usage);
}

/**
 * Reads the server's own usage if it is in OpenAI's form: the SDK's numbers leave out what a server
 * counts elsewhere, such as reasoning beside the completion. The oldest version of the interface
 * has Anthropic's own usage in the metadata only.
 */
function readNativeUsage(
  { raw, inputTokens }: Record<string, unknown>,
  metadata: readonly Record<string, unknown>[],
): Usage | undefined {
  if (isRecord(raw)) {
    const isOpenAI = typeof raw.prompt_tokens === "number" ||
      (typeof raw.input_tokens === "number" && typeof raw.total_tokens === "number");
    return isOpenAI ? readUsage(raw) : undefined;
  }
  if (isRecord(inputTokens)) return undefined;
  return readUsage(nativeUsage(metadata));
}

/** Finds the server's own usage in the metadata, in Anthropic's form. */
function nativeUsage(metadata: readonly Record<string, unknown>[]): unknown {
  return metadata.map(({ usage }) => usage)
    .find((usage) => isRecord(usage) && typeof usage.input_tokens === "number");
}

function readUnifiedUsage(usage: Record<string, unknown>): Usage | undefined {
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
  return readUsage({
    input_tokens: inputTokens,
    output_tokens: outputTokens,
    // The oldest version has a total, of which reasoning may be the rest, as with Gemini.
    total_tokens: finiteNumber(usage.totalTokens) ?? inputTokens + outputTokens,
    cached_tokens: input.cacheRead,
    cache_write_tokens: input.cacheWrite,
    reasoning_tokens: output.reasoning,
  });
}

function finiteNumber(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

function sum(...values: unknown[]): number | undefined {
  const numbers = values.map(finiteNumber).filter((n) => n !== undefined);
  return numbers.length === 0 ? undefined : numbers.reduce((a, b) => a + b);
}

/** Adds a billing to an error that has none. Other thrown values are returned unchanged. */
export function addBilling<T>(thrown: T, billing: Billing): T | ProviderError {
  if (!(thrown instanceof ProviderError) || thrown.usage !== undefined) return thrown;
  if (billing.usage === undefined && billing.cost === undefined) return thrown;
  const { message, text, cause } = thrown;
  return new ProviderError(message, { ...thrown, ...billing, text, cause });
}
