import { summarize } from "../../../mod.ts";
import type { Display } from "./display.ts";
import { CliError, EXIT } from "../exit_code.ts";
import { inputName } from "../rows/open_input.ts";
import type { Interrupt } from "../interrupt.ts";
import { resolveFormat } from "../rows/open_rows.ts";
import type { RunFolder } from "./run_folder.ts";
import type { EarlyEnd } from "./run_rows.ts";
import type { RunSettings } from "./run_settings.ts";
import type { RunStats } from "./run_stats.ts";
import { formatDollars, formatDuration, formatInteger } from "../format.ts";

/** How a run came to its end. */
export interface RunEnd {
  /** What was counted. */
  readonly stats: RunStats;
  /** Where it is told. */
  readonly display: Display;
  /** Why it ended early, if that was its own doing. */
  readonly earlyEnd: EarlyEnd;
  /** Whether it was interrupted. */
  readonly interrupt: Interrupt;
  /** What it was told. */
  readonly settings: RunSettings;
  /** Its folder. */
  readonly folder: RunFolder;
  /** How long it took. */
  readonly ms: number;
}

/** Says how a run ended and how to go on; gives the exit code. */
export function reportEnd(end: RunEnd): number {
  const { stats: tally, display, settings, folder, ms } = end;
  const { log: note, paint } = display;
  const { ok, failed, bad, unfinished, replayed, tokens, cost } = tally;
  const code = exitCodeOf(end);
  if (!settings.quiet) {
    note(
      [
        `${formatInteger(ok)} ok`,
        `${formatInteger(failed)} failed`,
        ...(bad > 0 ? [`${formatInteger(bad)} bad rows`] : []),
        ...(unfinished > 0 ? [`${formatInteger(unfinished)} not finished`] : []),
        ...(replayed > 0 ? [`${formatInteger(replayed)} from before`] : []),
        `${formatInteger(tokens)} tokens`,
        ...(cost === undefined ? [] : [formatDollars(cost)]),
        formatDuration(ms),
      ].join(", "),
    );
    if (tally.sample.items.length > 0) note(paint("dim", summarize(tally.sample.items).verdict));
  }
  if (code === EXIT.budget) {
    note(`The budget is spent. To go on: shoal resume ${folder.name} --budget DOLLARS`);
  } else if (end.earlyEnd === "hopeless") {
    note(
      `Stopped, as each call failed for a reason that is not in its row. When that is gone: shoal retry ${folder.name}`,
    );
  } else if (end.interrupt.stopSignal.aborted || unfinished > 0) {
    note(`To go on: shoal resume ${folder.name}`);
  } else if (bad > 0 && ok + failed === 0) {
    const { in: path, inFormat } = settings;
    note(
      `No row could be read: ${inputName(path)} is taken for ${
        resolveFormat(path, inFormat)
      }, and --in-format says otherwise`,
    );
  } else if (failed > 0) {
    note(`To see why: shoal show ${folder.name}. To try them again: shoal retry ${folder.name}`);
  }
  return code;
}

function exitCodeOf({ stats: tally, earlyEnd: ended, interrupt }: RunEnd): number {
  if (interrupt.exitCode !== undefined) return interrupt.exitCode;
  if (ended === "budget") return EXIT.budget;
  if (ended === "hopeless") return EXIT.broken;
  return tally.failed + tally.bad + tally.unfinished > 0 ? EXIT.someFailed : EXIT.ok;
}

/** An error with the way to go on from it. */
export function withResumeHint(error: unknown, { name }: RunFolder): unknown {
  if (error instanceof CliError && error.exitCode === EXIT.broken) {
    return new CliError(
      `${error.message}\nWhat is finished is kept. To go on: shoal resume ${name}`,
      EXIT.broken,
      { cause: error },
    );
  }
  return error;
}

/** What was asked for and cannot be meant, with what helps. */
export function toUsageError(cause: Error, { budget, price }: RunSettings): CliError {
  const hint = budget !== undefined && price === undefined ? "\nA price: --price IN,OUT" : "";
  return new CliError(cause.message + hint, EXIT.usage, { cause });
}
