import { measure, type Outcome } from "../measure/measure.ts";
import { extra, growthKB, Runs } from "../measure/runs.ts";
import { type Server, startServer } from "../measure/servers.ts";
import type { Effort, Finding } from "../part.ts";
import { type Cell, chartsOf, goalsOf, type Mode, tableOf } from "./modes_table.ts";
import { workersThatFit } from "./modes_fit.ts";

/** The same calls to a real server on the event loop, in a worker each, and many in each of a few workers. */
export async function* modes({ times, quick }: Effort): AsyncGenerator<Finding> {
  await using server = await startServer({ latency: 0 });
  const cells: Cell[] = [];
  const measured = async (inFlight: number, ms: number, modes: readonly Mode[], often = times) => {
    const cases = Object.fromEntries(
      modes.map((mode) => [mode, runOn(server, mode, inFlight, ms)]),
    );
    const runs = await Runs.of(often, cases as Record<Mode, () => Promise<Outcome>>);
    const cell: Cell = { inFlight, ms, modes, runs };
    cells.push(cell);
    return cell;
  };
  await measured(10, 1_000, ["loop", "hybrid", "each"]);
  const hundred = await measured(100, 1_000, ["loop", "hybrid", "each"]);
  const fit = workersThatFit({
    startMs: hundred.runs.median("each", extra("startMs")),
    eachMB: (hundred.runs.median("each", growthKB(100)) ?? 0) / 1024,
    wanted: quick ? 100 : 1_000,
  });
  if (fit.workers > 100) await measured(fit.workers, 1_000, ["each"], 1);
  await measured(1_000, 1_000, ["loop", "hybrid"]);
  const most = quick
    ? await measured(2_000, 2_000, ["fetch", "loop", "hybrid"])
    : await measured(10_000, 5_000, ["fetch", "loop", "hybrid"]);
  yield {
    table: tableOf(cells, fit.why),
    goals: goalsOf(cells, most),
    charts: chartsOf(cells),
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
        await server.latency(ms);
        await server.reset();
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
        // One call in each.
        warm: { n: inFlight, concurrency: inFlight },
      }),
  };
  return async () => {
    await server.latency(0);
    return await how[mode]();
  };
}
