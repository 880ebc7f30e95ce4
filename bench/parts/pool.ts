import { interleaved, measure } from "../measure.ts";
import type { Effort } from "../part.ts";
import { count, round, type Table } from "../table.ts";

/** 20,000 sleeps of 5 ms. */
export async function* pool({ times }: Effort): AsyncGenerator<Table> {
  const n = 20_000;
  const ms = 5;
  for (const concurrency of [100, 1_000, 5_000]) {
    const run = (name: string, limitMs?: number) => () =>
      measure(name, { n, ms, concurrency }, { limitMs });
    const found = await interleaved(times, {
      "shoal each": run("pool-shoal"),
      "p-map": run("pool-p-map"),
      "p-limit": run("pool-p-limit"),
    });
    // Once is enough to see it.
    const naive = await run("pool-pooledMap", 15_000)();
    const ideal = n / concurrency * ms;
    yield {
      title: `Pool alone: ${count(n)} sleeps of ${ms} ms, ${
        count(concurrency)
      } at a time (ideal ${ideal} ms)`,
      rows: Object.entries({ ...found, "pooledMap over items": naive }).map(([pool, m]) => ({
        pool,
        "wall ms": m === undefined ? "> 15,000, stopped" : round(m.wallMs),
        "CPU ms": round(m?.cpuMs),
        "peak MB": round(m?.peakMB),
      })),
    };
  }
}
