import { readEnv } from "../environment.ts";
import { createPaint, type Paint, panelLines, plainLine } from "./panel.ts";
import type { RunSnapshot } from "./run_stats.ts";

/** Tells people how far a run is, on the standard error: data has the standard output for itself. */
export interface Display {
  /** Colours, if there are any. */
  readonly paint: Paint;
  /** Says something, once. */
  log(text: string): void;
  /** Begins to show how far it is. */
  start(view: () => RunSnapshot): void;
  /** Shows it for the last time. */
  stop(): void;
}

const PANEL_MS = 200;

/**
 * A panel on a terminal, a line every few seconds elsewhere, and only what must be said with `quiet`.
 *
 * @param every Milliseconds between two lines.
 */
export function createDisplay(
  { quiet, every }: { readonly quiet: boolean; readonly every: number },
): Display {
  const terminal = Deno.stderr.isTerminal() && readEnv("TERM") !== "dumb";
  const paint = createPaint(terminal && !readEnv("NO_COLOR"));
  let view: (() => RunSnapshot) | undefined;
  let timer: ReturnType<typeof setInterval> | undefined;
  let drawn = 0;
  const clear = () => {
    if (drawn > 0) writeStderr(`\x1b[${drawn}A\x1b[J`);
    drawn = 0;
  };
  const draw = () => {
    if (view === undefined) return;
    if (!terminal) return writeStderr(plainLine(view()) + "\n");
    const lines = panelLines(view(), terminalWidth(), paint);
    clear();
    writeStderr(lines.map((line) => line + "\n").join(""));
    drawn = lines.length;
  };
  return {
    paint,
    log(text) {
      clear();
      writeStderr(text + "\n");
      if (terminal) draw();
    },
    start(of) {
      if (quiet) return;
      view = of;
      if (terminal) draw();
      timer = setInterval(draw, terminal ? PANEL_MS : every);
    },
    stop() {
      clearInterval(timer);
      if (timer !== undefined) draw();
      view = timer = undefined;
      drawn = 0;
    },
  };
}

const encoder = new TextEncoder();

/** Writes to the standard error. Nobody there to read it is no reason to stop. */
export function writeStderr(text: string): void {
  const bytes = encoder.encode(text);
  try {
    for (let at = 0; at < bytes.length;) at += Deno.stderr.writeSync(bytes.subarray(at));
  } catch {
    // It was closed.
  }
}

function terminalWidth(): number {
  try {
    return Deno.consoleSize().columns || 80;
  } catch {
    return 80;
  }
}
