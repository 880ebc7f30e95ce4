/** Reads the cost that a server reports for a request. */
import { isRecord } from "../../model/check_options.ts";
import type { ReportedCost } from "../../model/usage.ts";
import { readCount } from "./read_count.ts";

/** The number of xAI's ticks in a US dollar. */
const TICKS_PER_DOLLAR = 1e10;

/**
 * Reads the cost in a usage: OpenRouter's `cost`, Perplexity's `cost.total_cost`, xAI's
 * `cost_in_usd_ticks` and DeepInfra's `estimated_cost`. Providers of the AI SDK write the names in
 * camel case.
 */
export function readReportedCost(usage: unknown): ReportedCost | undefined {
  if (!isRecord(usage) || !mayHaveCost(usage)) return undefined;
  const ticks = find(usage, "cost_in_usd_ticks", "costInUsdTicks");
  if (ticks !== undefined) return { total: ticks / TICKS_PER_DOLLAR };
  if (isRecord(usage.cost)) return readCostParts(usage.cost);
  const charge = find(usage, "cost");
  // With a key of the user's own, Vercel's gateway charges nothing, and the provider bills this.
  const market = find(usage, "market_cost", "marketCost");
  if (charge === 0 && market !== undefined) return { total: market };
  if (charge !== undefined) return readCharge(charge, usage);
  const estimated = find(usage, "estimated_cost", "estimatedCost");
  return estimated === undefined ? undefined : { total: estimated };
}

/** Whether a usage has a member about a cost. Most have none. */
function mayHaveCost(usage: Record<string, unknown>): boolean {
  for (const name in usage) if (name.includes("cost") || name.includes("Cost")) return true;
  return false;
}

/** Reads Perplexity's object. Its total includes fees for searches. */
function readCostParts(cost: Record<string, unknown>): ReportedCost | undefined {
  const total = find(cost, "total_cost", "totalCost");
  const { currency = "USD" } = cost;
  if (total === undefined || currency !== "USD") return undefined;
  const input = find(cost, "input_tokens_cost", "inputTokensCost", "input_cost", "inputCost");
  const output = find(cost, "output_tokens_cost", "outputTokensCost", "output_cost", "outputCost");
  const reasoning = find(cost, "reasoning_tokens_cost", "reasoningTokensCost") ?? 0;
  return splitTotal(total, input, output === undefined ? undefined : output + reasoning);
}

/**
 * Reads OpenRouter's number. With a key of the user's own for the provider, it is OpenRouter's fee
 * alone, and the provider bills the rest.
 */
function readCharge(charge: number, usage: Record<string, unknown>): ReportedCost | undefined {
  const details = usage.cost_details ?? usage.costDetails;
  const parts = isRecord(details) ? details : {};
  const upstream = find(parts, "upstream_inference_cost", "upstreamInferenceCost");
  const input = find(
    parts,
    "upstream_inference_prompt_cost",
    "upstreamInferencePromptCost",
    "upstream_inference_input_cost",
    "upstreamInferenceInputCost",
  );
  const output = find(
    parts,
    "upstream_inference_completions_cost",
    "upstreamInferenceCompletionsCost",
    "upstream_inference_output_cost",
    "upstreamInferenceOutputCost",
  );
  // Without the flag, only a fee is less than what the provider bills.
  const isFee = usage.is_byok ?? usage.isByok ?? (upstream !== undefined && upstream > charge);
  if (isFee !== true) return splitTotal(charge, input, output);
  // If the provider's part is unknown, the fee alone would be far too low.
  return upstream === undefined ? undefined : splitTotal(charge + upstream, input, output);
}

/**
 * Returns a total with its parts. Fees beyond the two parts count as input. If the parts exceed the
 * total, as with a discount, they are scaled.
 */
function splitTotal(
  total: number,
  input: number | undefined,
  output: number | undefined,
): ReportedCost {
  if (input === undefined || output === undefined) return { total };
  const scale = Math.min(1, total / (input + output || 1));
  return { total, input: total - output * scale, output: output * scale };
}

function find(place: Record<string, unknown>, ...names: readonly string[]): number | undefined {
  for (const name of names) {
    const count = readCount(place[name]);
    if (count !== undefined) return count;
  }
  return undefined;
}
