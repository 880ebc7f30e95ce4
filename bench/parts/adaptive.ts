import type { Effort, Finding } from "../part.ts";
import {
  concurrencyLimit,
  LIMIT_USE_NOTE,
  limitUseRow,
  requestLimit,
  type Setup,
  tokenLimit,
} from "./limit_use.ts";

/** Agents without an option for the server's limit. */
const SETUPS: readonly Setup[] = [
  { client: "limit reported, no option", reportRates: true },
  { client: "limit not reported, no option", reportRates: false },
  {
    client: "limit not reported, adaptive",
    reportRates: false,
    limits: { concurrency: "adaptive" },
  },
];

/** Measures how much of an unknown limit agents use, and how many requests are rejected for it. */
export async function* adaptive(effort: Effort): AsyncGenerator<Finding> {
  for (
    const server of [
      requestLimit(6_000),
      requestLimit(600),
      tokenLimit(600_000),
      concurrencyLimit(100),
    ]
  ) {
    const rows = [];
    for (const setup of SETUPS) {
      const { server: _, ...rest } = await limitUseRow(effort, server, setup);
      rows.push(rest);
    }
    const title = `Agents without the server's limit as an option, over minutes: ${server.name}`;
    yield { table: { title, rows, notes: LIMIT_USE_NOTE } };
  }
}
