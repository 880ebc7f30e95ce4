import { measure } from "../measure.ts";
import { count, round, seconds, type Table } from "../table.ts";

/** A million scripted calls from a generator. */
export async function* stream(): AsyncGenerator<Table> {
  const rows = [];
  for (const n of [10_000, 100_000, 1_000_000]) {
    const m = await measure("stream-scripted", { n, concurrency: 1_000 }, { limitMs: 120_000 });
    rows.push({
      calls: count(n),
      "wall s": seconds(m),
      "µs per call": round(m && m.wallMs * 1000 / n),
      "heap MB at 10,000": m?.extra?.earlyMB?.toFixed(1) ?? "–",
      "heap MB at the end": m?.extra?.lateMB?.toFixed(1) ?? "–",
    });
  }
  yield { title: "A stream over a generator of scripted calls, 1,000 at a time", rows };
}
