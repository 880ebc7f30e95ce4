import type { Effort, Finding } from "../part.ts";
import { atOnce, NOTE, requests, row, type Setup, tokens } from "./limit_use.ts";

/** Agents that are told nothing of the server's limits. */
const SETUPS: readonly Setup[] = [
  { client: "reported, no option", reportRates: true },
  { client: "not reported, no option", reportRates: false },
  { client: "not reported, adaptive", reportRates: false, limits: { adaptive: true } },
];

/** How much of a limit that they must find out agents use, and how much is refused for it. */
export async function* adaptive(effort: Effort): AsyncGenerator<Finding> {
  for (const server of [requests(6_000), requests(600), tokens(600_000), atOnce(100)]) {
    const rows = [];
    for (const setup of SETUPS) {
      const { server: _, ...rest } = await row(effort, server, setup);
      rows.push(rest);
    }
    const title = `Agents that are not told the server's limit, over minutes: ${server.name}`;
    yield { table: { title, rows, note: NOTE } };
  }
}
