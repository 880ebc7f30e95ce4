/** Formats the report of a dry run for people. */
import { showDollars, showInteger } from "../format.ts";
import { inputName } from "../rows/open_input.ts";
import type { RunSettings } from "../run/run_settings.ts";
import type { DryRunEstimate, DryRunReport, DryRunRequest } from "./dry_run_report.ts";

/** Returns the report as text. */
export function formatReport(report: DryRunReport, settings: RunSettings): string {
  const { requests, estimate, warnings, runId } = report;
  const parts = [
    "Dry run: nothing was sent or written.",
    ...requests.map(formatRequest),
    [
      formatRows(report, settings),
      ...(estimate === undefined
        ? [
          `requests: unknown, as "${report.agent}" calls other agents, and what it sends ` +
          "depends on their answers: --pilot 20 runs a few rows, and estimates the rest",
        ]
        : formatEstimate(estimate, settings)),
      `The run would be "${runId}".`,
    ].join("\n"),
    ...(warnings.length === 0 ? [] : [warnings.map((text) => `warning: ${text}`).join("\n")]),
  ];
  return parts.join("\n\n");
}

function formatRequest(
  { line, provider, url, body, request }: DryRunRequest,
  index: number,
): string {
  const target = url === undefined ? `to the provider "${provider}"` : `POST ${url}`;
  return `request ${index + 1}, of line ${line}: ${target}\n` +
    JSON.stringify(url === undefined ? request : body, null, 2);
}

function formatRows(
  { rows, bad, empty, recorded, invalid, sampled }: DryRunReport,
  { in: path }: RunSettings,
): string {
  const of = sampled < rows ? ` of ${showInteger(sampled)} in a sample` : "";
  return [
    `rows: ${showInteger(rows)} in ${inputName(path)}`,
    ...(bad > 0 ? [`${showInteger(bad)} more cannot be read or sent`] : []),
    ...(empty > 0 ? [`${showInteger(empty)} more are empty`] : []),
    ...(recorded > 0 ? [`${showInteger(recorded)} are done already`] : []),
    ...(invalid > 0 ? [`${showInteger(invalid)}${of} would fail before they are sent`] : []),
  ].join(", ");
}

function formatEstimate(estimate: DryRunEstimate, settings: RunSettings): readonly string[] {
  const { models, requests, inputTokens, outputTokens, maxInputTokens, maxOutputTokens } = estimate;
  const { cost, maxCost, unpriced } = estimate;
  const atMost = maxOutputTokens === undefined
    ? "; nothing limits them, and --max-tokens does"
    : `, at most ${showInteger(maxOutputTokens)}`;
  const price = cost === undefined
    ? unpriced.length === 0
      ? "cost: nothing to send"
      : `cost: unknown, as no price is known for ${unpriced.join(", ")}: ` +
        `${unpriced.length === 1 ? "--price IN,OUT sets it" : "configure({ prices }) sets them"}`
    : `cost: about ${showDollars(cost.total)} by price list ` +
      `(${showDollars(cost.input)} for requests, ${showDollars(cost.output)} for answers)` +
      (maxCost === undefined ? "" : `, at most ${showDollars(maxCost)}`);
  const budget = settings.budget !== undefined && cost !== undefined && cost.total > settings.budget
    ? [`The --budget of ${showDollars(settings.budget)} would end the run early.`]
    : [];
  return [
    `calls: ${showInteger(requests)} to ${models.join(", ") || "no model"}`,
    `tokens: about ${showInteger(inputTokens)} in requests (at most ` +
    `${showInteger(maxInputTokens)}), about ${showInteger(outputTokens)} in answers${atMost}`,
    price,
    "How sure: requests count four characters a token, which is usually right to within a " +
    "third. The length\nof answers is a guess of 200 tokens, as none is known yet. Retries, " +
    "repairs, fallbacks and tools come on\ntop. --pilot 50 measures a sample, and gives an " +
    "interval of 95 %.",
    ...budget,
  ];
}
