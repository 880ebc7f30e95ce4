import process from "node:process";
import { isatty } from "node:tty";
import type { Callable } from "../../call/options/callable.ts";
import type { WorkerPool } from "../../workers/worker_pool.ts";
import { CliError } from "../cli_error.ts";
import { setBaseUrlVariable } from "../environment.ts";
import { listenForInterrupts } from "../interrupt.ts";
import { checkAnswerColumns, createFirstRowCheck } from "../rows/check_first_row.ts";
import { countLines } from "../rows/count_lines.ts";
import { createRowFormatter } from "../rows/format_row.ts";
import { openRows, resolveFormat, type RowReader, type RowsFormat } from "../rows/open_rows.ts";
import { type LineOutput, openOutput, withHeader } from "../rows/output_file.ts";
import { createRowMapper } from "../rows/row_params.ts";
import { BATCH_CONCURRENCY } from "./batch_defaults.ts";
import { createDisplay } from "./display.ts";
import { createSummaryPrinter } from "../report/run_summary.ts";
import { checkPaths, prepareRun, remainingBudget, resolveRunFolder } from "./prepare_run.ts";
import { reportEnd, toUsageError, withResumeHint } from "./report_end.ts";
import { type RunFolder, wrapJournalError } from "./run_folder.ts";
import { runRows, type RunSession } from "./run_rows.ts";
import type { ParsedSettings, RunSettings } from "./run_settings.ts";
import { createRunProvider, resolveAgent, rowCallOptions, withProvider } from "./run_setup.ts";
import { RunStats } from "./run_stats.ts";
import { checkSimulated, startSimulatedServer } from "./simulated_server.ts";
import { watchPauses } from "./watch_pauses.ts";

const STDIN = 0;

/**
 * Runs an agent over rows.
 *
 * @param args The arguments of the command, which are recorded for `shoal resume`.
 * @returns The exit code.
 */
export async function run(
  reference: string | undefined,
  parsed: ParsedSettings,
  args: readonly string[],
): Promise<number> {
  const { concurrency = parsed.providerBatch ? BATCH_CONCURRENCY : 10 } = parsed;
  const settings: RunSettings = { ...parsed, concurrency };
  if (settings.in === "-" && isatty(STDIN)) {
    throw new CliError("Cannot read rows from the terminal: name a file with --in, or use a pipe");
  }
  await checkPaths(settings);
  await using _server = await startSimulatedServer(settings);
  const definedAgent = await resolveAgent(reference, settings);
  checkSimulated(definedAgent, settings);
  const callOptions = rowCallOptions(settings);
  const toParams = createRowMapper(definedAgent, settings.map);
  checkAnswerColumns(definedAgent, settings.columns);
  const outFormat = resolveFormat(settings.out, settings.outFormat);
  if (outFormat === "text") {
    throw new CliError("Cannot write text: set --out-format to jsonl, csv or tsv");
  }
  const source = {
    path: settings.in,
    format: resolveFormat(settings.in, settings.inFormat),
    delimiter: settings.delimiter,
    maxRow: settings.maxRow,
  };
  const isTable = source.format === "csv" || source.format === "tsv";
  const folder = await resolveRunFolder(reference, settings);
  using _ = setBaseUrlVariable(settings.workers === undefined ? undefined : settings.baseUrl);
  await using pool = await openPool(reference, definedAgent, settings);
  // Before anything is created or deleted: the name of the input may be misspelt.
  const rows = await openRows(source);
  if (settings.dryRun) {
    const { dryRun } = await import("../dry_run/dry_run.ts");
    const agent = definedAgent;
    return await dryRun({
      agent,
      callOptions,
      settings,
      rows,
      toParams,
      outFormat,
      isTable,
      folder,
    });
  }
  const isNew = await prepareRun(folder, settings);
  await folder.create();
  await using journal = folder.openJournal();
  const display = createDisplay({
    quiet: settings.quiet,
    json: settings.json,
    every: settings.progressEvery,
  });
  await using provider = await createRunProvider(settings, folder, (text) => display.log(text));
  const agent = pool === undefined ? withProvider(definedAgent, provider) : definedAgent;
  const stats = new RunStats();
  const summary = settings.json
    ? createSummaryPrinter(folder.name, settings, { stats, journal })
    : undefined;
  const end = async (exitCode: number) => {
    await summary?.print(exitCode);
    return exitCode;
  };
  try {
    const budget = await remainingBudget(journal, folder.name, settings);
    if (!settings.keepRecord) {
      const createdAt = (await folder.readRecord())?.createdAt ?? Date.now();
      await folder.saveRecord({ args: [...args], cwd: process.cwd(), createdAt });
    }
    using interrupt = listenForInterrupts({
      grace: settings.grace,
      onStop: () => {
        const seconds = settings.grace / 1_000;
        display.log(
          `stopping: calls in flight have ${seconds} s to finish; ` +
            "press Ctrl-C again to end at once",
        );
      },
      exit: (code) => process.exit(code),
    });
    const session: RunSession = {
      agent,
      callOptions,
      mode: pool,
      settings,
      journal,
      runId: folder.name,
      retryFailed: settings.retryFailed,
      budget,
      toParams,
      checkRow: createFirstRowCheck({ agent, settings, isTable, log: display.log }),
      stats,
      display,
      interrupt,
    };
    const sinks = { folder, outFormat, isTable };
    if (settings.pilot === undefined) return await end(await writeRows(rows, session, sinks));
    const { runPilot } = await import("./pilot.ts");
    const exitCode = await runPilot(settings.pilot, source, session);
    if (exitCode !== undefined) return await end(exitCode);
    // The pilot has spent a part of the budget.
    const left = await remainingBudget(journal, folder.name, settings);
    return await end(await writeRows(rows, { ...session, budget: left }, sinks));
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof RangeError)) {
      const wrapped = wrapJournalError(error);
      if (wrapped instanceof CliError) await summary?.printError(wrapped);
      throw wrapped;
    }
    // The library rejected an option before anything was sent: the run has not started.
    if (isNew && stats.ok + stats.failed === 0) await folder.deleteRecord();
    throw toUsageError(error);
  }
}

