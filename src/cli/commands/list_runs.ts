import type { JournalSummary } from "../../journal/mod.ts";
import { showDollars, showDuration, showInteger } from "../format.ts";
import { emptyListing, type RunListing } from "../report/run_details.ts";
import { listRunFolders, type RunFolder, wrapJournalError } from "../run/run_folder.ts";
import { writeStderr } from "../write_stderr.ts";
import { printLine } from "../write_stdout.ts";

/** Prints the runs below a folder, the last one at the end: a line of text or JSON for each. */
export async function listRuns(
  dir: string,
  { json }: { readonly json: boolean },
): Promise<void> {
  const folders = await listRunFolders(dir);
  if (folders.length === 0) {
    writeStderr(`There are no runs in ${dir}: "shoal run" starts one\n`);
  }
  for (const folder of folders) {
    const run = await readListing(folder);
    await printLine(json ? JSON.stringify(run) : `${folder.name}  ${formatListing(run)}`);
  }
}

async function readListing(folder: RunFolder): Promise<RunListing> {
  const { name } = folder;
  try {
    const record = await folder.readRecord();
    await using journal = folder.openJournal();
    return await journal.summary(name) ?? emptyListing(name, { createdAt: record?.createdAt });
  } catch (error) {
    return emptyListing(name, { error: (wrapJournalError(error) as Error).message });
  }
}

function formatListing(run: RunListing): string {
  const { error, total } = run;
  return error ?? (total === 0 ? "no rows yet" : formatSummary(run));
}

/** Formats the counts of a run as one line. */
export function formatSummary(summary: JournalSummary): string {
  const { ok, failed, started, usage, cost, updatedAt } = summary;
  return [
    `${showInteger(ok)} ok`,
    `${showInteger(failed)} failed`,
    ...(started > 0 ? [`${showInteger(started)} unfinished`] : []),
    `${showInteger(usage.totalTokens)} tokens`,
    ...(cost === undefined ? [] : [showDollars(cost.total)]),
    `${showDuration(Math.max(0, Date.now() - updatedAt))} ago`,
  ].join(", ");
}
