import { measure, type Outcome } from "../measure/measure.ts";
import { cpuMicros, extra, type Figure, Runs } from "../measure/runs.ts";
import { CA_CERT, startServer } from "../measure/start_server.ts";
import type { Effort, Finding } from "../part.ts";
import type { Goal } from "../report/goal.ts";
import { count, type Row, seconds } from "../report/table.ts";

interface Cell {
  /** The maximum number of streams per connection. */
  readonly streams: number;
  /** The number of calls, all at once. */
  readonly inFlight: number;
  readonly ms: number;
  /** How often the work is repeated in the same process, after one warm-up. */
  readonly repeats: number;
}

/** HTTP/2 over TLS, as hosted APIs speak it: each connection has a limited number of streams. */
export async function* transport({ rounds, quick }: Effort): AsyncGenerator<Finding> {
  const some = { inFlight: 1_000, ms: 1_000, repeats: rounds };
  const many = { inFlight: 10_000, ms: 5_000, repeats: rounds };
  const most: Cell = { streams: 100, ...(quick ? some : many) };
  const cells: Cell[] = quick ? [most, { ...most, streams: 250 }] : [
    { streams: 100, ...some },
    { streams: 250, ...some },
    most,
  ];
  const rows: Row[] = [];
  const goals: Goal[] = [];
  for (const cell of cells) {
    const { row, goals: cellGoals } = await measureClient("Shoal", "shoal", cell);
    rows.push(row);
    if (cell === most) goals.push(...cellGoals);
    // This takes ten times as long: one run is enough.
    if (cell === cells[0] && !quick) {
      rows.push((await measureClient("fetch, one client", "fetch", { ...cell, repeats: 1 })).row);
    }
  }
  yield {
    table: {
      title: "Transport: HTTPS with HTTP/2, all calls at once, after a warm-up",
      rows,
      notes: [
        "The warm-up has as many calls in flight, so that the connections are open. The runs " +
        "follow in the same process.",
      ],
    },
    goals,
  };
}

/** Measures one client repeatsst a server of its own. */
async function measureClient(
  client: string,
  name: string,
  cell: Cell,
): Promise<{ row: Row; goals: Goal[] }> {
  const { streams, inFlight, ms, repeats } = cell;
  await using server = await startServer({ latency: WARM_MS, streamsPerConnection: streams });
  const load = { n: inFlight, concurrency: inFlight };
  // One client has one connection: a few calls open it.
  const warm = name === "fetch" ? { n: 10, concurrency: 10 } : load;
  const run = (): Promise<Outcome> =>
    measure("cases/calls.ts", name, { ...load, warm, repeats, url: server.url, caCert: CA_CERT }, {
      limitMs: 120_000,
      before: async () => {
        await server.setLatency(ms);
        await server.resetStats();
      },
    });
  const runs = await Runs.measure(1, { run });
  const ratio: Figure = ({ extra }) => extra.medianMs! / ms;
  const wall = runs.median("run", extra("medianMs"));
  const failed = runs.median("run", extra("failed"));
  const where = `${count(inFlight)} in flight over TLS, ${streams} streams per connection`;
  return {
    row: {
      client,
      "streams per connection": streams,
      "in flight": inFlight,
      "wall s": runs.stopped("run") ?? seconds(wall),
      "ideal s": ms / 1000,
      "× ideal": runs.median("run", ratio),
      "CPU µs per call": runs.median("run", cpuMicros(inFlight * repeats)),
      "peak streams on one": (await server.stats()).peakStreams,
      runs: repeats,
      failed,
    },
    goals: [
      {
        name: `${where}: wall time`,
        found: runs.median("run", ratio),
        atMost: 1.3,
        unit: "× ideal",
      },
      { name: `${where}: failures`, found: failed, atMost: 0, unit: "calls" },
    ],
  };
}

/** The latency during the warm-up: long enough for all calls to be in flight together. */
const WARM_MS = 1_000;
