import { type Result, summarize } from "../../../mod.ts";
import { FailureClusters } from "../run/failure_clusters.ts";
import { CliError } from "../exit_code.ts";
import { type RunFolder, wrapJournalError } from "../run/run_folder.ts";
import { formatSummary } from "./list_runs.ts";
import { ReservoirSample } from "../run/reservoir_sample.ts";
import { formatDollars, formatDuration, formatInteger } from "../format.ts";

/** Few enough for memory to stay flat. */
const SAMPLED = 20_000;
const SHOWN = 10;

/** Shows a run: numbers, what limited it, and its failures by their causes; as text, or as JSON. */
export async function show(folder: RunFolder, json: boolean): Promise<void> {
  try {
    await showRun(folder, json);
  } catch (error) {
    throw wrapJournalError(error);
  }
}

async function showRun(folder: RunFolder, json: boolean): Promise<void> {
  await using journal = folder.openJournal();
  const summary = await journal.summary(folder.name);
  if (summary === undefined) {
    throw new CliError(`Cannot show the run "${folder.name}" as it has nothing yet`);
  }
  const sample = new ReservoirSample<Result>(SAMPLED);
  const clusters = new FailureClusters();
  for await (const { result, index } of journal.results(folder.name)) {
    if (result === undefined) continue;
    sample.add(result);
    if (!result.ok) clusters.add(result.error, index);
  }
  const { verdict, durationMs, byModel } = summarize(sample.items);
  const record = await folder.readRecord();
  if (json) {
    const failures = clusters.sorted();
    console.log(
      JSON.stringify({ ...summary, verdict, durationMs, failures, args: record?.args }, null, 2),
    );
    return;
  }
  const lines = [
    `${folder.name}: ${formatSummary(summary)}`,
    `begun ${new Date(summary.createdAt).toISOString()}, last row ${
      new Date(summary.updatedAt).toISOString()
    }`,
    `a row took ${formatDuration(durationMs.p50)} (p95 ${formatDuration(durationMs.p95)}, p99 ${
      formatDuration(durationMs.p99)
    })`,
    ...Object.entries(byModel).map(([model, { total, failed, cost }]) =>
      `${model}: ${formatInteger(total)} rows, ${formatInteger(failed)} failed${
        cost === undefined ? "" : `, ${formatDollars(cost.total)}`
      }${sample.seen > SAMPLED ? ` (of ${formatInteger(SAMPLED)} rows)` : ""}`
    ),
    verdict,
  ];
  const all = clusters.sorted();
  if (all.length > 0) lines.push("", "failures:");
  for (const { kind, cause, count, rows } of all.slice(0, SHOWN)) {
    lines.push(
      `${formatInteger(count).padStart(8)}  ${kind}: ${cause} (rows ${
        rows.map((row) => row + 1).join(", ")
      }${count > rows.length ? ", …" : ""})`,
    );
  }
  if (all.length > SHOWN) {
    lines.push(`          and ${formatInteger(all.length - SHOWN)} kinds more`);
  }
  if (summary.failed > 0) lines.push("", `shoal retry ${folder.name} tries them again`);
  console.log(lines.join("\n"));
}
