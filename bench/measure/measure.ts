/** Measuring in processes of their own: what one run leaves in the heap must not be counted for the next. */
import type { ExtraFigures } from "./case.ts";
import { ScriptProcess } from "./script_process.ts";

/** What the operating system says of a run. */
export interface Measurement {
  /** Wall time of the work, in milliseconds. */
  readonly wallMs: number;
  /** CPU time of the work on all threads, user and system, in milliseconds. */
  readonly cpuMs: number;
  /** The memory of the process before the work and what it needs were begun (RSS, after a garbage collection), in MB. */
  readonly beforeMB: number;
  /** The most memory the process had, in MB. */
  readonly peakMB: number;
  /** What else the run tells. */
  readonly extra: ExtraFigures;
}

/** A run that gave no figures. */
export interface Stopped {
  /** Why, in a few words. */
  readonly stopped: string;
}

/** What came of a run. */
export type Outcome = Measurement | Stopped;

/** Did the run give figures? */
export function isMeasured(outcome: Outcome): outcome is Measurement {
  return !("stopped" in outcome);
}

/** How a case is run. */
export interface MeasureOptions {
  /**
   * It is stopped after so many milliseconds.
   *
   * @default {60_000}
   */
  readonly limitMs?: number;
  /** Done when the process has loaded everything and is warm, just before the work begins. */
  readonly before?: () => Promise<unknown>;
}

/**
 * Runs a case of a file such as `cases/calls.ts` in a process of its own. What fails is told on stderr, and does not end the bench.
 *
 * @param options What the case is told.
 */
export async function measure(
  file: string,
  name: string,
  options: object,
  { limitMs = 60_000, before }: MeasureOptions = {},
): Promise<Outcome> {
  await using child = new ScriptProcess("./run_case.ts", {
    config: file.startsWith("peers/") ? new URL("../peers/", import.meta.url) : undefined,
    args: [file, name, JSON.stringify(options)],
  });
  const timer = setTimeout(() => child.kill(), limitMs);
  if (await child.nextLine() === "ready") {
    await before?.();
    await child.sendLine("go");
  }
  const found = await child.nextLine();
  const { success, signal, stderr } = await child.exit();
  clearTimeout(timer);
  if (success && found !== undefined) return JSON.parse(found);
  if (signal === "SIGKILL") return { stopped: `after ${limitMs / 1000} s` };
  console.error(`${file}, ${name}, failed:\n${stderr}`);
  return { stopped: "failed" };
}
