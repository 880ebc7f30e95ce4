import type { JournalSummary } from "../../journal/mod.ts";
import { say } from "../run/display.ts";
import { fromJournal, type RunFolder, runFolders } from "../run/run_folder.ts";
import { dollars, integer, span } from "../format.ts";

/** Lists the runs below a folder, the last one last: a line of text for each, or of JSON. */
export async function listRuns(dir: string, json: boolean): Promise<void> {
  const folders = await runFolders(dir);
  if (folders.length === 0) say(`There are no runs in ${dir}: "shoal run" begins one\n`);
  for (const folder of folders) {
    const summary = await folder.record().then(() => summaryOf(folder))
      .catch((error) => fromJournal(error) as Error);
    if (summary instanceof Error) {
      console.log(
        json
          ? JSON.stringify({ runId: folder.name, error: summary.message })
          : `${folder.name}  ${summary.message}`,
      );
    } else if (json) console.log(JSON.stringify({ runId: folder.name, ...summary }));
    else console.log(`${folder.name}  ${summary === undefined ? "nothing yet" : line(summary)}`);
  }
}

/** A run in numbers. */
export async function summaryOf(folder: RunFolder): Promise<JournalSummary | undefined> {
  await using journal = folder.journal();
  return await journal.summary(folder.name);
}

/** A run in a line. */
export function line(summary: JournalSummary): string {
  const { ok, failed, started, usage, cost, updatedAt } = summary;
  return [
    `${integer(ok)} ok`,
    `${integer(failed)} failed`,
    ...(started > 0 ? [`${integer(started)} begun`] : []),
    `${integer(usage.totalTokens)} tokens`,
    ...(cost === undefined ? [] : [dollars(cost.total)]),
    `${span(Math.max(0, Date.now() - updatedAt))} ago`,
  ].join(", ");
}
