import type { JournalSummary } from "../../journal/mod.ts";
import { showDollars, showDuration, showInteger } from "../format.ts";
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
    const summary = await folder.readRecord().then(() => readSummary(folder))
      .catch((error) => wrapJournalError(error) as Error);
    if (summary instanceof Error) {
      const { message } = summary;
      await printLine(
        json
          ? JSON.stringify({ runId: folder.name, error: message })
          : `${folder.name}  ${message}`,
      );
    } else if (json) await printLine(JSON.stringify({ runId: folder.name, ...summary }));
    else {
      const text = summary === undefined ? "no rows yet" : formatSummary(summary);
      await printLine(`${folder.name}  ${text}`);
    }
  }
}

async function readSummary(folder: RunFolder): Promise<JournalSummary | undefined> {
  await using journal = folder.openJournal();
  return await journal.summary(folder.name);
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
