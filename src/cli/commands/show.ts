import { type Result, summarize } from "../../../mod.ts";
import type { JournalSummary } from "../../journal/mod.ts";
import { CliError } from "../cli_error.ts";
import { showDollars, showDuration, showInteger } from "../format.ts";
import { cutOffText, hasCutOffAnswer } from "../checks/cut_off_answers.ts";
import { nameFlags } from "../option_flags.ts";
import { FailureClusters } from "../run/failure_clusters.ts";
import { ReservoirSample } from "../run/reservoir_sample.ts";
import { type RunFolder, wrapJournalError } from "../run/run_folder.ts";
import { printLine } from "../write_stdout.ts";
import type { RunDetails } from "../report/run_details.ts";
import { SummaryTotals } from "../report/summary_totals.ts";
import { formatSummary } from "./list_runs.ts";

/** The number of results that are summarized: memory stays flat. */
const SAMPLE_SIZE = 20_000;
/** The number of failure clusters that are printed. */
const MAX_CLUSTERS = 10;

/** Prints a run as text or JSON: counts, what limited it, and its failures by cause. */
export async function show(folder: RunFolder, { json }: { readonly json: boolean }): Promise<void> {
  try {
    await showRun(folder, json ? "json" : "text");
  } catch (error) {
    throw wrapJournalError(error);
  }
}

async function showRun(folder: RunFolder, format: "json" | "text"): Promise<void> {
  await using journal = folder.openJournal();
  const summary = await journal.summary(folder.name);
  if (summary === undefined) {
    throw new CliError(`Cannot show the run "${folder.name}" as it has no rows yet`);
  }
  const sample = new ReservoirSample<Result>(SAMPLE_SIZE);
  const totals = new SummaryTotals();
  const clusters = new FailureClusters();
  let cutOff = 0;
  for await (const { result, index } of journal.results(folder.name)) {
    if (result === undefined) continue;
    if (hasCutOffAnswer(result)) cutOff++;
    sample.add(result);
    if (format === "json") totals.add(result);
    if (!result.ok) clusters.add(result.error, index);
  }
  if (format === "text") {
    await printLine(formatRun(folder.name, summary, { sample, clusters, cutOff }).join("\n"));
    return;
  }
  const { cached, attempts, durationMs, timeSpent, verdict, byModel } = totals
    .summary(sample.items, 0);
  const details: RunDetails = {
    ...summary,
    cutOff,
    cached,
    attempts,
    durationMs,
    timeSpent,
    verdict,
    byModel,
    failures: clusters.sorted(),
    args: (await folder.readRecord())?.args,
  };
  await printLine(JSON.stringify(details, null, 2));
}

/** Returns the tokens and the cost of a run in words. */
function formatUsage({ usage, cost }: JournalSummary): string {
  const tokens = `${showInteger(usage.inputTokens)} tokens in ` +
    `(${showInteger(usage.cachedInputTokens)} from the cache, ` +
    `${showInteger(usage.cacheWriteTokens)} written to it), ` +
    `${showInteger(usage.outputTokens)} out (${showInteger(usage.reasoningTokens)} for reasoning)`;
  if (cost === undefined) return tokens;
  const source = cost.source === "server" ? "reported by the server" : "by price list";
  return `${tokens}, ${showDollars(cost.total)} ${source}`;
}

/** What the results of a run show. */
interface ShownResults {
  readonly sample: ReservoirSample<Result>;
  readonly clusters: FailureClusters;
  /** The number of answers that reached their limit of tokens. */
  readonly cutOff: number;
}

function formatRun(
  name: string,
  summary: JournalSummary,
  { sample, clusters, cutOff }: ShownResults,
): readonly string[] {
  const { verdict, durationMs: { p50, p95, p99 }, byModel } = summarize(sample.items);
  const startedAt = new Date(summary.createdAt).toISOString();
  const updatedAt = new Date(summary.updatedAt).toISOString();
  const lines = [
    `${name}: ${formatSummary(summary)}`,
    `started at ${startedAt}, last row at ${updatedAt}`,
    ...(summary.usage.totalTokens === 0 ? [] : [formatUsage(summary)]),
    `time per row: ${showDuration(p50)} ` +
    `(p95 ${showDuration(p95)}, p99 ${showDuration(p99)})`,
  ];
  const sampled = sample.seen > SAMPLE_SIZE
    ? ` (in a sample of ${showInteger(SAMPLE_SIZE)} rows)`
    : "";
  for (const [model, { total, failed, cost }] of Object.entries(byModel)) {
    const price = cost === undefined ? "" : `, ${showDollars(cost.total)}`;
    const counts = `${showInteger(total)} rows, ${showInteger(failed)} failed`;
    lines.push(`${model}: ${counts}${price}${sampled}`);
  }
  if (cutOff > 0) lines.push(cutOffText(cutOff));
  lines.push(nameFlags(verdict));
  const all = clusters.sorted();
  if (all.length > 0) lines.push("", "failures:");
  for (const { kind, cause, count, rows } of all.slice(0, MAX_CLUSTERS)) {
    const examples = rows.map((row) => row + 1).join(", ") + (count > rows.length ? ", …" : "");
    lines.push(`${showInteger(count).padStart(8)}  ${kind}: ${cause} (rows ${examples})`);
  }
  if (all.length > MAX_CLUSTERS) {
    lines.push(`          and ${showInteger(all.length - MAX_CLUSTERS)} more causes`);
  }
  if (summary.failed > 0) lines.push("", `To retry them: shoal retry ${name}`);
  return lines;
}
