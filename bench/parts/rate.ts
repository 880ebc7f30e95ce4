import type { Effort, Finding } from "../part.ts";
import { concurrencyLimit, LIMIT_USE_NOTE, requestLimit, limitUseRow, tokenLimit } from "./limit_use.ts";

/** How much of a limit that they are told of agents use, and whether they ever get above it. */
export async function* rate(effort: Effort): AsyncGenerator<Finding> {
  const rows = [];
  for (const server of [requestLimit(6_000), requestLimit(600), tokenLimit(600_000), concurrencyLimit(100)]) {
    const setup = { client: "told the limit", limits: server.limits, reportRates: false };
    rows.push(await limitUseRow(effort, server, setup));
  }
  const title = "Agents that are told the server's limit, over minutes";
  yield { table: { title, rows, notes: LIMIT_USE_NOTE } };
}
