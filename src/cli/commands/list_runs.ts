import type { JournalSummary } from "../../journal/mod.ts";
import { writeStderr } from "../run/display.ts";
import { listRunFolders, type RunFolder, wrapJournalError } from "../run/run_folder.ts";
import { formatDollars, formatDuration, formatInteger } from "../format.ts";

/** Lists the runs below a folder, the last one last: a line of text for each, or of JSON. */
export async function listRuns(dir: string, json: boolean): Promise<void> {
  const folders = await listRunFolders(dir);
  if (folders.length === 0) writeStderr(`There are no runs in ${dir}: "shoal run" begins one\n`);
  for (const folder of folders) {
    const summary = await folder.readRecord().then(() => readSummary(folder))
      .catch((error) => wrapJournalError(error) as Error);
    if (summary instanceof Error) {
      console.log(
        json
          ? JSON.stringify({ runId: folder.name, error: summary.message })
          : `${folder.name}  ${summary.message}`,
      );
    } else if (json) console.log(JSON.stringify({ runId: folder.name, ...summary }));
    else {console.log(
        `${folder.name}  ${summary === undefined ? "nothing yet" : formatSummary(summary)}`,
      );}
  }
}

/** A run in numbers. */
export async function readSummary(folder: RunFolder): Promise<JournalSummary | undefined> {
  await using journal = folder.openJournal();
  return await journal.summary(folder.name);
}

/** A run in a line. */
export function formatSummary(summary: JournalSummary): string {
  const { ok, failed, started, usage, cost, updatedAt } = summary;
  return [
    `${formatInteger(ok)} ok`,
    `${formatInteger(failed)} failed`,
    ...(started > 0 ? [`${formatInteger(started)} begun`] : []),
    `${formatInteger(usage.totalTokens)} tokens`,
    ...(cost === undefined ? [] : [formatDollars(cost.total)]),
    `${formatDuration(Math.max(0, Date.now() - updatedAt))} ago`,
  ].join(", ");
}
