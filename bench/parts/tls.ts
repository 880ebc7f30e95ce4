import { interleaved, measure } from "../measure.ts";
import type { Effort } from "../part.ts";
import { CA_CERT, startServer } from "../servers.ts";
import { count, ratio, seconds, type Table } from "../table.ts";

/** HTTP/2 over TLS, where a connection carries 100 requests at a time. */
export async function* tls({ times }: Effort): AsyncGenerator<Table> {
  const [n, ms] = [1_000, 1_000];
  await using server = await startServer({ latency: ms, tls: true });
  const options = { n, concurrency: n, url: server.url, caCert: CA_CERT };
  const found = await interleaved(times, {
    "shoal, as many connections as needed": () => measure("calls-shoal", options),
    "shoal, one connection": () => measure("calls-shoal", { ...options, connections: 1 }),
    "fetch, one client": () => measure("calls-fetch", options),
  });
  yield {
    title: `TLS with HTTP/2, 100 streams per connection: ${
      count(n)
    } calls of 1 s, all at a time, once warm`,
    rows: Object.entries(found).map(([client, m]) => ({
      client,
      "wall s": m === undefined ? "> 60, stopped" : seconds(m),
      "× ideal": ratio(m?.wallMs, ms),
    })),
  };
}
