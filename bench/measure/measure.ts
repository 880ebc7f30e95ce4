/**
 * Measures cases, each run in a process of its own: garbage that one run leaves in the heap must
 * not count for the next.
 */
import type { ExtraFigures } from "./case.ts";
import { ScriptProcess } from "./script_process.ts";

/** The figures of a run. */
export interface Measurement {
  /** Wall time of the work, in milliseconds. */
  readonly wallMs: number;
  /** CPU time of the work on all threads, user and system, in milliseconds. */
  readonly cpuMs: number;
  /** The RSS in MB before `start` and the work, after a garbage collection. */
  readonly beforeMB: number;
  /** The peak RSS of the process, in MB. */
  readonly peakMB: number;
  /** The figures that the case returned. */
  readonly extra: ExtraFigures;
}

/** A run without figures. */
export interface Stopped {
  /** The reason, in a few words. */
  readonly stopped: string;
}

/** The outcome of a run. */
export type Outcome = Measurement | Stopped;

/** Whether the run has figures. */
export function isMeasured(outcome: Outcome): outcome is Measurement {
  return !("stopped" in outcome);
}

/** How a case is run. */
export interface MeasureOptions {
  /**
   * Milliseconds after which the run is stopped.
   *
   * @default {60_000}
   */
  readonly limitMs?: number;
  /** Called after the warm-up, just before the work begins. */
  readonly before?: () => Promise<unknown>;
}

/**
 * Runs a case of a file such as `cases/calls.ts` in a process of its own. A failure is logged to
 * stderr and does not end the bench.
 *
 * @param options The options of the case.
 */
export async function measure(
  file: string,
  name: string,
  options: object,
  { limitMs = 60_000, before }: MeasureOptions = {},
): Promise<Outcome> {
  await using script = new ScriptProcess("./run_case.ts", {
    config: file.startsWith("peers/") ? new URL("../peers/", import.meta.url) : undefined,
    args: [file, name, JSON.stringify(options)],
  });
  const timer = setTimeout(() => script.kill(), limitMs);
  if (await script.nextLine() === "ready") {
    await before?.();
    await script.sendLine("go");
  }
  const line = await script.nextLine();
  const { success, signal, stderr } = await script.exit();
  clearTimeout(timer);
  if (success && line !== undefined) return JSON.parse(line);
  if (signal === "SIGKILL") return { stopped: `after ${limitMs / 1000} s` };
  console.error(`${file}, ${name}, failed:\n${stderr}`);
  return { stopped: "failed" };
}
