import type { Effort } from "../part.ts";
import type { Table } from "../table.ts";
import { atOnce, NOTE, requests, row, tokens } from "../virtual.ts";

/** How much of a limit that they are told of agents use, and whether they ever get above it. */
export async function* rate(effort: Effort): AsyncGenerator<Table> {
  const rows = [];
  for (const server of [requests(6_000), requests(600), tokens(600_000), atOnce(100)]) {
    const setup = { client: "told the limit", limits: server.limits, reportRates: false };
    rows.push(await row(effort, server, setup));
  }
  yield { title: "Agents that are told the server's limit, over minutes", rows, note: NOTE };
}
