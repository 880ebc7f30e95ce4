import { isMeasured, measure } from "../measure/measure.ts";
import { cpuMs, extra, Runs, wallMs } from "../measure/runs.ts";
import type { Effort, Finding } from "../part.ts";
import { count, type Row, seconds } from "../report/table.ts";

const TASK_MS = 20;

/** Calls that compute: one event loop uses one core, workers use all of them. */
export async function* cpu({ rounds, quick }: Effort): AsyncGenerator<Finding> {
  const n = quick ? 24 : 60;
  const cores = navigator.hardwareConcurrency;
  const calibrated = await measure("cases/cpu.ts", "calibrate", { ms: TASK_MS });
  if (!isMeasured(calibrated)) throw new Error(`calibrating: ${calibrated.stopped}`);
  const workRounds = calibrated.extra.rounds;
  const run = (name: string, options: object) => () =>
    measure("cases/cpu.ts", name, { n, concurrency: n, rounds: workRounds, ...options });
  const pool = `${cores} workers`;
  const modes = {
    "event loop": run("event-loop", {}),
    [pool]: run("workers", { size: cores, perWorker: 1 }),
  };
  const runs = await Runs.measure(rounds, modes);
  const wall = (mode: string): number | undefined => runs.median(mode, wallMs);
  const faster = runs.ratio("event loop", pool, wallMs);
  yield {
    table: {
      title: `CPU-bound: ${count(n)} calls at once that compute for ${TASK_MS} ms each ` +
        `(ideal ${n * TASK_MS / 1000 / cores} s on ${cores} cores)`,
      rows: Object.keys(modes).map((mode): Row => ({
        mode,
        "wall s": runs.stopped(mode) ?? seconds(wall(mode)),
        speedup: runs.ratio("event loop", mode, wallMs),
        "CPU s": seconds(runs.median(mode, cpuMs)),
        "longest stall of the main thread, ms": runs.median(mode, extra("stallMs")),
        failed: runs.median(mode, extra("failed")),
      })),
      notes: [
        "Stall: how late a timer of the main thread fires. Workers start before the measurement.",
      ],
    },
    goals: [
      {
        name: `CPU-bound calls in ${cores} workers: speedup over the event loop`,
        found: faster,
        // Four fifths of the ideal speedup.
        atLeast: cores === 1 ? 0.8 : 0.8 * cores,
        unit: "×",
      },
    ],
  };
}