async function openPool(
  reference: string | undefined,
  agent: Callable,
  settings: RunSettings,
): Promise<WorkerPool | undefined> {
  if (settings.workers === undefined) return undefined;
  const { openWorkerPool } = await import("./open_worker_pool.ts");
  return await openWorkerPool(reference, agent, settings);
}

interface WriteOptions {
  readonly folder: RunFolder;
  readonly outFormat: RowsFormat;
  readonly isTable: boolean;
}

/** Opens the outputs, runs the rows and reports how the run ended. Returns the exit code. */
async function writeRows(
  rows: RowReader,
  session: RunSession,
  { folder, outFormat, isTable }: WriteOptions,
): Promise<number> {
  const { settings, journal, stats, display, interrupt } = session;
  const { header, formatRow } = await createRowFormatter(
    { ...settings, format: outFormat },
    () => rows.header,
  );
  // If another process works on this run, this throws before its output is touched.
  await (await journal.open(folder.name)).close();
  const output = withHeader(await openOutput(settings.out), header);
  const counting = new AbortController();
  let errors: LineOutput | undefined;
  let state: "complete" | "partial" = "partial";
  const stopWatching = watchPauses(display.log);
  try {
    errors = settings.errors === undefined ? undefined : await openOutput(settings.errors);
    countLines(settings.in, counting.signal).then((lines) => {
      if (lines === undefined) return;
      const total = Math.max(0, isTable ? lines - 1 : lines);
      stats.total = Math.min(total, settings.limit ?? Infinity);
      stats.isTotalEstimated = isTable;
    }, () => {});
    display.start(() => stats.snapshot(folder.name));
    const began = performance.now();
    const earlyEnd = await runRows(rows, session, { formatRow, output, errors });
    if (stats.unfinished === 0 && !interrupt.stopSignal.aborted) state = "complete";
    await output.close(state);
    await errors?.close(state);
    display.stop();
    const ms = performance.now() - began;
    return reportEnd({ stats, display, earlyEnd, interrupt, settings, folder, ms });
  } catch (error) {
    display.stop();
    // Errors of closing are dropped: the first error is the one to report.
    if (state === "partial") await output.close("partial").catch(() => {});
    await errors?.close("partial").catch(() => {});
    throw withResumeHint(wrapJournalError(error), folder);
  } finally {
    counting.abort();
    stopWatching();
  }
}
