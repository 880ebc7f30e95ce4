import process from "node:process";
import { isatty } from "node:tty";
import type { Callable } from "../../call/options/callable.ts";
import type { WorkerPool } from "../../workers/worker_pool.ts";
import { checkMetaClash } from "../checks/answer_columns.ts";
import { checkAnswerMembers } from "../checks/answer_members.ts";
import { AnswerCheck } from "../checks/check_answers.ts";
import { checkFlags, type GivenFlags } from "../checks/flag_conflicts.ts";
import { CliError } from "../cli_error.ts";
import { setBaseUrlVariable } from "../environment.ts";
import { listenForInterrupts } from "../interrupt.ts";
import { EXIT } from "../exit_code.ts";
import { createFirstRowCheck } from "../rows/check_first_row.ts";
import { createRowCheck } from "../rows/check_row.ts";
import { countLines } from "../rows/count_lines.ts";
import { createRowFormatter } from "../rows/format_row.ts";
import {
  openRows,
  resolveFormat,
  type RowReader,
  type RowsFormat,
  tableDelimiter,
} from "../rows/open_rows.ts";
import { type LineOutput, openOutput, withHeader } from "../rows/output_file.ts";
import { previewRows } from "../rows/preview_rows.ts";
import type { BadRow, InputRow } from "../rows/row.ts";
import { withRunSummary } from "../report/run_summary.ts";
import { createRowMapper } from "../rows/row_params.ts";
import { BATCH_CONCURRENCY } from "./batch_defaults.ts";
import { createDisplay } from "./display.ts";
import {
  checkNothingOverwritten,
  checkPaths,
  checkPilotInput,
  remainingBudget,
  resolveRun,
} from "./prepare_run.ts";
import { reportEnd, toUsageError, withResumeHint } from "./report_end.ts";
import { type RunFolder, wrapJournalError } from "./run_folder.ts";
import { runRows, type RunSession } from "./run_rows.ts";
import type { ParsedSettings, RunSettings } from "./run_settings.ts";
import { createRunProvider, resolveAgent, rowCallOptions, withProvider } from "./run_setup.ts";
import { startRun } from "./run_start.ts";
import { RunStats } from "./run_stats.ts";
import { checkSimulated, startSimulatedServer } from "../simulated_server.ts";
import { watchPauses } from "./watch_pauses.ts";

const STDIN = 0;

/** How a run was called. */
export interface RunArguments {
  /** The arguments of the command, which are recorded for `shoal resume`. */
  readonly args: readonly string[];
  /** The flags among them. */
  readonly flags: GivenFlags;
}

/**
 * Runs an agent over rows.
 *
 * @returns The exit code.
 */
