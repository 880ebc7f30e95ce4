import type { Effort, Finding } from "../part.ts";
import { concurrencyLimit, LIMIT_USE_NOTE, requestLimit, limitUseRow, type Setup, tokenLimit } from "./limit_use.ts";

/** Agents that are told nothing of the server's limits. */
const SETUPS: readonly Setup[] = [
  { client: "reported, no option", reportRates: true },
  { client: "not reported, no option", reportRates: false },
  { client: "not reported, adaptive", reportRates: false, limits: { adaptive: true } },
];

/** How much of a limit that they must find out agents use, and how much is refused for it. */
export async function* adaptive(effort: Effort): AsyncGenerator<Finding> {
  for (const server of [requestLimit(6_000), requestLimit(600), tokenLimit(600_000), concurrencyLimit(100)]) {
    const rows = [];
    for (const setup of SETUPS) {
      const { server: _, ...rest } = await limitUseRow(effort, server, setup);
      rows.push(rest);
    }
    const title = `Agents that are not told the server's limit, over minutes: ${server.name}`;
    yield { table: { title, rows, notes: LIMIT_USE_NOTE } };
  }
}
