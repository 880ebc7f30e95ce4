import { isMeasured, measure } from "../measure/measure.ts";
import { cpuMs, extra, Runs, wallMs } from "../measure/runs.ts";
import type { Effort, Finding } from "../part.ts";
import { count, type Row, seconds } from "../report/table.ts";

const TASK_MS = 20;

/** Calls that compute: there, one event loop is one core, and workers are as many as there are. */
export async function* cpu({ rounds: times, quick }: Effort): AsyncGenerator<Finding> {
  const n = quick ? 24 : 60;
  const cores = navigator.hardwareConcurrency;
  const calibrated = await measure("cases/cpu.ts", "calibrate", { ms: TASK_MS });
  if (!isMeasured(calibrated)) throw new Error(`calibrating: ${calibrated.stopped}`);
  const { rounds } = calibrated.extra;
  const run = (name: string, options: object) => () =>
    measure("cases/cpu.ts", name, { n, concurrency: n, rounds, ...options });
  const pool = `${cores} workers`;
  const modes = {
    "event loop": run("event-loop", {}),
    [pool]: run("workers", { size: cores, perWorker: 1 }),
  };
  const runs = await Runs.measure(times, modes);
  const wall = (mode: string): number | undefined => runs.median(mode, wallMs);
  const faster = runs.ratio("event loop", pool, wallMs);
  yield {
    table: {
      title: `CPU-bound: ${count(n)} calls of ${TASK_MS} ms of computing, ${
        count(n)
      } at a time (ideal ${n * TASK_MS / 1000 / cores} s on ${cores} cores)`,
      rows: Object.keys(modes).map((mode): Row => ({
        mode,
        "wall s": runs.stopped(mode) ?? seconds(wall(mode)),
        "× as fast": runs.ratio("event loop", mode, wallMs),
        "CPU s": seconds(runs.median(mode, cpuMs)),
        "longest stall of the caller, ms": runs.median(mode, extra("stallMs")),
        failed: runs.median(mode, extra("failed")),
      })),
      notes: [
        "Stall: how much later than it should a timer of the caller fires. Workers are started beforehand.",
      ],
    },
    goals: [
      {
        name: `CPU-bound calls in ${cores} workers, beside the event loop`,
        found: faster,
        // Four fifths of what the cores could give.
        atLeast: cores === 1 ? 0.8 : 0.8 * cores,
        unit: "× as fast",
      },
    ],
  };
}