export async function run(
  reference: string | undefined,
  parsed: ParsedSettings,
  { args, flags }: RunArguments,
): Promise<number> {
  const checked = checkFlags(parsed, flags);
  const { concurrency = checked.providerBatch ? BATCH_CONCURRENCY : 10 } = checked;
  const settings: RunSettings = { ...checked, concurrency };
  checkMetaClash(settings);
  if (settings.in === "-" && isatty(STDIN)) {
    throw new CliError("Cannot read rows from the terminal: name a file with --in, or use a pipe");
  }
  await checkPaths(settings);
  await using _server = await startSimulatedServer(settings);
  const definedAgent = await resolveAgent(reference, settings);
  checkSimulated(definedAgent, settings);
  const callOptions = rowCallOptions(settings);
  const toParams = createRowMapper(definedAgent, settings.map);
  const { columns } = settings;
  const areKnown = columns === undefined || checkAnswerMembers(definedAgent, columns);
  const outFormat = resolveFormat(settings.out, settings.outFormat);
  if (outFormat === "text") {
    throw new CliError("Cannot write text: set --out-format to jsonl, csv or tsv");
  }
  const source = {
    path: settings.in,
    format: resolveFormat(settings.in, settings.inFormat),
    delimiter: settings.delimiter,
    encoding: settings.encoding,
    maxRow: settings.maxRow,
  };
  const isTable = source.format === "csv" || source.format === "tsv";
  await checkPilotInput(settings);
  const resolved = await resolveRun(reference, settings);
  using _ = setBaseUrlVariable(settings.workers === undefined ? undefined : settings.baseUrl);
  await using pool = await openPool(reference, definedAgent, settings);
  const display = createDisplay({
    quiet: settings.quiet,
    json: settings.json,
    every: settings.progressEvery,
  });
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
  // Before anything is created or deleted: all rows may have the same problem.
  const reader = await openRows(source);
  await checkNothingOverwritten(resolved, settings);
  const warnings: string[] = [];
  const warn = settings.dryRun ? (text: string) => warnings.push(text) : display.log;
  const check = createFirstRowCheck({ agent: definedAgent, settings, isTable, log: warn });
  await using rows = await previewRows(reader, check, interrupt.stopSignal);
  if (interrupt.exitCode !== undefined) return interrupt.exitCode;
  for (const warning of reader.warnings) warn(warning);
  if (settings.dryRun) {
    const { dryRun } = await import("../dry_run/dry_run.ts");
    return await dryRun({
      agent: definedAgent,
      callOptions,
      settings,
      rows,
      toParams,
      folder: resolved.folder,
      interrupt,
      warnings,
    });
  }
  const start = await startRun(resolved.folder, { fresh: settings.fresh, ...resolved });
  const stats = new RunStats(settings.limit);
  try {
    const { folder } = start;
    if (resolved.previous !== undefined && !settings.quiet) {
      display.log(
        `the rows of a pipe are a new run: "${folder.name}"; ` +
          `--resume continues the last one, "${resolved.previous.name}"`,
      );
    }
    await using journal = folder.openJournal();
    await using provider = await createRunProvider(settings, folder, (text) => display.log(text));
    const agent = pool === undefined ? withProvider(definedAgent, provider) : definedAgent;
    const budget = await remainingBudget(journal, folder.name, settings);
    if (!settings.keepRecord) {
      const createdAt = (await folder.readRecord())?.createdAt ?? Date.now();
      await folder.saveRecord({ args: [...args], cwd: process.cwd(), createdAt });
    }
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
      findProblem: createRowCheck(agent, settings),
      answerCheck: new AnswerCheck(areKnown ? undefined : columns),
      stats,
      display,
      interrupt,
      keepRun: () => start.keep(),
    };
    const sinks = { folder, outFormat, delimiter: tableDelimiter(source), reader };
    return await withRunSummary({ runId: folder.name, settings, stats, journal }, async () => {
      if (settings.pilot !== undefined) {
        const { runPilot } = await import("./pilot.ts");
        const exitCode = await runPilot(settings.pilot, source, session).catch((error) => {
          throw withResumeHint(error, folder);
        });
        if (exitCode !== undefined) return exitCode;
      }
      // The pilot has spent a part of the budget.
      const left = settings.pilot === undefined
        ? budget
        : await remainingBudget(journal, folder.name, settings);
      const exitCode = await writeRows(rows, { ...session, budget: left }, sinks);
      // An input without rows is no mistake: its run is kept, although it has sent nothing.
      if (exitCode === EXIT.ok) await start.keep();
      return exitCode;
    });
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof RangeError)) throw wrapJournalError(error);
    // The library rejected an option before anything was sent.
    throw toUsageError(error);
  } finally {
    await start.undo();
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
  /** The text between two fields of the input, if it is a table. */
  readonly delimiter: string | undefined;
  /** Knows the columns and the delimiter of the input. */
  readonly reader: RowReader;
}

/** Opens the outputs, runs the rows and reports how the run ended. Returns the exit code. */
async function writeRows(
  rows: AsyncIterable<InputRow | BadRow>,
  session: RunSession,
  { folder, outFormat, delimiter, reader }: WriteOptions,
): Promise<number> {
  const { settings, journal, stats, display, interrupt } = session;
  const { header, formatRow } = await createRowFormatter(
    // CSV from CSV has the delimiter of the input, also if that was detected.
    { ...settings, format: outFormat, ...(outFormat === "csv" && { delimiter: reader.delimiter }) },
    () => reader.header,
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
    const { encoding } = settings;
    countLines(settings.in, counting.signal, { encoding, delimiter }).then((lines) => {
      if (lines === undefined) return;
      const isTable = delimiter !== undefined;
      const total = Math.max(0, isTable ? lines - 1 : lines);
      stats.rows.setCounted({ total, isEstimated: isTable });
    }, () => {});
    display.start(() => stats.snapshot(folder.name));
    const began = performance.now();
    const earlyEnd = await runRows(rows, session, { formatRow, output, errors });
    if (stats.unfinished === 0 && !interrupt.stopSignal.aborted) state = "complete";
    const isEmpty = state === "complete" && stats.failed + stats.bad === 0;
    await output.close(stats.isSent || isEmpty ? state : "unused");
    await errors?.close(state);
    stats.hasEnded = true;
    display.stop();
    const ms = performance.now() - began;
    const { answerCheck: { lacking } } = session;
    return reportEnd({ stats, display, earlyEnd, interrupt, settings, folder, ms, lacking });
  } catch (error) {
    stats.hasEnded = true;
    display.stop();
    const closedAs = stats.isSent ? "partial" : "unused";
    // Errors of closing are dropped: the first error is the one to report.
    if (state === "partial") await output.close(closedAs).catch(() => {});
    await errors?.close(closedAs).catch(() => {});
    const wrapped = wrapJournalError(error);
    throw stats.isSent ? withResumeHint(wrapped, folder) : wrapped;
  } finally {
    counting.abort();
    stopWatching();
  }
}
