import type { Effort, Finding } from "../part.ts";
import { atOnce, NOTE, requests, row, tokens } from "./limit_use.ts";

/** How much of a limit that they are told of agents use, and whether they ever get above it. */
export async function* rate(effort: Effort): AsyncGenerator<Finding> {
  const rows = [];
  for (const server of [requests(6_000), requests(600), tokens(600_000), atOnce(100)]) {
    const setup = { client: "told the limit", limits: server.limits, reportRates: false };
    rows.push(await row(effort, server, setup));
  }
  const title = "Agents that are told the server's limit, over minutes";
  yield { table: { title, rows, note: NOTE } };
}
