/** The summary of a run as JSON: `shoal run --json`. */
import type { Summary } from "../../../mod.ts";
import type { Journal } from "../../journal/mod.ts";
import type { CliError } from "../cli_error.ts";
import { EXIT } from "../exit_code.ts";
import { writeStderr } from "../write_stderr.ts";
import { printLine } from "../write_stdout.ts";
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
  /** The number of rows that could not be read. */
  readonly bad: number;
  /** The number of rows that were started and have not finished: `shoal resume` runs them again. */
  readonly unfinished: number;
  /** When the exceeded rate limit renews, in milliseconds since 1970, if that ended the run. */
  readonly renewsAt?: number;
}

/** Prints the summary of a run when it has ended. */
export interface SummaryPrinter {
  /** Prints the summary of a run that has ended with this exit code. */
  print(exitCode: number): Promise<void>;
  /** Prints the summary of a run that an error has ended. */
  printError(error: CliError): Promise<void>;
}

/**
 * Returns a printer, and lets the run sum up its results. It prints to the standard output if the
 * rows go to a file, and otherwise to the standard error.
 */
export function createSummaryPrinter(
  runId: string,
  { out }: RunSettings,
  { stats, journal }: { readonly stats: RunStats; readonly journal: Journal },
): SummaryPrinter {
  const totals = stats.totals = new SummaryTotals();
  const began = performance.now();
  const print = async (exitCode: number, error?: string) => {
    const { bad, renewsAt, sample } = stats;
    // Rows that the end of the run has aborted are known to the journal only.
    const { started = 0 } = await journal.summary(runId).catch(() => undefined) ?? {};
    const unfinished = Math.max(started, stats.unfinished);
    const summary: RunSummary = {
      type: "summary",
      runId,
      exitCode,
      ended: error === undefined ? endingOf(exitCode, stats) : "error",
      error,
      ...totals.summary(sample.items, Math.round(performance.now() - began)),
      bad,
      unfinished,
      renewsAt,
    };
    const line = JSON.stringify(summary);
    if (out === "-") writeStderr(line + "\n");
    else await printLine(line);
  };
  return {
    print,
    async printError({ exitCode, message }) {
      // After wrong use there is no run, and without a reader of the output nothing to print.
      if (exitCode === EXIT.usage || exitCode === EXIT.readerGone) return;
      if (exitCode === EXIT.budget) await print(exitCode);
      else await print(exitCode, message);
    },
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
