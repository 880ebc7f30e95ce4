/** Calls that compute instead of waiting, on the event loop and in workers. */
import { stream } from "@shoal/agents";
import type { WorkerPool } from "@shoal/agents/workers";
import { type Case, type Cases, type Load, range } from "../measure/case.ts";
import { Burn, burn } from "./modes_agents.ts";

interface Options extends Load {
  /** The amount of work per call, as `calibrate` returns it. */
  readonly rounds: number;
}

interface WorkerOptions extends Options {
  readonly size: number;
  readonly perWorker: number;
}

export const CASES: Cases = {
  /** Returns the number of rounds that take `ms` on this machine. */
  calibrate: ({ ms }: { readonly ms: number }) => ({
    warm: () => Promise.resolve(burn(1e7)),
    work: () => {
      const startedAt = performance.now();
      burn(2e7);
      return Promise.resolve({ rounds: Math.round(2e7 * ms / (performance.now() - startedAt)) });
    },
  }),

  "event-loop": (options: Options): Case => ({
    warm: () => run({ ...options, n: 3, concurrency: 1 }),
    work: () => run(options),
  }),

  workers: async ({ size, perWorker, ...options }: WorkerOptions): Promise<Case> => {
    const { workers } = await import("@shoal/agents/workers");
    let pool: WorkerPool | undefined;
    return {
      start: async () => {
        const module = import.meta.resolve("./modes_agents.ts");
        pool = workers({ module, size, perWorker });
        await pool.ready();
        await run({ ...options, n: 3 * size, concurrency: size }, pool);
        return {};
      },
      work: () => run(options, pool),
    };
  },
};

/** The interval of the timer that detects stalls of the main thread. */
const TICK_MS = 5;

async function run(
  { n, concurrency, rounds }: Options,
  mode?: WorkerPool,
): Promise<{ failed: number; stallMs: number }> {
  function* calls() {
    for (const _ of range(n)) yield [Burn, { rounds }] as const;
  }
  let failed = 0;
  let stallMs = 0;
  let last = performance.now();
  const tick = (): void => {
    const now = performance.now();
    stallMs = Math.max(stallMs, now - last - TICK_MS);
    last = now;
  };
  const timer = setInterval(tick, TICK_MS);
  for await (const { result } of stream(calls(), { concurrency, mode })) {
    if (!result.ok) failed++;
  }
  tick();
  clearInterval(timer);
  return { failed, stallMs };
}
