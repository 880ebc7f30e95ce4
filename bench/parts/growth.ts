import { measure } from "../measure/measure.ts";
import { cpuMicros, extra, type Figure, growthKB, Runs, wallMs } from "../measure/runs.ts";
import type { Effort, Finding } from "../part.ts";
import { count, type Row, seconds } from "../report/table.ts";

/**
 * Whether the cost of a call grows with the number of calls in total and in flight, with a scripted
 * model.
 */
export async function* growth(effort: Effort): AsyncGenerator<Finding> {
  yield await growthInTotal(effort);
  yield await growthInFlight(effort);
}

/** Measures one long stream over a generator, at several points. */
async function growthInTotal({ quick }: Effort): Promise<Finding> {
  const n = quick ? 100_000 : 1_000_000;
  const concurrency = 1_000;
  const marks = [...new Set([1_000, 10_000, 100_000, n])];
  const options = { n, concurrency, ms: 0, marks };
  // The run is long enough for one round.
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
      calls: mark,
      "wall s": seconds(to),
      "µs per call since the previous row": each,
      "heap MB": heap(mark),
    };
  });
  const total = ms(n);
  const [early, late] = [heap(10_000), heap(n)];
  return {
    table: {
      title: `Growth in total: a stream over a generator of ${count(n)} scripted calls, ` +
        `${count(concurrency)} in flight, no latency`,
      rows,
      notes: ["heap: live after a garbage collection. One run."],
    },
    goals: [
      {
        name: `stream of ${count(n)} scripted calls: rate`,
        found: total && n / total * 1000,
        atLeast: 80_000,
        unit: "calls/s",
      },
      {
        name: `stream of ${
          count(n)
        } scripted calls: growth of the heap from 10,000 calls to the end`,
        found: early && late && late - early,
        // The size of a flat heap varies a little.
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

/** Loads that take about half a second to a second each. */
const CELLS: readonly Cell[] = [
  { concurrency: 1, n: 400, ms: 1 },
  { concurrency: 10, n: 4_000, ms: 1 },
  { concurrency: 100, n: 10_000, ms: 5 },
  { concurrency: 1_000, n: 20_000, ms: 50 },
  { concurrency: 10_000, n: 20_000, ms: 500 },
  { concurrency: 50_000, n: 50_000, ms: 1_000 },
];

async function growthInFlight({ rounds, quick }: Effort): Promise<Finding> {
  const cells = quick
    ? CELLS.filter(({ concurrency }) => [100, 50_000].includes(concurrency))
    : CELLS;
  const run = (cell: Cell) => () => measure("cases/scripted.ts", "shoal", cell);
  const runsOf = (rounds: number, cells: readonly Cell[]) =>
    Runs.measure(
      rounds,
      Object.fromEntries(cells.map((cell) => [String(cell.concurrency), run(cell)])),
    );
  const isSmall = ({ concurrency }: Cell): boolean => concurrency < 1_000;
  const small = await runsOf(1, cells.filter(isSmall));
  const big = await runsOf(rounds, cells.filter((cell) => !isSmall(cell)));
  const figure = (cell: Cell, of: Figure) =>
    (isSmall(cell) ? small : big).median(String(cell.concurrency), of);
  const rows = cells.map((cell): Row => {
    const wall = figure(cell, wallMs);
    return {
      "in flight": cell.concurrency,
      calls: cell.n,
      "wall s": seconds(wall),
      "× ideal": wall && wall / (cell.n / cell.concurrency * cell.ms),
      "CPU µs per call": figure(cell, cpuMicros(cell.n)),
      // With few calls in flight, the figure would only show the noise of the heap.
      "KB per call in flight": cell.concurrency < 10_000
        ? undefined
        : figure(cell, growthKB(cell.concurrency)),
      runs: isSmall(cell) ? 1 : rounds,
      failed: figure(cell, extra("failed")),
    };
  });
  const most = cells.at(-1)!;
  const name = `${count(most.concurrency)} in flight, scripted`;
  return {
    table: {
      title: "Growth in flight: scripted calls with a latency of 1 ms to 1 s",
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

/** The note on how memory is measured. */
export const MEMORY_NOTE =
  "KB per call in flight: peak RSS minus RSS just before the work, divided by the calls in flight.";

/** Describes from which number of calls in flight on a call costs more. */
export function describeKnee(rows: readonly Row[]): string {
  // With less than 10 calls, the idle event loop between two timers dominates the cost.
  const known = rows.filter((row): row is Row & Readonly<Record<string, number>> =>
    typeof row["CPU µs per call"] === "number" && Number(row["in flight"]) >= 10
  );
  const least = Math.min(...known.map((row) => row["CPU µs per call"]!));
  const cheapest = known.findIndex((row) => row["CPU µs per call"] === least);
  const knee = known.slice(cheapest).find((row) => row["CPU µs per call"]! > 1.5 * least);
  const where = (row: Row): string => count(Number(row["in flight"]));
  return knee === undefined
    ? "No knee: in no row does a call cost more than 1.5 × the cheapest."
    : `The knee: from ${where(knee)} in flight on, a call costs ${
      (knee["CPU µs per call"]! / least).toFixed(1)
    } × as much as with ${where(known[cheapest]!)}.`;
}
