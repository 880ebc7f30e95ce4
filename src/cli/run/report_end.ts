/** Reports how a run ended, and how to continue. */
import { summarize } from "../../../mod.ts";
import { cutOffText } from "../checks/cut_off_answers.ts";
import { CliError } from "../cli_error.ts";
import { EXIT } from "../exit_code.ts";
import { showDollars, showDuration, showInteger } from "../format.ts";
import type { Interrupt } from "../interrupt.ts";
import { nameFlags } from "../option_flags.ts";
import { inputName } from "../rows/open_input.ts";
import { resolveFormat } from "../rows/open_rows.ts";
import type { Display } from "./display.ts";
import type { RunFolder } from "./run_folder.ts";
import type { EarlyEnd } from "./run_rows.ts";
import type { RunSettings } from "./run_settings.ts";
import type { RunStats } from "./run_stats.ts";

/** A run that has ended. */
export interface RunEnd {
  /** The counts of the run. */
  readonly stats: RunStats;
  /** Where the end is reported. */
  readonly display: Display;
  /** Why the run stopped before its last row, if it did so by itself. */
  readonly earlyEnd: EarlyEnd;
  /** The interruption by signals. */
  readonly interrupt: Interrupt;
  /** The settings of the run. */
  readonly settings: RunSettings;
  /** The folder of the run. */
  readonly folder: RunFolder;
  /** The number of answers that lack a member of `--columns`. */
  readonly lacking: number;
  /** The duration in milliseconds. */
  readonly ms: number;
}

/** Reports how a run ended and how to continue, and returns the exit code. */
export function reportEnd(end: RunEnd): number {
  const { stats, display, settings } = end;
  if (!settings.quiet && !settings.json) {
    display.log(formatCounts(end));
    if (stats.sample.items.length > 0) {
      display.log(display.paint("dim", nameFlags(summarize(stats.sample.items).verdict)));
    }
  }
  const exitCode = exitCodeOf(end);
  if (stats.cutOff > 0 && !settings.quiet) {
    display.log(cutOffText(stats.cutOff, settings.maxTokens));
  }
  const hint = hintAfter(end, exitCode);
  if (hint !== undefined) display.log(hint);
  return exitCode;
}

function formatCounts({ stats, ms, lacking }: RunEnd): string {
  const { ok, failed, bad, empty, cutOff, toolErrors, unfinished, replayed, tokens, cost } = stats;
  return [
    `${showInteger(ok)} ok`,
    `${showInteger(failed)} failed`,
    ...(bad > 0 ? [`${showInteger(bad)} bad rows`] : []),
    ...(empty > 0 ? [`${showInteger(empty)} empty rows not sent`] : []),
    ...(cutOff > 0 ? [`${showInteger(cutOff)} cut off`] : []),
    ...(toolErrors > 0 ? [`${showInteger(toolErrors)} errors of tools or branches`] : []),
    ...(lacking > 0 ? [`${showInteger(lacking)} without a member of --columns`] : []),
    ...(unfinished > 0 ? [`${showInteger(unfinished)} not finished`] : []),
    ...(replayed > 0 ? [`${showInteger(replayed)} already done`] : []),
    `${showInteger(tokens)} tokens`,
    ...(cost === undefined ? [] : [showDollars(cost)]),
    showDuration(ms),
  ].join(", ");
}

/** Returns what the user can do next, if the run is not complete. */
function hintAfter(end: RunEnd, exitCode: number): string | undefined {
  const { stats: { failed, unfinished }, folder: { name } } = end;
  if (!end.stats.isSent) return hintWithoutRun(end, exitCode);
  if (exitCode === EXIT.budget) {
    return `The budget is spent. To continue: shoal resume ${name} --budget DOLLARS`;
  }
  if (end.earlyEnd === "rate limit") {
    const { renewsAt } = end.stats;
    const wait = renewsAt === undefined ? "later" : `in ${showDuration(renewsAt - Date.now())}`;
    return "Stopped, as the server asks to wait: its rate limit is exceeded. " +
      `Nothing is lost. To continue ${wait}: shoal resume ${name}`;
  }
  if (end.earlyEnd === "hopeless") {
    return "Stopped, as every call failed for a reason that does not lie in its row. " +
      `Once that is fixed: shoal retry ${name}`;
  }
  if (end.interrupt.stopSignal.aborted || unfinished > 0) {
    return `To continue: shoal resume ${name}`;
  }
  if (failed > 0) {
    return `To see why: shoal show ${name}. To retry the failed rows: shoal retry ${name}`;
  }
  return undefined;
}

/** Returns what the user can do if nothing was sent: then no run is kept. */
function hintWithoutRun({ stats, settings }: RunEnd, exitCode: number): string | undefined {
  if (exitCode === EXIT.ok) return undefined;
  if (stats.unreadable === 0 || stats.unreadable < stats.bad + stats.failed) {
    return "Nothing was sent, and no run is kept: run the corrected command";
  }
  const { in: path, inFormat } = settings;
  return `No row could be read: ${inputName(path)} was read as ` +
    `${resolveFormat(path, inFormat)}, and --in-format sets another format`;
}

function exitCodeOf({ stats, earlyEnd, interrupt }: RunEnd): number {
  if (interrupt.exitCode !== undefined) return interrupt.exitCode;
  if (earlyEnd === "budget") return EXIT.budget;
  if (earlyEnd === "hopeless" || earlyEnd === "rate limit") return EXIT.broken;
  return stats.failed + stats.bad + stats.unfinished > 0 ? EXIT.someFailed : EXIT.ok;
}

/** Adds how to resume the run to an error that has ended it. */
export function withResumeHint(error: unknown, { name }: RunFolder): unknown {
  if (!(error instanceof CliError) || error.exitCode !== EXIT.broken) return error;
  const run = error.resumeFlags === undefined ? name : `${name} ${error.resumeFlags}`;
  return new CliError(
    `${error.message}\nFinished rows are kept. To continue: shoal resume ${run}`,
    { exitCode: EXIT.broken, cause: error },
  );
}

/** Returns the error of wrong use for an error that the library throws at misuse. */
export function toUsageError(cause: Error): CliError {
  return new CliError(nameFlags(cause.message), { cause });
}
