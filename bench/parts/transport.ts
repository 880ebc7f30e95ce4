import { measure, type Outcome } from "../measure/measure.ts";
import { cpuMicros, extra, type Figure, Runs } from "../measure/runs.ts";
import { CA_CERT, startServer } from "../measure/start_server.ts";
import type { Effort, Finding } from "../part.ts";
import type { Goal } from "../report/goal.ts";
import { count, type Row, seconds } from "../report/table.ts";

interface Cell {
  /** How many streams the server lets a connection carry. */
  readonly streams: number;
  /** How many calls, all of them at once. */
  readonly inFlight: number;
  readonly ms: number;
  /** How often, in the same process: it is warm only once. */
  readonly again: number;
}

/** HTTP/2 over TLS, as hosted APIs speak it: a connection carries so many requests, and what is more waits. */
export async function* transport({ rounds: again, quick }: Effort): AsyncGenerator<Finding> {
  const some = { inFlight: 1_000, ms: 1_000, again };
  const many = { inFlight: 10_000, ms: 5_000, again };
  const most: Cell = { streams: 100, ...(quick ? some : many) };
  const cells: Cell[] = quick ? [most, { ...most, streams: 250 }] : [
    { streams: 100, ...some },
    { streams: 250, ...some },
    most,
  ];
  const rows: Row[] = [];
  const goals: Goal[] = [];
  for (const cell of cells) {
    const { row, found } = await measureClient("Shoal", "shoal", cell);
    rows.push(row);
    if (cell === most) goals.push(...found);
    // It takes ten times as long: once will do.
    if (cell === cells[0] && !quick) {
      rows.push((await measureClient("fetch, one client", "fetch", { ...cell, again: 1 })).row);
    }
  }
  yield {
    table: {
      title: "Transport: HTTPS with HTTP/2, all calls at once, once warm",
      rows,
      notes: [
        "Warm: so many were in flight before, so that the connections are open. Then as often as runs says, in the same process.",
      ],
    },
    goals,
  };
}

/** A client with a server of its own. */
async function measureClient(
  client: string,
  name: string,
  cell: Cell,
): Promise<{ row: Row; found: Goal[] }> {
  const { streams, inFlight, ms, again } = cell;
  await using server = await startServer({ latency: WARM_MS, streamsPerConnection: streams });
  const load = { n: inFlight, concurrency: inFlight };
  // One connection is open soon.
  const warm = name === "fetch" ? { n: 10, concurrency: 10 } : load;
  const run = (): Promise<Outcome> =>
    measure("cases/calls.ts", name, { ...load, warm, again, url: server.url, caCert: CA_CERT }, {
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
      "CPU µs per call": runs.median("run", cpuMicros(inFlight * again)),
      "most streams on one": (await server.stats()).peakStreams,
      runs: again,
      failed,
    },
    found: [
      {
        name: `${where}: wall`,
        found: runs.median("run", ratio),
        atMost: 1.3,
        unit: "× ideal",
      },
      { name: `${where}: failures`, found: failed, atMost: 0, unit: "calls" },
    ],
  };
}

/** To open the connections, answers need not take as long, but all must be in flight together. */
const WARM_MS = 1_000;
