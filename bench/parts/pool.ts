import { measure } from "../measure/measure.ts";
import { cpuMs, peakMB, Runs, wallMs } from "../measure/runs.ts";
import type { Effort, Finding } from "../part.ts";
import { count, seconds } from "../report/table.ts";

/** The pool alone, compared with others: 20,000 sleeps of 5 ms. */
export async function* pool({ rounds }: Effort): AsyncGenerator<Finding> {
  const n = 20_000;
  const ms = 5;
  for (const concurrency of [100, 1_000, 5_000]) {
    const run = (name: string, limitMs?: number) => () =>
      measure("cases/pool.ts", name, { n, ms, concurrency }, { limitMs });
    const pools = {
      "Shoal, each": run("shoal"),
      "p-map": run("p-map"),
      "p-limit": run("p-limit"),
    };
    const runs = await Runs.measure(rounds, pools);
    // One round is enough to see the difference.
    const pooled = await Runs.measure(1, { "pooledMap over items": run("pooledMap", 15_000) });
    const rowOf = <K extends string>(runs: Runs<K>, pool: K) => ({
      pool,
      "wall s": runs.stopped(pool) ?? seconds(runs.median(pool, wallMs)),
      "CPU s": seconds(runs.median(pool, cpuMs)),
      "peak MB": runs.median(pool, peakMB),
    });
    yield {
      table: {
        title: `Pool: ${count(n)} sleeps of ${ms} ms, ${count(concurrency)} in flight ` +
          `(ideal ${n / concurrency * ms / 1000} s)`,
        rows: [
          ...Object.keys(pools).map((pool) => rowOf(runs, pool as keyof typeof pools)),
          rowOf(pooled, "pooledMap over items"),
        ],
      },
    };
  }
}
