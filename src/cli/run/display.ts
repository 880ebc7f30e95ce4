import process from "node:process";
import { isatty } from "node:tty";
import { readEnv } from "../environment.ts";
import { colourText, type Paint, plainText } from "../paint.ts";
import { writeStderr } from "../write_stderr.ts";
import { formatProgress } from "../report/run_progress.ts";
import { panelLines, plainLine } from "./panel.ts";
import type { RunSnapshot } from "./run_stats.ts";

/** Shows the progress of a run on the standard error, as the standard output is for data. */
export interface Display {
  /** Colours text, if the terminal supports it. */
  readonly paint: Paint;
  /** Prints a line. */
  log(text: string): void;
  /** Starts to show the progress. */
  start(snapshot: () => RunSnapshot): void;
  /** Shows the progress for the last time. */
  stop(): void;
}

/** Options of {@linkcode createDisplay}. */
export interface DisplayOptions {
  /** Whether only messages are shown, and no progress. */
  readonly quiet: boolean;
  /** Whether the progress is shown as lines of JSON. */
  readonly json?: boolean;
  /** The time between two lines of progress where there is no terminal, in milliseconds. */
  readonly every: number;
}

const STDERR = 2;
const PANEL_INTERVAL_MS = 200;

/** Returns a display: a panel on a terminal, otherwise a line every few seconds. */
export function createDisplay({ quiet, json, every }: DisplayOptions): Display {
  const isTerminal = !json && isatty(STDERR) && readEnv("TERM") !== "dumb";
  const paint = isTerminal && !readEnv("NO_COLOR") ? colourText : plainText;
  let snapshot: (() => RunSnapshot) | undefined;
  let timer: ReturnType<typeof setInterval> | undefined;
  let drawnLines = 0;
  const clear = () => {
    if (drawnLines > 0) writeStderr(`\x1b[${drawnLines}A\x1b[J`);
    drawnLines = 0;
  };
  const draw = () => {
    if (snapshot === undefined) return;
    if (!isTerminal) {
      return writeStderr((json ? formatProgress : plainLine)(snapshot()) + "\n");
    }
    const lines = panelLines(snapshot(), terminalWidth(), paint);
    clear();
    writeStderr(lines.map((line) => line + "\n").join(""));
    drawnLines = lines.length;
  };
  return {
    paint,
    log(text) {
      clear();
      writeStderr(text + "\n");
      if (isTerminal) draw();
    },
    start(take) {
      if (quiet) return;
      snapshot = take;
      if (isTerminal) draw();
      timer = setInterval(draw, isTerminal ? PANEL_INTERVAL_MS : every);
    },
    stop() {
      clearInterval(timer);
      if (timer !== undefined) draw();
      snapshot = timer = undefined;
      drawnLines = 0;
    },
  };
}

/** Returns the width of the terminal at this moment: it can be resized. */
function terminalWidth(): number {
  return process.stderr.columns || 80;
}
