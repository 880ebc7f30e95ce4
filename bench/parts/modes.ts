import { measure, type Outcome } from "../measure/measure.ts";
import { extra, growthMB, Runs } from "../measure/runs.ts";
import { type Server, startServer } from "../measure/start_server.ts";
import type { Effort, Finding } from "../part.ts";
import { workersThatFit } from "./workers_that_fit.ts";
import { type Cell, type Mode, modesCharts, modesGoals, modesTable } from "./modes_table.ts";

/** The same calls over HTTP on the event loop and in workers, with one or many calls per worker. */
export async function* modes({ rounds, quick }: Effort): AsyncGenerator<Finding> {
  await using server = await startServer({ latency: 0 });
  const cells: Cell[] = [];
  const measured = async (inFlight: number, ms: number, modes: readonly Mode[], often = rounds) => {
    const cases = modes.map((mode) => [mode, runOn(server, mode, inFlight, ms)] as const);
    const runs = await Runs.measure(
      often,
      Object.fromEntries(cases) as Record<Mode, () => Promise<Outcome>>,
    );
    const cell: Cell = { inFlight, ms, modes, rounds: often, runs };
    cells.push(cell);
    return cell;
  };

  const few = await measured(10, 500, ["loop", "each"]);
  const fit = workersThatFit({
    startMs: few.runs.median("each", extra("startMs")),
    eachMB: few.runs.median("each", growthMB(few.inFlight)),
    wanted: 1_000,
    limitMs: quick ? 4_000 : 8_000,
  });
  // Many workers take long to start: one round is enough.
  for (const workers of new Set([100, fit.workers])) {
    if (workers > 10 && workers <= fit.workers) await measured(workers, 500, ["each"], 1);
  }
  await measured(10, 500, ["hybrid"], 1);
  if (!quick) {
    for (const [inFlight, ms] of [[100, 500], [1_000, 1_000]] as const) {
      await measured(inFlight, ms, ["loop"]);
      await measured(inFlight, ms, ["hybrid"], 1);
    }
  }
  const [inFlight, ms] = quick ? [1_000, 1_000] : [10_000, 5_000];
  const most = await measured(inFlight, ms, ["fetch", "loop"]);
  await measured(inFlight, ms, ["hybrid"], 1);
  cells.sort((a, b) => a.inFlight - b.inFlight);
  yield {
    table: modesTable(cells, fit.why),
    goals: modesGoals(cells, most),
    charts: modesCharts(cells),
  };
}

function runOn(
  server: Server,
  mode: Mode,
  inFlight: number,
  ms: number,
): () => Promise<Outcome> {
  const cores = navigator.hardwareConcurrency;
  const load = { n: inFlight, concurrency: inFlight, url: server.url };
  const warm = { n: 500, concurrency: 50 };
  const run = (file: string, name: string, options: object) =>
    measure(file, name, { ...load, warm, ...options }, {
      before: async () => {
        await server.setLatency(ms);
        await server.resetStats();
      },
    });
  const how: Record<Mode, () => Promise<Outcome>> = {
    fetch: () => run("cases/calls.ts", "fetch", {}),
    loop: () => run("cases/modes.ts", "event-loop", {}),
    hybrid: () =>
      run("cases/modes.ts", "workers", { size: cores, perWorker: Math.ceil(inFlight / cores) }),
    each: () =>
      run("cases/modes.ts", "workers", {
        size: inFlight,
        perWorker: 1,
        // One call per worker.
        warm: { n: inFlight, concurrency: inFlight },
      }),
  };
  return async () => {
    await server.setLatency(0);
    return await how[mode]();
  };
}
