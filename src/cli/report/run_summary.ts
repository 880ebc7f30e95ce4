/** The summary of a run as JSON: `shoal run --json`. */
import type { Summary } from "../../../mod.ts";
import type { Journal } from "../../journal/mod.ts";
import { CliError } from "../cli_error.ts";
import { EXIT } from "../exit_code.ts";
import { writeStderr } from "../write_stderr.ts";
import { printLine } from "../write_stdout.ts";
import { wrapJournalError } from "../run/run_folder.ts";
import type { RunSettings } from "../run/run_settings.ts";
import type { RunStats } from "../run/run_stats.ts";
import { SummaryTotals } from "./summary_totals.ts";

/**
 * Why a run has ended: all rows are finished (`complete`), a signal (`interrupted`), the budget is
 * spent, the server asks to wait for long (`rate_limit`), every call failed for a reason that does
 * not lie in its row (`hopeless`), it stopped after the pilot, or an `error`.
 */
export type RunEnding =
  | "complete"
  | "interrupted"
  | "budget"
  | "rate_limit"
  | "hopeless"
  | "pilot"
  | "error";

/**
 * What `shoal run --json` prints at the end, as one line: the totals of this start, with the names
 * of `summarize()`. Rows that an earlier start has finished are in `total`, `ok` and `failed`, and
 * `replayed` counts them; they cost nothing. `durationMs`, `verdict` and `concurrency` are those of
 * a random sample of 5,000 rows.
 */
export interface RunSummary extends Summary {
  /** The kind of the line. */
  readonly type: "summary";
  /** The name of the run. */
  readonly runId: string;
  /** The exit code of the command. */
  readonly exitCode: number;
  /** Why the run has ended. */
  readonly ended: RunEnding;
  /** The message of the error that has ended the run, if there was one. */
  readonly error?: string;
  /** The number of rows that could not be read or sent. */
  readonly bad: number;
  /** The number of rows whose cells are all empty: they are not sent. */
  readonly empty: number;
  /** The number of answers that reached their limit of tokens, and are cut off. */
  readonly cutOff: number;
  /** The number of errors of tools and branches that their rows have survived. */
  readonly toolErrors: number;
  /** The number of rows that were started and have not finished: `shoal resume` runs them again. */
  readonly unfinished: number;
  /** When the exceeded rate limit renews, in milliseconds since 1970, if that ended the run. */
  readonly renewsAt?: number;
}

/** A run whose end is summarized. */
export interface SummarizedRun {
  /** The name of the run. */
  readonly runId: string;
  /** The settings of the run. */
  readonly settings: RunSettings;
  /** The counts of the run. */
  readonly stats: RunStats;
  /** The journal of the run. */
  readonly journal: Journal;
}

/**
 * Runs the rows and, with `--json`, prints a summary at the end: to the standard output if the rows
 * go to a file, and otherwise to the standard error.
 *
 * @param runAll Runs the rows, and returns the exit code.
 * @throws {CliError} What `runAll` throws, after the summary of a run that has started.
 */
export async function withRunSummary(
  run: SummarizedRun,
  runAll: () => Promise<number>,
): Promise<number> {
  if (!run.settings.json) return await runAll();
  run.stats.totals = new SummaryTotals();
  const began = performance.now();
  const print = async (exitCode: number, error?: string) => {
    const summary = await summarizeRun(run, { exitCode, error, ms: performance.now() - began });
    const line = JSON.stringify(summary);
    if (run.settings.out === "-") writeStderr(line + "\n");
    else await printLine(line);
  };
  try {
    const exitCode = await runAll();
    await print(exitCode);
    return exitCode;
  } catch (error) {
    const wrapped = wrapJournalError(error);
    if (wrapped instanceof CliError) {
      const { exitCode, message } = wrapped;
      // After wrong use there is no run, and without a reader of the output nothing to print.
      const isPrinted = exitCode !== EXIT.usage && exitCode !== EXIT.readerGone;
      if (isPrinted) await print(exitCode, exitCode === EXIT.budget ? undefined : message);
    }
    throw wrapped;
  }
}

async function summarizeRun(
  { runId, stats, journal }: SummarizedRun,
  { exitCode, error, ms }: {
    readonly exitCode: number;
    readonly error: string | undefined;
    readonly ms: number;
  },
): Promise<RunSummary> {
  const { bad, empty, cutOff, toolErrors, renewsAt, sample, totals } = stats;
  // Rows that the end of the run has aborted are known to the journal only.
  const { started = 0 } = await journal.summary(runId).catch(() => undefined) ?? {};
  return {
    type: "summary",
    runId,
    exitCode,
    ended: error === undefined ? endingOf(exitCode, stats) : "error",
    error,
    ...totals!.summary(sample.items, Math.round(ms)),
    bad,
    empty,
    cutOff,
    toolErrors,
    unfinished: Math.max(started, stats.unfinished),
    renewsAt,
  };
}

function endingOf(exitCode: number, { renewsAt }: RunStats): RunEnding {
  switch (exitCode) {
    case EXIT.interrupted:
    case EXIT.terminated:
      return "interrupted";
    case EXIT.budget:
      return "budget";
    case EXIT.pilot:
      return "pilot";
    case EXIT.broken:
      return renewsAt === undefined ? "hopeless" : "rate_limit";
    default:
      return "complete";
  }
}
