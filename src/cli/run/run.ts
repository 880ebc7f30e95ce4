import { countLines } from "../rows/count_lines.ts";
import { createDisplay as openDisplay } from "./display.ts";
import { CliError } from "../exit_code.ts";
import { createRowFormatter } from "../rows/format_row.ts";
import { listenForInterrupts } from "../interrupt.ts";
import { type LineOutput, openOutput, withHeader } from "../rows/output_file.ts";
import { checkAnswerColumns, createFirstRowCheck } from "../rows/check_first_row.ts";
import { createRowMapper } from "../rows/row_params.ts";
import { runPilot } from "./pilot.ts";
import { BATCH_CONCURRENCY } from "./provider_batch.ts";
import { openRows, resolveFormat, type RowsFormat } from "../rows/open_rows.ts";
import { checkPaths, prepareRun, remainingBudget, resolveRunFolder } from "./prepare_run.ts";
import { reportEnd, toUsageError, withResumeHint } from "./report_end.ts";
import { wrapJournalError } from "./run_folder.ts";
import { runRows } from "./run_rows.ts";
import type { ParsedSettings, RunSettings } from "./run_settings.ts";
import { buildCallOptions, createRunProvider, resolveAgent, withProvider } from "./run_setup.ts";
import { setBaseUrlVariable } from "../server_variable.ts";
import { RunStats } from "./run_stats.ts";
import { openWorkerPool } from "./open_worker_pool.ts";

/**
 * Runs an agent over rows.
 *
 * @param args What stood on the command line, to be kept for `shoal resume`.
 * @returns The exit code.
 */
export async function run(
  reference: string | undefined,
  told: ParsedSettings,
  args: readonly string[],
): Promise<number> {
  const { concurrency = told.providerBatch ? BATCH_CONCURRENCY : 10 } = told;
  const settings: RunSettings = { ...told, concurrency };
  if (settings.in === "-" && Deno.stdin.isTerminal()) {
    throw new CliError("Cannot read rows from the terminal: name a file by --in, or use a pipe");
  }
  checkPaths(settings);
  const named = await resolveAgent(reference, settings);
  const call = buildCallOptions(settings);
  const paramsOf = createRowMapper(named, settings.map);
  checkAnswerColumns(named, settings.columns);
  const outFormat = resolveFormat(settings.out, settings.outFormat);
  if (outFormat === "text") {
    throw new CliError("Cannot write text: name jsonl, csv or tsv by --out-format");
  }
  const inFormat = resolveFormat(settings.in, settings.inFormat);
  const isCsv = inFormat === "csv" || inFormat === "tsv";
  const from = {
    path: settings.in,
    format: inFormat,
    delimiter: settings.delimiter,
    maxRow: settings.maxRow,
  };
  const folder = resolveRunFolder(reference, settings);
  // Before anything is made or forgotten: an input that is not there is a slip of the pen.
  using _ = setBaseUrlVariable(settings.workers === undefined ? undefined : settings.baseUrl);
  await using pool = await openWorkerPool(reference, named, settings);
  const rows = await openRows(from);
  const isNew = await prepareRun(folder, settings);
  await folder.create();
  await using journal = folder.openJournal();
  const display = openDisplay({ quiet: settings.quiet, every: settings.progressEvery });
  await using provider = createRunProvider(settings, folder, (text) => display.log(text));
  const agent = pool === undefined ? withProvider(named, provider) : named;
  const tally = new RunStats();
  const counting = new AbortController();
  try {
    const budget = await remainingBudget(journal, folder.name, settings);
    if (!settings.keepRecord) {
      const createdAt = (await folder.readRecord())?.createdAt ?? Date.now();
      await folder.saveRecord({ args: [...args], cwd: Deno.cwd(), createdAt });
    }
    using interrupt = listenForInterrupts({
      grace: settings.grace,
      onStop: () =>
        display.log(
          `stopping: what is in flight has ${
            settings.grace / 1_000
          } s to finish; once more ends it at once`,
        ),
      exit: Deno.exit,
    });
    const parts = {
      agent,
      call,
      mode: pool,
      settings,
      journal,
      runId: folder.name,
      retryFailed: settings.retryFailed,
      budget,
      paramsOf,
      look: createFirstRowCheck({ agent, settings, isTable: isCsv, log: display.log }),
      tally,
      display,
      interrupt,
    };
    if (settings.pilot !== undefined) {
      const code = await runPilot(settings.pilot, from, parts);
      if (code !== undefined) return code;
    }
    const { head, write } = createRowFormatter(
      { ...settings, format: outFormat as RowsFormat },
      () => rows.header,
    );
    // Another process that works on this run must not lose its output to this one.
    await (await journal.open(folder.name)).close();
    const output = withHeader(await openOutput(settings.out), head);
    let errors: LineOutput | undefined;
    let whole = false;
    try {
      errors = settings.errors === undefined ? undefined : await openOutput(settings.errors);
      countLines(settings.in, counting.signal).then((lines) => {
        if (lines === undefined) return;
        const total = Math.max(0, isCsv ? lines - 1 : lines);
        tally.total = Math.min(total, settings.limit ?? Infinity);
        tally.isTotalEstimated = isCsv;
      }, () => {});
      display.start(() => tally.snapshot(folder.name));
      const began = performance.now();
      const ended = await runRows(rows, parts, { formatRow: write, output, errors });
      whole = tally.unfinished === 0 && !interrupt.stopSignal.aborted;
      await output.close(whole);
      await errors?.close(whole);
      display.stop();
      return reportEnd({
        stats: tally,
        display,
        earlyEnd: ended,
        interrupt,
        settings,
        folder,
        ms: performance.now() - began,
      });
    } catch (error) {
      display.stop();
      // What ended the run is the error to tell.
      if (!whole) await output.close(false).catch(() => {});
      await errors?.close(false).catch(() => {});
      throw withResumeHint(wrapJournalError(error), folder);
    }
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof RangeError)) throw wrapJournalError(error);
    // A slip that let nothing be sent (no key, no price) has begun no run: the next start need not be told to go on.
    if (isNew && tally.ok + tally.failed === 0) await folder.deleteRecord();
    throw toUsageError(error, settings);
  } finally {
    counting.abort();
  }
}
