import type { Cost, DryRun } from "../../../mod.ts";
import { configuration } from "../../call/options/config.ts";
import { dryRunProvider } from "../../call/dry_run_provider.ts";
import { providerPriceDetails } from "../../call/pricing/price_details.ts";
import { DEFAULT_OUTPUT_TOKENS } from "../../limits/answer_history.ts";
import { estimateOtherTokens, estimateTokens, maxTextTokens } from "../../model/estimate_tokens.ts";
import { addCost, plainUsage } from "../../model/usage.ts";
import { costOf, loadPrices } from "../../pricing/prices.ts";
import type { DryRunEstimate } from "./dry_run_report.ts";

/** The tokens and the cost of one request. */
interface RequestEstimate {
  readonly input: number;
  readonly maxInput: number;
  readonly output: number;
  readonly maxOutput: number | undefined;
  readonly cost: Cost | undefined;
  readonly maxCost: number | undefined;
}

/**
 * Estimates what all rows need from the requests of some of them.
 *
 * @param rows The number of rows to send.
 * @param sampled The number of rows whose requests these are.
 */
export async function estimateRequests(
  requests: readonly DryRun[],
  rows: number,
  sampled: number,
): Promise<DryRunEstimate> {
  const all = await Promise.all(requests.map(estimateRequest));
  const scale = sampled === 0 ? 0 : rows / sampled;
  const total = (values: readonly number[]) =>
    Math.round(values.reduce((a, b) => a + b, 0) * scale);
  const known = <T>(values: readonly (T | undefined)[]): readonly T[] | undefined =>
    values.every((value) => value !== undefined) ? values as readonly T[] : undefined;
  const costs = known(all.map(({ cost }) => cost));
  const maxOutputs = known(all.map(({ maxOutput }) => maxOutput));
  const maxCosts = known(all.map(({ maxCost }) => maxCost));
  const models = [...new Set(requests.map(({ request }) => request.model))];
  const unpriced = requests.filter((_, i) => all[i]!.cost === undefined);
  return {
    models,
    requests: total(all.map(() => 1)),
    inputTokens: total(all.map(({ input }) => input)),
    maxInputTokens: total(all.map(({ maxInput }) => maxInput)),
    outputTokens: total(all.map(({ output }) => output)),
    maxOutputTokens: maxOutputs && total(maxOutputs),
    cost: costs && costs.length > 0 ? scaleTotal(costs, scale) : undefined,
    maxCost: maxCosts && maxCosts.length > 0
      ? maxCosts.reduce((a, b) => a + b, 0) * scale
      : undefined,
    unpriced: [...new Set(unpriced.map(({ request }) => request.model))],
  };
}

async function estimateRequest(dryRun: DryRun): Promise<RequestEstimate> {
  const { request } = dryRun;
  const { model, messages, settings } = request;
  const others = estimateOtherTokens(request);
  const input = estimateTokens(messages) + others;
  // Schemas have more tokens than their letters suggest.
  const maxInput = maxTextTokens(messages) + Math.ceil(others * 4 / 3);
  const { maxTokens: maxOutput } = settings;
  const output = Math.min(maxOutput ?? Infinity, DEFAULT_OUTPUT_TOKENS);
  const { prices } = configuration();
  await loadPrices(model, prices);
  const details = providerPriceDetails(dryRunProvider(dryRun) ?? {}, model, settings);
  const price = (input: number, output: number) =>
    costOf(model, plainUsage(input, output), prices, details);
  return {
    input,
    maxInput,
    output,
    maxOutput,
    cost: price(input, output),
    maxCost: maxOutput === undefined ? undefined : price(maxInput, maxOutput)?.total,
  };
}

function scaleTotal(costs: readonly Cost[], scale: number): Cost {
  const { input, output, total, source } = costs.reduce((a, b) => addCost(a, b)!);
  return { input: input * scale, output: output * scale, total: total * scale, source };
}
