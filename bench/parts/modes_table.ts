/** The table, goals and charts of the modes. */
import {
  cpuMicros,
  extra,
  type Figure,
  growthKB,
  growthMB,
  type Runs,
  wallMs,
} from "../measure/runs.ts";
import type { Goal } from "../report/goal.ts";
import type { LineChart, Series } from "../report/chart.ts";
import { count, type Row, seconds, type Table } from "../report/table.ts";
import { MEMORY_NOTE } from "./growth.ts";

/** Where a call runs; `fetch` is the baseline. */
export type Mode = "fetch" | "loop" | "hybrid" | "each";

/** The names of the modes in tables. */
export const MODE_NAMES: Readonly<Record<Mode, string>> = {
  fetch: "bare fetch + pool",
  loop: "event loop",
  hybrid: `${navigator.hardwareConcurrency} workers`,
  each: "a worker per call",
};

/** The runs with one number of calls in flight. */
export interface Cell {
  readonly inFlight: number;
  /** The latency of an answer, in milliseconds. */
  readonly ms: number;
  readonly modes: readonly Mode[];
  /** The number of rounds. */
  readonly rounds: number;
  readonly runs: Runs<Mode>;
}

/** Returns a row for each mode and number of calls in flight. */
export function modesTable(cells: readonly Cell[], why: string): Table {
  return {
    title: "Modes: calls to a server over HTTP, all at once",
    rows: cells.flatMap((cell) => cell.modes.map((mode) => rowOf(cell, mode))),
    notes: [
      `${MEMORY_NOTE} Workers and their modules count.`,
      "start ms: time per worker until all are ready, started together. message µs: the round " +
      "trip of a call that does nothing.",
      why,
    ],
  };
}

function rowOf({ inFlight, ms, rounds, runs }: Cell, mode: Mode): Row {
  const wall = runs.median(mode, wallMs);
  return {
    mode: MODE_NAMES[mode],
    "in flight": inFlight,
    "wall s": runs.stopped(mode) ?? seconds(wall),
    "ideal s": ms / 1000,
    "× ideal": wall && wall / ms,
    "CPU µs per call": runs.median(mode, cpuMicros(inFlight)),
    "KB per call in flight": runs.median(mode, growthKB(inFlight)),
    "start ms": runs.median(mode, extra("startMs")),
    "message µs": runs.median(mode, extra("messageMicros")),
    runs: rounds,
    failed: runs.median(mode, extra("failed")),
  };
}

/** Returns the goals: for the most calls in flight, and compared with a worker per call. */
export function modesGoals(cells: readonly Cell[], { inFlight, ms, runs }: Cell): Goal[] {
  const where = `${count(inFlight)} in flight, ${ms / 1000} s each`;
  const threads = cells.findLast((cell) =>
    cell.modes.includes("each") && cell.runs.median("each", growthKB(cell.inFlight)) !== undefined
  );
  const inWorker = threads?.runs.median("each", growthKB(threads.inFlight));
  const onLoop = runs.median("loop", growthKB(inFlight));
  return [
    {
      name: `${where}: wall time relative to ${MODE_NAMES.fetch}`,
      found: runs.ratio("loop", "fetch", wallMs),
      atMost: 1.05,
      unit: "×",
    },
    {
      name: `${where}: memory per call relative to ${MODE_NAMES.fetch}`,
      found: runs.ratio("loop", "fetch", growthKB(inFlight)),
      atMost: 1.15,
      unit: "×",
    },
    {
      name: `${where}: failures`,
      found: runs.median("loop", extra("failed")),
      atMost: 0,
      unit: "calls",
    },
    {
      name: "event loop: calls that fit into the memory of one worker",
      found: inWorker && onLoop && inWorker / onLoop,
      atLeast: 100,
      unit: "calls",
    },
  ];
}

/** Returns charts of memory and wall time against the calls in flight. */
export function modesCharts(cells: readonly Cell[]): LineChart[] {
  const x = "calls in flight";
  return [
    {
      name: "memory",
      title: "Memory against calls in flight",
      x,
      y: "MB of memory",
      series: seriesOf(
        cells,
        () => growthMB(1),
      ),
    },
    {
      name: "wall",
      title: "Wall time against calls in flight",
      x,
      y: "wall time ÷ latency of one answer",
      series: seriesOf(cells, ({ ms }) => ({ wallMs }) => wallMs / ms),
    },
  ];
}

function seriesOf(cells: readonly Cell[], figure: (cell: Cell) => Figure): Series[] {
  return (Object.keys(MODE_NAMES) as Mode[]).map((mode) => ({
    name: MODE_NAMES[mode],
    points: cells.filter(({ modes }) => modes.includes(mode)).flatMap((cell) => {
      const y = cell.runs.median(mode, figure(cell));
      // A logarithmic axis has no 0.
      return y === undefined || y <= 0 ? [] : [[cell.inFlight, y] as const];
    }),
  }));
}
