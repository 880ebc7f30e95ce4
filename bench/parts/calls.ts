import { interleaved, measure } from "../measure.ts";
import type { Effort } from "../part.ts";
import { startServer } from "../servers.ts";
import { count, ratio, round, seconds, type Table } from "../table.ts";

/** Calls to a server that takes its time. */
export async function* calls({ times }: Effort): AsyncGenerator<Table> {
  for (const [n, concurrency, ms] of [[1_000, 100, 200], [10_000, 1_000, 1_000]] as const) {
    await using server = await startServer({ latency: ms });
    const run = (name: string) => () => measure(name, { n, concurrency, url: server.url });
    const found = await interleaved(times, {
      "shoal + openai()": run("calls-shoal"),
      "openai SDK + p-limit": run("calls-sdk"),
      "fetch + p-limit": run("calls-fetch"),
    });
    const ideal = n / concurrency * ms;
    const sdk = found["openai SDK + p-limit"];
    yield {
      title: `${count(n)} calls of ${ms} ms, ${count(concurrency)} at a time (ideal ${
        ideal / 1000
      } s)`,
      rows: Object.entries(found).map(([client, m]) => ({
        client,
        "wall s": seconds(m),
        "× ideal": ratio(m?.wallMs, ideal),
        "CPU µs per call": round(m && m.cpuMs * 1000 / n),
        "CPU × SDK": ratio(m?.cpuMs, sdk?.cpuMs),
        "peak MB": round(m?.peakMB),
      })),
    };
  }
}
