import { type Result, summarize } from "../../../mod.ts";
import { Clusters } from "../run/failure_clusters.ts";
import { CliError } from "../exit_code.ts";
import { fromJournal, type RunFolder } from "../run/run_folder.ts";
import { line } from "./list_runs.ts";
import { Sample } from "../run/reservoir_sample.ts";
import { dollars, integer, span } from "../format.ts";

/** Few enough for memory to stay flat. */
const SAMPLED = 20_000;
const SHOWN = 10;

/** Shows a run: numbers, what limited it, and its failures by their causes; as text, or as JSON. */
export async function show(folder: RunFolder, json: boolean): Promise<void> {
  try {
    await showRun(folder, json);
  } catch (error) {
    throw fromJournal(error);
  }
}

async function showRun(folder: RunFolder, json: boolean): Promise<void> {
  await using journal = folder.journal();
  const summary = await journal.summary(folder.name);
  if (summary === undefined) {
    throw new CliError(`Cannot show the run "${folder.name}" as it has nothing yet`);
  }
  const sample = new Sample<Result>(SAMPLED);
  const clusters = new Clusters();
  for await (const { result, index } of journal.results(folder.name)) {
    if (result === undefined) continue;
    sample.see(result);
    if (!result.ok) clusters.add(result.error, index);
  }
  const { verdict, durationMs, byModel } = summarize(sample.items);
  const record = await folder.record();
  if (json) {
    const failures = clusters.sorted();
    console.log(
      JSON.stringify({ ...summary, verdict, durationMs, failures, args: record?.args }, null, 2),
    );
    return;
  }
  const lines = [
    `${folder.name}: ${line(summary)}`,
    `begun ${new Date(summary.createdAt).toISOString()}, last row ${
      new Date(summary.updatedAt).toISOString()
    }`,
    `a row took ${span(durationMs.p50)} (p95 ${span(durationMs.p95)}, p99 ${span(durationMs.p99)})`,
    ...Object.entries(byModel).map(([model, { total, failed, cost }]) =>
      `${model}: ${integer(total)} rows, ${integer(failed)} failed${
        cost === undefined ? "" : `, ${dollars(cost.total)}`
      }${sample.seen > SAMPLED ? ` (of ${integer(SAMPLED)} rows)` : ""}`
    ),
    verdict,
  ];
  const all = clusters.sorted();
  if (all.length > 0) lines.push("", "failures:");
  for (const { kind, cause, count, rows } of all.slice(0, SHOWN)) {
    lines.push(
      `${integer(count).padStart(8)}  ${kind}: ${cause} (rows ${
        rows.map((row) => row + 1).join(", ")
      }${count > rows.length ? ", …" : ""})`,
    );
  }
  if (all.length > SHOWN) lines.push(`          and ${integer(all.length - SHOWN)} kinds more`);
  if (summary.failed > 0) lines.push("", `shoal retry ${folder.name} tries them again`);
  console.log(lines.join("\n"));
}
