import { measure, type Outcome } from "../measure/measure.ts";
import { cpuMicros, extra, Runs, wallMs } from "../measure/runs.ts";
import { CA_CERT, type Server, startServer } from "../measure/servers.ts";
import type { Effort, Finding } from "../part.ts";
import type { Goal } from "../report/goal.ts";
import { count, type Row, seconds } from "../report/table.ts";

interface Cell {
  /** How many streams the server lets a connection carry. */
  readonly streams: number;
  /** How many calls, all of them at once. */
  readonly inFlight: number;
  readonly ms: number;
  readonly times: number;
}

/** HTTP/2 over TLS, as hosted APIs speak it: a connection carries so many requests, and what is more waits. */
export async function* transport({ times, quick }: Effort): AsyncGenerator<Finding> {
  const rows: Row[] = [];
  const goals: Goal[] = [];
  const cells: Cell[] = quick
    ? [
      { streams: 100, inFlight: 1_000, ms: 1_000, times },
      { streams: 250, inFlight: 1_000, ms: 1_000, times },
    ]
    : [
      { streams: 100, inFlight: 1_000, ms: 1_000, times },
      { streams: 250, inFlight: 1_000, ms: 1_000, times },
      { streams: 100, inFlight: 10_000, ms: 5_000, times },
      // What differs is seen above: once will do.
      { streams: 250, inFlight: 10_000, ms: 5_000, times: 1 },
    ];
  for (const cell of cells) {
    await using server = await startServer({ latency: 0, streams: cell.streams });
    const run = runOn(server, cell);
    const runs = await Runs.of(cell.times, { shoal: () => run("shoal") });
    rows.push(rowOf("Shoal", cell, runs, (await server.stats()).peakStreams));
    if (cell === (quick ? cells[0] : cells[2])) {
      goals.push(...goalsOf(cell, runs));
    }
    if (cell === cells[0] && !quick) {
      // Ten times as long, and known beforehand: once will do.
      const naive = await Runs.of(1, { shoal: () => run("fetch") });
      rows.push(rowOf("fetch, one client", cell, naive, (await server.stats()).peakStreams));
    }
  }
  yield {
    table: {
      title: "Transport: HTTPS with HTTP/2, all calls at once, once warm",
      rows,
      note: ["Warm: the same was done once before, so that the connections are open."],
    },
    goals,
  };
}

function runOn(server: Server, { inFlight, ms }: Cell): (name: string) => Promise<Outcome> {
  const load = { n: inFlight, concurrency: inFlight };
  return async (name) => {
    // To open the connections it need not take as long, but all must be in flight together.
    await server.latency(name === "fetch" ? 0 : Math.min(ms, 1_000));
    const options = { ...load, url: server.url, caCert: CA_CERT, warm: load };
    return await measure("cases/calls.ts", name, options, {
      before: async () => {
        await server.latency(ms);
        await server.reset();
      },
    });
  };
}

function rowOf(
  client: string,
  { streams, inFlight, ms }: Cell,
  runs: Runs<"shoal">,
  peak: number,
): Row {
  const wall = runs.median("shoal", wallMs);
  return {
    client,
    "streams per connection": streams,
    "in flight": inFlight,
    "wall s": seconds(wall),
    "× ideal": wall && wall / ms,
    "CPU µs per call": runs.median("shoal", cpuMicros(inFlight)),
    "most streams on one": peak,
    failed: runs.stopped("shoal") ?? runs.median("shoal", extra("failed")),
  };
}

function goalsOf({ streams, inFlight, ms }: Cell, runs: Runs<"shoal">): Goal[] {
  const where = `${count(inFlight)} in flight over TLS, ${streams} streams per connection`;
  const wall = runs.median("shoal", wallMs);
  return [
    { name: `${where}: wall`, found: wall && wall / ms, atMost: 1.3, unit: "× ideal" },
    {
      name: `${where}: failures`,
      found: runs.median("shoal", extra("failed")),
      atMost: 0,
      unit: "calls",
    },
  ];
}
