import type { Effort, Finding } from "../part.ts";
import {
  concurrencyLimit,
  LIMIT_USE_NOTE,
  limitUseRow,
  requestLimit,
  tokenLimit,
} from "./limit_use.ts";

/** Measures how much of a known limit agents use, and whether they ever exceed it. */
export async function* rate(effort: Effort): AsyncGenerator<Finding> {
  const rows = [];
  for (
    const server of [
      requestLimit(6_000),
      requestLimit(600),
      tokenLimit(600_000),
      concurrencyLimit(100),
    ]
  ) {
    const setup = { client: "limit as an option", limits: server.limits, reportRates: false };
    rows.push(await limitUseRow(effort, server, setup));
  }
  const title = "Agents with the server's limit as an option, over minutes";
  yield { table: { title, rows, notes: LIMIT_USE_NOTE } };
}
