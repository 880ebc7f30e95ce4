import { measure } from "../measure/measure.ts";
import { cpuMicros, extra, type Figure, growthKB, Runs, wallMs } from "../measure/runs.ts";
import type { Effort, Finding } from "../part.ts";
import { count, type Row, seconds } from "../report/table.ts";

/** Whether a call costs the same when there are more of them: more in all, and more at a time. Scripted: no server is in the way. */
export async function* growth(effort: Effort): AsyncGenerator<Finding> {
  yield await growthInTotal(effort);
  yield await growthInFlight(effort);
}

/** One stream over a generator, looked at in between. */
async function growthInTotal({ quick }: Effort): Promise<Finding> {
  const n = quick ? 100_000 : 1_000_000;
  const concurrency = 1_000;
  const marks = [...new Set([1_000, 10_000, 100_000, n])];
  const options = { n, concurrency, ms: 0, marks };
  // It is long enough to be run once.
  const runs = await Runs.measure(1, {
    stream: () => measure("cases/scripted.ts", "shoal", options, { limitMs: 120_000 }),
  });
  const ms = (mark: number) => runs.median("stream", extra(`ms${mark}`));
  const heap = (mark: number) => runs.median("stream", extra(`heapMB${mark}`));
  const rows = marks.map((mark, i): Row => {
    const [from, to] = [i === 0 ? 0 : ms(marks[i - 1]!), ms(mark)];
    const calls = mark - (marks[i - 1] ?? 0);
    const each = from === undefined || to === undefined ? undefined : (to - from) * 1000 / calls;
    return {
      "calls so far": mark,
      "wall s": seconds(to),
      "µs per call since the row above": each,
      "heap MB": heap(mark),
    };
  });
  const total = ms(n);
  const [early, late] = [heap(10_000), heap(n)];
  return {
    table: {
      title: `Growth in all: a stream over a generator of ${count(n)} scripted calls, ${
        count(concurrency)
      } at a time, no latency`,
      rows,
      notes: ["heap: what is alive after a garbage collection. One run."],
    },
    goals: [
      {
        name: `stream of ${count(n)} scripted calls`,
        found: total && n / total * 1000,
        atLeast: 80_000,
        unit: "calls/s",
      },
      {
        name: `its heap at the end, above that at 10,000 calls`,
        found: early && late && late - early,
        // A flat heap breathes a little.
        atMost: 2,
        unit: "MB",
      },
    ],
  };
}

interface Cell {
  readonly n: number;
  readonly concurrency: number;
  readonly ms: number;
}

/** A second each, or half of one. */
const CELLS: readonly Cell[] = [
  { concurrency: 1, n: 400, ms: 1 },
  { concurrency: 10, n: 4_000, ms: 1 },
  { concurrency: 100, n: 10_000, ms: 5 },
  { concurrency: 1_000, n: 20_000, ms: 50 },
  { concurrency: 10_000, n: 20_000, ms: 500 },
  { concurrency: 50_000, n: 50_000, ms: 1_000 },
];

async function growthInFlight({ rounds: times, quick }: Effort): Promise<Finding> {
  const cells = quick
    ? CELLS.filter(({ concurrency }) => [100, 50_000].includes(concurrency))
    : CELLS;
  const run = (cell: Cell) => () => measure("cases/scripted.ts", "shoal", cell);
  const runsOf = (times: number, cells: readonly Cell[]) =>
    Runs.measure(times, Object.fromEntries(cells.map((cell) => [String(cell.concurrency), run(cell)])));
  const isSmall = ({ concurrency }: Cell): boolean => concurrency < 1_000;
  const small = await runsOf(1, cells.filter(isSmall));
  const big = await runsOf(times, cells.filter((cell) => !isSmall(cell)));
  const figure = (cell: Cell, of: Figure) =>
    (isSmall(cell) ? small : big).median(String(cell.concurrency), of);
  const rows = cells.map((cell): Row => {
    const wall = figure(cell, wallMs);
    return {
      "at a time": cell.concurrency,
      calls: cell.n,
      "wall s": seconds(wall),
      "× ideal": wall && wall / (cell.n / cell.concurrency * cell.ms),
      "CPU µs per call": figure(cell, cpuMicros(cell.n)),
      // Of few calls the noise of the heap is all that would be seen.
      "KB per call in flight": cell.concurrency < 10_000
        ? undefined
        : figure(cell, growthKB(cell.concurrency)),
      runs: isSmall(cell) ? 1 : times,
      failed: figure(cell, extra("failed")),
    };
  });
  const most = cells.at(-1)!;
  const name = `${count(most.concurrency)} in flight, scripted`;
  return {
    table: {
      title: "Growth at a time: scripted calls that take 1 ms to 1 s",
      rows,
      notes: [describeKnee(rows), MEMORY_NOTE],
    },
    goals: [
      {
        name: `${name}: memory`,
        found: figure(most, growthKB(most.concurrency)),
        atMost: 5,
        unit: "KB each",
      },
      { name: `${name}: failures`, found: figure(most, extra("failed")), atMost: 0, unit: "calls" },
    ],
  };
}

/** How memory is measured. */
export const MEMORY_NOTE =
  "KB per call in flight: peak RSS less RSS just before the work, divided by the calls in flight.";

/** Where more at a time begins to cost more. */
export function describeKnee(rows: readonly Row[]): string {
  // One call at a time leaves the loop idle between timers: that costs by itself.
  const known = rows.filter((row): row is Row & Readonly<Record<string, number>> =>
    typeof row["CPU µs per call"] === "number" && Number(row["at a time"]) >= 10
  );
  const least = Math.min(...known.map((row) => row["CPU µs per call"]!));
  const cheapest = known.findIndex((row) => row["CPU µs per call"] === least);
  const knee = known.slice(cheapest).find((row) => row["CPU µs per call"]! > 1.5 * least);
  const where = (row: Row): string => count(Number(row["at a time"]));
  return knee === undefined
    ? "No knee: no row costs more than 1.5 × the cheapest."
    : `The knee: from ${where(knee)} at a time, a call costs ${
      (knee["CPU µs per call"]! / least).toFixed(1)
    } × what it does at ${where(known[cheapest]!)}.`;
}
